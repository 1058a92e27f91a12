// Times for people, in the viewer's language.

const STYLE = { weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit" };

// An instant in a zone, or in the viewer's own; a zone that the browser does not know counts as the viewer's.
export function at(instant, timeZone) {
  const time = new Date(instant);
  try {
    return new Intl.DateTimeFormat(undefined, { ...STYLE, timeZone }).format(time);
  } catch {
    return new Intl.DateTimeFormat(undefined, STYLE).format(time);
  }
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// When a webinar begins: for the viewer, and in the webinar's own zone where the clock shows another time there.
export function startOf({ start_time: start, duration, timezone }, own = ownZone()) {
  const length = `${duration} ${duration === 1 ? "minute" : "minutes"}`;
  const here = `${at(start, own)} your time`;
  const there = at(start, timezone);
  return there === at(start, own) ? `${here}, ${length}` : `${here} (${there} in ${placeOf(timezone)}), ${length}`;
}

const placeOf = (zone) => zone.replaceAll("_", " ");

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];

// How long ago or how far ahead an instant is.
export function ago(instant, now = Date.now()) {
  const seconds = Math.round((new Date(instant) - now) / 1000);
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}
