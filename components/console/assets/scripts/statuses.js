// The statuses of a program's channel, and what each means to the application.

import { call } from "./api.js";
import { h } from "./dom.js";
import { announce, whileBusy } from "./messages.js";

// Meanings in the order of the form: name, label, what the application does with it.
export const MEANINGS = [
  ["registered", "Registered", "People with this status are registered in Zoom. No other status registers anyone."],
  ["pending", "Waiting for approval", "Set while the host has not approved the person."],
  ["registration_error", "Registration error", "Set when a person could not be registered."],
  ["cancelled", "Cancelled", "Set when a registration is cancelled."],
  ["denied", "Denied", "Set when the host denies a registration."],
  ["attended", "Attended", "Set when a person was in the webinar."],
  ["no_show", "No show", "Set when a registered person was not in the webinar."],
  ["attended_on_demand", "Attended on demand", "Never set. It counts as attended."],
];

const NONE = "";

// Returns the options of a meaning's select: [value, text, disabled]. A chosen status that the channel no longer has stays
// visible, and `registered` needs a status.
export function optionsOf(meaning, current, statuses) {
  const options = statuses.map((name) => [name, name, false]);
  if (current && !statuses.includes(current)) options.unshift([current, `${current} (no longer in the channel)`, true]);
  if (meaning !== "registered") options.unshift([NONE, "No status", false]);
  else if (!current) options.unshift([NONE, "Choose a status", true]);
  return options;
}

// Returns where the status of a meaning comes from.
export function originOf(meaning, program) {
  if (program.chosen_statuses.includes(meaning)) return "Chosen.";
  return program.statuses[meaning] ? "Guessed from its name." : "No status of the channel has a name like this.";
}

// Returns the statuses that differ from those of the program, as the settings take them.
export function changedStatuses(before, values) {
  const changed = Object.entries(values).filter(([meaning, value]) => value !== (before[meaning] ?? NONE));
  return Object.fromEntries(changed.map(([meaning, value]) => [meaning, value === NONE ? null : value]));
}

// Creates a select of a channel's statuses.
function statusSelect(id, meaning, current, statuses, described) {
  const options = optionsOf(meaning, current, statuses);
  return h("select", { id, "aria-describedby": described },
    options.map(([value, text, disabled]) => h("option", { value, disabled, selected: value === (current ?? NONE) }, text)));
}

// Creates the form of a program's mapping. `onSaved` gets the changed program.
export function statusForm(program, onSaved) {
  const names = program.channel.statuses.map((status) => status.name);
  const selects = MEANINGS.map(([meaning, label, hint]) => {
    const id = `status-${meaning.replaceAll("_", "-")}`;
    const select = statusSelect(id, meaning, program.statuses[meaning], names, `${id}-hint`);
    const row = h("div", { class: "field" },
      h("label", { for: id }, label),
      select,
      h("p", { id: `${id}-hint`, class: "hint" }, `${originOf(meaning, program)} ${hint}`));
    return [meaning, select, row];
  });
  const save = async () => {
    const values = Object.fromEntries(selects.map(([meaning, select]) => [meaning, select.value]));
    const statuses = changedStatuses(program.statuses, values);
    if (!Object.keys(statuses).length) {
      announce("Nothing is changed.");
      return;
    }
    const fresh = await call("PUT", `/catalog/programs/${program.program_id}/settings`, { statuses });
    await onSaved(fresh);
    announce("The statuses are saved.");
  };
  const submit = (event) => {
    event.preventDefault();
    whileBusy(event.currentTarget.querySelector("button[type=submit]"), save);
  };
  return [
    h("p", { class: "quiet" }, `What the statuses of the channel ${program.channel.name} mean. They are guessed from their names; choose others if a guess is wrong.`),
    program.status_warnings.map((warning) => h("p", { class: "note" }, warning)),
    program.status_warnings.length > 0 && h("p", { class: "hint" }, "Change the steps in Marketo under Admin, Tags, Channel, and then press Refresh."),
    h("form", { class: "statuses", onsubmit: submit },
      selects.map(([, , row]) => row),
      h("div", { class: "actions" }, h("button", { type: "submit", id: "save-statuses", class: "plain" }, "Save statuses"))),
  ];
}

// Creates the choice of the status that means registered, for a channel whose names do not tell. It is hidden until the
// statuses are known.
export function registeredChoice() {
  const id = "registered-status";
  const row = h("div", { class: "field", hidden: true });
  let select = null;
  return {
    row,
    // Shows the statuses of a channel.
    show(statuses) {
      select = statusSelect(id, "registered", null, statuses, `${id}-hint`);
      row.replaceChildren(
        h("label", { for: id }, "Status of registered people"),
        select,
        h("p", { id: `${id}-hint`, class: "hint" }, "The names of the channel's statuses do not tell which one means that a person is registered. Choose it; people who get it are registered in Zoom."));
      row.hidden = false;
      select.focus();
    },
    hide() {
      select = null;
      row.hidden = true;
      row.replaceChildren();
    },
    // Returns the statuses to send, or `undefined`.
    value: () => (select?.value ? { registered: select.value } : undefined),
  };
}
