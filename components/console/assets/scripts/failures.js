// Failed registrations and their retry.

import { call } from "./api.js";
import { h, table } from "./dom.js";
import { count } from "./labels.js";
import { announce, button } from "./messages.js";
import { formatTime, relativeTime } from "./time.js";

export function failures(program, list, refresh) {
  const leads = list.filter((failure) => failure.lead_id !== null);
  if (!list.length) return h("p", { class: "quiet" }, "There are no failures.");
  const retry = async (leadIds) => {
    const answer = await call("POST", "/registration/failures/retry", { program_id: program, lead_ids: leadIds });
    await refresh();
    announce(retryResult(answer.leads));
  };
  const dismiss = async (chunkId) => {
    await call("POST", "/registration/failures/dismiss", { chunk_id: chunkId });
    await refresh();
    announce("The failure is dismissed.");
  };
  const rows = list.map((failure) => [
    failure.lead_id === null ? "Several" : failure.lead_id,
    failure.detail,
    formatTime(failure.at),
    failure.tries.toLocaleString(),
    failure.next_try ? relativeTime(failure.next_try) : "not scheduled",
    failure.lead_id !== null
      ? button("Try again", () => retry([failure.lead_id]),
        { id: `retry-${failure.lead_id}`, class: "small plain", "aria-label": `Try again: lead ${failure.lead_id}` })
      : failure.chunk_id && button("Dismiss", () => dismiss(failure.chunk_id),
        { id: `dismiss-${failure.chunk_id}`, class: "small plain", "aria-label": `Dismiss: ${failure.detail}` }),
  ]);
  return [
    table("Failures", ["Lead", "Cause", "Since", "Tries", "Next try", ""], rows),
    leads.length > 1 && h("div", { class: "actions" },
      button("Try all again", () => retry(leads.map((failure) => failure.lead_id)), { id: "retry-all", class: "plain" })),
  ];
}

// Returns the result of a retry as a sentence.
export function retryResult(leads) {
  if (!leads.length) return "No one was left to register. Marketo no longer has these people, or they were registered meanwhile.";
  const [one] = leads;
  if (leads.length === 1) {
    return one.outcome === "registered" ? `Lead ${one.lead_id} is registered.`
      : one.outcome === "pending" ? `Lead ${one.lead_id} is waiting for the host's approval.`
        : `Lead ${one.lead_id} was not registered. ${one.detail ?? ""}`.trim();
  }
  const done = leads.filter(({ outcome }) => outcome === "registered" || outcome === "pending").length;
  return `${done} of ${count(leads.length, "person", "people")} are registered now.`;
}
