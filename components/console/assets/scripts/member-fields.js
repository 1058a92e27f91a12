// The custom member fields that receive attendance.

import { h } from "./dom.js";
import { field } from "./messages.js";

const FIELDS = [
  ["minutes", "Minutes watched"],
  ["first_join", "First joined"],
  ["last_leave", "Last left"],
];

// Creates the fields of the form. `value` returns the object to send, or `undefined` to keep the stored fields.
export function memberFields() {
  const rows = FIELDS.map(([name, label]) => [name, field(`field-${name}`, label, { spellcheck: "false" })]);
  let isShown = false;
  const set = h("fieldset", { id: "member-fields" },
    h("legend", null, "Attendance in fields of Marketo"),
    h("p", { class: "hint" }, "To have attendance written to custom fields of program members, enter their API names. Otherwise leave these empty; the program status shows who attended."),
    rows.map(([, { row }]) => row));
  return {
    set,
    first: rows[0][1].input,
    // Fills in the fields of an existing connection.
    show(fields = {}) {
      isShown = true;
      for (const [name, { input }] of rows) input.value = fields[name] ?? "";
    },
    value() {
      const given = rows.map(([name, { input }]) => [name, input.value.trim()]).filter(([, text]) => text);
      return isShown || given.length ? Object.fromEntries(given) : undefined;
    },
  };
}
