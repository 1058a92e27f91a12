// Texts for states.

import { formatTime } from "./time.js";

const STATE_LABELS = {
  "active": "Active",
  "superseded": "Superseded",
  "needs-sign-in": "Needs sign-in",
  "deauthorized": "Removed in Zoom",
};

export const stateLabel = (state) => STATE_LABELS[state] ?? state;

// Returns the problem of a service and the remedy, or null. `all` are all services.
export function serviceProblem(service, all) {
  if (service.state === "superseded") {
    const live = all.find((other) => other.account_id === service.account_id && other.state === "active");
    const cause = live ? `“${live.name}” is used for this Zoom account now` : "This Zoom account was signed in under another name";
    const target = live ? `“${live.name}”` : "that service";
    return `${cause}, so programs of this service have stopped. Connect them to their webinars in ${target}, and then remove this service. `
      + "To use this service instead, sign in to Zoom again here.";
  }
  const detail = service.problem?.detail;
  if (service.state === "deauthorized") return `${detail ?? "The app was removed from the Zoom account."} Sign in to Zoom again to use this service, or remove it.`;
  if (service.state === "needs-sign-in") return detail ?? "Zoom no longer accepts the sign-in of this service. Sign in to Zoom again.";
  return detail ?? null;
}

// Returns in a few words why a service cannot be used, or null.
export function unusableReason(service) {
  return service.state === "active" ? null : STATE_LABELS[service.state]?.toLowerCase() ?? service.state;
}

const MODES = {
  automatic: "Registration required; Zoom approves each person at once",
  manual: "Registration required; the host approves each person",
  none: "No registration in Zoom; no one is registered through Marketo, and all people use the shared link",
};

export const registrationText = (webinar) => MODES[webinar.registration] ?? "The registration setting shows after connecting";

// Returns the text of an attendance phase. `isOver` is true after the webinar's planned end.
export function phaseText({ phase, problem, live_since, sessions = [] }, isOver) {
  const isCounted = sessions.some((session) => session.counted);
  if (live_since) return `The webinar is live since ${formatTime(live_since)}. People who join become Attended.`;
  const waiting = isOver ? "The webinar is over; Zoom's report is not ready yet." : "The webinar has not taken place yet.";
  return {
    waiting: isCounted ? "People who attended are Attended. No Show comes last." : waiting,
    due: "The webinar is over; reading its attendance starts next.",
    reading: "Reading Zoom's report…",
    writing: "Writing statuses to Marketo…",
    settling: "Attendance is complete. Zoom's report is read once more 24 hours later, for late entries.",
    done: "Attendance is complete.",
    failed: problem ? "The attendance could not be read." : "The attendance could not be read. Check the log for the cause.",
  }[phase] ?? phase;
}

// Returns when No Show will be set and why not yet, or null after it was set.
export function noShowText({ no_show_waits_for, no_show_at }, { no_show_after_minutes }) {
  if (!no_show_waits_for) return null;
  const at = no_show_at ? `Set on ${formatTime(no_show_at)} at the earliest` : `Set ${count(no_show_after_minutes, "minute")} after the end`;
  return `${at}. Not yet: ${no_show_waits_for}`;
}

// Returns whether work is under way in a phase.
export const isRunning = (phase) => ["due", "reading", "writing"].includes(phase);

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;
