// Who could not be registered, why, and trying again.

import { ask } from "./api.js";
import { h, table } from "./dom.js";
import { button, say } from "./messages.js";
import { ago, at } from "./when.js";
import { count } from "./words.js";

export function failures(program, list, again) {
  const leads = list.filter((failure) => failure.lead_id !== null);
  if (!list.length) return h("p", { class: "quiet" }, "Nobody has failed.");
  const retry = async (leadIds) => {
    const answer = await ask("POST", "/registration/failures/retry", { program_id: program, lead_ids: leadIds });
    await again();
    say(told(answer.leads));
  };
  const rows = list.map((failure) => [
    failure.lead_id === null ? "Several" : failure.lead_id,
    failure.detail,
    at(failure.at),
    failure.tries.toLocaleString(),
    failure.next_try ? ago(failure.next_try) : "when you say so",
    failure.lead_id !== null && button("Try again", () => retry([failure.lead_id]),
      { id: `retry-${failure.lead_id}`, class: "small plain", "aria-label": `Try again: lead ${failure.lead_id}` }),
  ]);
  return [
    table("Failures", ["Lead", "Cause", "Since", "Tries", "Next try", ""], rows),
    leads.length > 1 && h("div", { class: "actions" },
      button("Try all again", () => retry(leads.map((failure) => failure.lead_id)), { id: "retry-all", class: "plain" })),
  ];
}

// What trying again came to, in a sentence.
export function told(leads) {
  if (!leads.length) return "Nobody was left to try: Marketo does not have these people any more, or they were registered meanwhile.";
  const [one] = leads;
  if (leads.length === 1) {
    return one.outcome === "registered" ? `Lead ${one.lead_id} is registered.`
      : one.outcome === "pending" ? `Lead ${one.lead_id} waits for the host's approval.`
        : `Lead ${one.lead_id} was not registered. ${one.detail ?? ""}`.trim();
  }
  const done = leads.filter(({ outcome }) => outcome === "registered" || outcome === "pending").length;
  return `${done} of ${count(leads.length, "person", "people")} are registered now.`;
}
