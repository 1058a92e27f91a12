// The settings of a program that are on or off.

import { call } from "./api.js";
import { h } from "./dom.js";
import { announce, button } from "./messages.js";

// For each setting, what holds while it is on and while it is off, and what its button says then.
const SWITCHES = {
  automatic: {
    on: ["Setting the status Registered in Marketo is enough to register a lead, within about two minutes.", "Register only through campaigns"],
    off: ["Only the flow step and the webhook register leads.", "Register by status"],
  },
  copy_zoom_registrations: {
    on: ["People who register on Zoom's own page become leads and members of this program.", "Leave out registrations on Zoom's page"],
    off: ["People who register on Zoom's own page become leads once they attend.", "Copy registrations on Zoom's page"],
  },
  live: {
    on: ["People are set to Attended within seconds of joining. Zoom must send the event “participant joined”.", "Set Attended after the webinar"],
    off: ["People are set to Attended after the webinar.", "Set Attended live"],
  },
};

// Returns what a program's setting means now.
export function switchText(program, name) {
  const [text] = SWITCHES[name][program[name] ? "on" : "off"];
  return text;
}

// Creates the switches. `onSaved` gets the changed program.
export function switches(program, onSaved) {
  return Object.keys(SWITCHES).map((name) => {
    const [, action] = SWITCHES[name][program[name] ? "on" : "off"];
    const save = async () => {
      const fresh = await call("PUT", `/catalog/programs/${program.program_id}/settings`, { [name]: !program[name] });
      await onSaved(fresh);
      announce(switchText(fresh, name));
    };
    return h("div", null, h("p", { class: "hint" }, switchText(program, name)),
      h("div", { class: "actions" }, button(action, save, { id: `switch-${name}`, class: "plain" })));
  });
}
