// What became of one person. The address goes in the body of a request and is stored nowhere.

import { ask } from "./api.js";
import { h, replace, section } from "./dom.js";
import { during, field, fieldError } from "./messages.js";
import { at } from "./when.js";
import { count } from "./words.js";

export function trace(program) {
  const { row, input } = field("email", "E-mail address", { type: "email", autocapitalize: "none", spellcheck: "false" },
    "Where this person's registration and attendance stand. The address is not stored.");
  const result = h("div", { "aria-live": "polite" });
  const submit = (event) => {
    event.preventDefault();
    const email = input.value.trim();
    fieldError(input, email.includes("@") ? "" : "Enter an e-mail address.");
    if (!email.includes("@")) return;
    const asked = { program_id: program, email };
    during(event.currentTarget.querySelector("button"), async () => {
      const [registration, attendance] = await Promise.all([
        ask("POST", "/registration/trace", asked),
        // Not every version keeps single people's minutes.
        ask("POST", "/attendance/trace", asked).catch((error) => { if (error.status === 404) return null; throw error; }),
      ]);
      replace(result, steps(story(registration, attendance)));
    }, (error) => {
      if (error.code !== "INVALID_REQUEST") return false;
      fieldError(input, error.message);
      return true;
    });
  };
  return section("person", "Trace a person",
    h("form", { class: "inline", novalidate: true, onsubmit: submit }, row, h("button", { type: "submit", class: "plain" }, "Trace")),
    result);
}

function steps(story) {
  if (!story.length) return h("p", null, "Nothing is known of this address in this program.");
  return h("ol", { id: "trace", class: "story", "aria-label": "Trace" }, story.map(({ what, when, tone, why }) => h("li", { class: tone },
    h("strong", null, what), when && h("span", { class: "quiet" }, at(when)), why && h("p", null, why))));
}

const PUSHED = {
  registered: { what: "Registered in Zoom", tone: "good" },
  pending: { what: "In Zoom, waiting for the host's approval", tone: "wait" },
  failed: { what: "Not registered in Zoom", tone: "bad" },
};

// What is known, in the order in which it happens: `{ what, when?, tone, why? }` each.
export function story(registration, attendance) {
  const { pushed, failure, waiting, members, marketo_problem: problem } = registration;
  const found = [];
  if (waiting) found.push({ what: "Being registered now", tone: "wait" });
  if (pushed) {
    const { outcome, at: when, detail, next_try: next, registrant_id: registrant } = pushed;
    const why = outcome === "failed" ? [detail, next && `Next try: ${at(next)}.`].filter(Boolean).join(" ") : `Zoom's registrant ${registrant}`;
    found.push({ ...PUSHED[outcome], when, why });
  }
  if (failure && pushed?.outcome !== "failed") {
    const next = failure.next_try ? `Next try: ${at(failure.next_try)}.` : "";
    found.push({ what: "Could not be pushed to Zoom", when: failure.since, tone: "bad", why: `${failure.detail} ${next}`.trim() });
  }
  for (const member of members) {
    const which = members.length > 1 ? ` (lead ${member.lead_id})` : "";
    if (pushed || member.link_written) {
      found.push(member.link_written
        ? { what: `Join link written to Marketo${which}`, tone: "good", why: "{{member.webinar url}} has it." }
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
  if (problem) found.push({ what: "Marketo could not be asked", tone: "bad", why: problem.detail });
  return found;
}
