// What states mean, in words.

export const STATES = {
  "active": "Active",
  "superseded": "Superseded",
  "needs-sign-in": "Needs sign-in",
  "deauthorized": "Removed in Zoom",
};

// What ails a service and what to do about it; null when nothing does. `all` are all services.
export function troubleOf(service, all) {
  if (service.state === "superseded") {
    const live = all.find((other) => other.account_id === service.account_id && other.state === "active");
    const now = live ? `“${live.name}” is used for this Zoom account now` : "This Zoom account was signed in under another name";
    const to = live ? `“${live.name}”` : "that service";
    return `${now}, so programs of this service have stopped. Connect them to their webinars in ${to}, then remove this service. `
      + "To use this one instead, sign in to Zoom again here; then it takes over.";
  }
  const told = service.problem?.detail;
  if (service.state === "deauthorized") return `${told ?? "The app was removed from the Zoom account."} Sign in to Zoom again to begin anew, or remove the service.`;
  if (service.state === "needs-sign-in") return told ?? "Zoom no longer accepts our sign-in. Sign in to Zoom again; what is waiting then goes on by itself.";
  return told ?? null;
}

// Why a service cannot be used, in few words; null when it can.
export function obstacleTo(service) {
  return service.state === "active" ? null : STATES[service.state]?.toLowerCase() ?? service.state;
}

const MODES = {
  automatic: "Registration required; everybody is approved at once",
  manual: "Registration required; the host approves each person",
  none: "No registration in Zoom: nobody is pushed, and everybody gets the shared link",
};

export const registrationOf = (webinar) => MODES[webinar.registration] ?? "How people register shows after connecting";

// Where a program's attendance stands. `isOver`: whether the webinar's planned end has passed.
export function phaseOf({ phase, problem }, isOver) {
  return {
    waiting: isOver ? "The webinar is over; Zoom's report is awaited." : "The webinar has not taken place yet.",
    due: "The webinar is over; its attendance is read next.",
    reading: "Zoom's report is being read…",
    writing: "Statuses are being written to Marketo…",
    settling: "Everybody is accounted for. Zoom's report is read again 24 hours later, for late entries.",
    done: "Everybody is accounted for.",
    failed: problem ? "The attendance could not be read." : "The attendance could not be read; the log says why.",
  }[phase] ?? phase;
}

// Whether something happens by itself at the moment.
export const isUnderWay = (phase) => ["due", "reading", "writing"].includes(phase);

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;
