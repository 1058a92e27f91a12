// Deletes what is stored of one person. The address travels in the request body.

import { call } from "./api.js";
import { confirm } from "./dialog.js";
import { h, replace, section } from "./dom.js";
import { count } from "./labels.js";
import { field, setFieldError, whileBusy } from "./messages.js";

export function forget() {
  const { row, input } = field("forget-email", "Address to forget", { type: "email", autocapitalize: "none", spellcheck: "false" },
    "Deletes what is stored here of this person, in all programs. Zoom and Marketo are not changed: delete the person there first.");
  const result = h("div", { id: "forgotten", "aria-live": "polite" });
  const submit = (event) => {
    event.preventDefault();
    const email = input.value.trim();
    setFieldError(input, email.includes("@") ? "" : "Enter an e-mail address.");
    if (!email.includes("@")) return;
    whileBusy(event.currentTarget.querySelector("button"), async () => {
      const text = "It is not known here any more that they registered or attended. This cannot be undone.";
      if (!await confirm("Forget this person?", text, "Delete the data")) return;
      const answer = await call("POST", "/registration/forget", { email });
      replace(result, ...forgottenTexts(answer).map((line) => h("p", null, line)));
    }, (error) => {
      if (error.code !== "INVALID_REQUEST") return false;
      setFieldError(input, error.message);
      return true;
    });
  };
  return section("forget", "Forget a person",
    h("form", { class: "inline", novalidate: true, onsubmit: submit }, row, h("button", { type: "submit", class: "danger" }, "Forget")),
    result);
}

const KINDS = [
  ["registrations", "registration"],
  ["failures", "failure"],
  ["waiting", "registration under way, reported to Marketo as failed", "registrations under way, reported to Marketo as failed"],
  ["presences", "record of attendance", "records of attendance"],
  ["pages", "page of a list that is being read", "pages of lists that are being read"],
  ["joins", "join of a webinar under way", "joins of webinars under way"],
];

// Returns what was deleted, in sentences.
export function forgottenTexts({ deleted, programs, webinars, complete, marketo_problem: problem }) {
  const found = KINDS.filter(([kind]) => deleted[kind]).map(([kind, one, many]) => count(deleted[kind], one, many));
  const texts = [found.length ? `Deleted: ${found.join("; ")}.` : "Nothing is stored of this address."];
  if (programs.length) texts.push(`Programs: ${programs.join(", ")}.`);
  if (webinars.length) texts.push(`Webinars: ${webinars.join(", ")}.`);
  if (problem) texts.push(`Marketo did not name this person's leads, so failures may be left: ${problem.detail} Repeat this later.`);
  else if (!complete) texts.push("Something may be left: it is in use, or there was too little time for a last look. Repeat this in a minute.");
  return texts;
}
