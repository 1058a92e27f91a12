// The lead partition in which the attendees of a program become leads.

import { call } from "./api.js";
import { h } from "./dom.js";
import { announce, field, setFieldError, whileBusy } from "./messages.js";

// Creates the form. `onSaved` gets the changed program.
export function partitionForm(program, onSaved) {
  const { row, input } = field("lead-partition", "Lead partition", { value: program.lead_partition ?? "", spellcheck: "false" },
    "Only for a Marketo with several lead partitions: the name of the one in which attendees become leads. Otherwise leave it empty.");
  const save = async () => {
    const fresh = await call("PUT", `/catalog/programs/${program.program_id}/settings`, { lead_partition: input.value.trim() || null });
    await onSaved(fresh);
    announce("The lead partition is saved.");
  };
  const handleError = (error) => {
    if (error.code !== "INVALID_REQUEST") return false;
    setFieldError(input, error.message);
    return true;
  };
  const submit = (event) => {
    event.preventDefault();
    setFieldError(input, "");
    whileBusy(event.currentTarget.querySelector("button[type=submit]"), save, handleError);
  };
  return h("form", { onsubmit: submit }, row,
    h("div", { class: "actions" }, h("button", { type: "submit", id: "save-lead-partition", class: "plain" }, "Save lead partition")));
}
