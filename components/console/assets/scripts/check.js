// Checks a connection on the real accounts, link by link.

import { call } from "./api.js";
import { h, replace, section } from "./dom.js";
import { announce, button } from "./messages.js";

const NAMES = {
  zoom_token: "Zoom's token",
  zoom_scopes: "Zoom's scopes",
  clock: "Clock",
  marketo_access: "Marketo's permissions",
  channel_steps: "Steps of the channel",
  member_fields: "Member fields",
  scheduler: "Scheduler",
  zoom_webhook: "Zoom's webhook",
  flow_step: "Flow step",
  status_changes: "Status changes",
};

const OUTCOMES = {
  passed: ["Works", "good"],
  warning: ["Restricted", "warn"],
  failed: ["Does not work", "bad"],
  unknown: ["Not seen yet", "warn"],
};

// Creates the section of a program.
export function check(program) {
  const results = h("ul", { class: "lines", id: "checks" });
  const run = async () => {
    const { checks } = await call("POST", `/catalog/programs/${program}/check`);
    replace(results, checks.map(line));
    const wrong = checks.filter(({ outcome }) => outcome !== "passed").length;
    announce(wrong ? `${wrong} of ${checks.length} checks need a look.` : `All ${checks.length} checks passed.`);
  };
  return section("check", "Check this connection",
    h("p", { class: "quiet" }, "Asks Zoom and Marketo, and shows what was seen of the scheduler, Zoom's events and the flow step. Changes nothing."),
    h("div", { class: "actions" }, button("Check", run, { id: "run-check", class: "plain" })),
    results);
}

function line({ name, outcome, detail }) {
  const [text, kind] = OUTCOMES[outcome] ?? [outcome, "warn"];
  return h("li", null, h("div", { class: "title" }, h("strong", null, NAMES[name] ?? name), h("span", { class: `state ${kind}` }, text)), h("p", null, detail));
}
