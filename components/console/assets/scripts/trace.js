// Traces one person's registration and attendance. The address travels in the request body and is not stored.

import { call } from "./api.js";
import { h, replace, section } from "./dom.js";
import { count } from "./labels.js";
import { field, setFieldError, whileBusy } from "./messages.js";
import { formatTime } from "./time.js";

export function trace(program) {
  const { row, input } = field("email", "E-mail address", { type: "email", autocapitalize: "none", spellcheck: "false" },
    "Shows this person's registration and attendance. The address is not stored.");
  const result = h("div", { "aria-live": "polite" });
  const submit = (event) => {
    event.preventDefault();
    const email = input.value.trim();
    setFieldError(input, email.includes("@") ? "" : "Enter an e-mail address.");
    if (!email.includes("@")) return;
    const body = { program_id: program, email };
    whileBusy(event.currentTarget.querySelector("button"), async () => {
      const [registration, attendance] = await Promise.all([
        call("POST", "/registration/trace", body),
        // An older attendance component without this route answers 404.
        call("POST", "/attendance/trace", body).catch((error) => { if (error.status === 404) return null; throw error; }),
      ]);
      replace(result, list(timeline(registration, attendance)));
    }, (error) => {
      if (error.code !== "INVALID_REQUEST") return false;
      setFieldError(input, error.message);
      return true;
    });
  };
  return section("person", "Trace a person",
    h("form", { class: "inline", novalidate: true, onsubmit: submit }, row, h("button", { type: "submit", class: "plain" }, "Trace")),
    result);
}

function list(entries) {
  if (!entries.length) return h("p", null, "This program has no record of this address. Check its spelling.");
  return h("ol", { id: "trace", class: "story", "aria-label": "Trace" }, entries.map(({ what, when, tone, why }) => h("li", { class: tone },
    h("strong", null, what), when && h("span", { class: "quiet" }, formatTime(when)), why && h("p", null, why))));
}

const OUTCOMES = {
  registered: { what: "Registered in Zoom", tone: "good" },
  pending: { what: "In Zoom, waiting for the host's approval", tone: "wait" },
  failed: { what: "Not registered in Zoom", tone: "bad" },
};

// Returns the known steps in chronological order, each as `{ what, when?, tone, why? }`.
export function timeline(registration, attendance) {
  const { pushed, failure, waiting, members, marketo_problem: problem } = registration;
  const found = [];
  if (waiting) found.push({ what: "Registration is under way", tone: "wait" });
  if (pushed) {
    const { outcome, at: when, detail, next_try: next, registrant_id: registrant } = pushed;
    const why = outcome === "failed" ? [detail, next && `Next try: ${formatTime(next)}.`].filter(Boolean).join(" ") : `Zoom registrant ${registrant}`;
    found.push({ ...OUTCOMES[outcome], when, why });
  }
  if (failure && pushed?.outcome !== "failed") {
    const next = failure.next_try ? `Next try: ${formatTime(failure.next_try)}.` : "";
    found.push({ what: "Could not be registered in Zoom", when: failure.since, tone: "bad", why: `${failure.detail} ${next}`.trim() });
  }
  for (const member of members) {
    const which = members.length > 1 ? ` (lead ${member.lead_id})` : "";
    if (pushed || member.link_written) {
      found.push(member.link_written
        ? { what: `Join link written to Marketo${which}`, tone: "good", why: "{{member.webinar url}} contains it." }
        : { what: `No join link in Marketo${which}`, tone: pushed?.outcome === "registered" ? "bad" : "wait" });
    }
  }
  if (attendance?.joined_at) found.push({ what: "Joined", when: attendance.joined_at, tone: "good" });
  if (attendance?.left_at) found.push({ what: "Left", when: attendance.left_at, tone: "good" });
  if (typeof attendance?.minutes === "number") found.push({ what: `Was there ${count(attendance.minutes, "minute")}`, tone: attendance.minutes ? "good" : "wait" });
  for (const member of members) {
    const status = member.status ?? "none";
    found.push({ what: `Program status in Marketo: ${status}`, tone: "wait", why: `Lead ${member.lead_id}` });
  }
  if (problem) found.push({ what: "Marketo could not be read", tone: "bad", why: problem.detail });
  return found;
}
