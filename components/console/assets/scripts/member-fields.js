// The custom fields of program members that attendance is written into.

import { h } from "./dom.js";
import { field } from "./messages.js";

const FIELDS = [
  ["minutes", "Minutes watched"],
  ["first_join", "First joined"],
  ["last_leave", "Last left"],
];

// The fields of the form; `value` is what to send, `undefined` to leave what is there.
export function memberFields() {
  const rows = FIELDS.map(([name, label]) => [name, field(`field-${name}`, label, { spellcheck: "false" })]);
  let isKnown = false;
  const set = h("fieldset", { id: "member-fields" },
    h("legend", null, "Attendance in fields of Marketo"),
    h("p", { class: "hint" }, "If you have custom fields of program members for these, give their names in the REST API. Otherwise leave them empty: the statuses tell who attended."),
    rows.map(([, { row }]) => row));
  return {
    set,
    first: rows[0][1].input,
    // Shows what an earlier connection has.
    show(fields = {}) {
      isKnown = true;
      for (const [name, { input }] of rows) input.value = fields[name] ?? "";
    },
    value() {
      const given = rows.map(([name, { input }]) => [name, input.value.trim()]).filter(([, text]) => text);
      return isKnown || given.length ? Object.fromEntries(given) : undefined;
    },
  };
}
