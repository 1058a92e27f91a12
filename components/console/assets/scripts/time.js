// Formats times in the viewer's language.

const STYLE = { weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };

// Formats an instant in a time zone. Without a zone, or with an unknown one, the viewer's zone applies.
export function formatTime(instant, timeZone) {
  const time = new Date(instant);
  try {
    return new Intl.DateTimeFormat(undefined, { ...STYLE, timeZone }).format(time);
  } catch {
    return new Intl.DateTimeFormat(undefined, STYLE).format(time);
  }
}

export const viewerZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// Formats a webinar's start in the viewer's zone, and in its own zone if the local time differs.
export function webinarStart({ start_time: start, duration, timezone }, own = viewerZone()) {
  const length = `${duration} ${duration === 1 ? "minute" : "minutes"}`;
  const here = `${formatTime(start, own)} your time`;
  const there = formatTime(start, timezone);
  return there === formatTime(start, own) ? `${here}, ${length}` : `${here} (${there} in ${zoneName(timezone)}), ${length}`;
}

const zoneName = (zone) => zone.replaceAll("_", " ");

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

// Formats an instant relative to now.
export function relativeTime(instant, now = Date.now()) {
  const seconds = Math.round((new Date(instant) - now) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}
