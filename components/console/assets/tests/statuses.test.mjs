// The choice of what a channel's statuses mean.

import assert from "node:assert/strict";
import test from "node:test";
import { MEANINGS, changedStatuses, optionsOf, originOf } from "../scripts/statuses.js";

const STATUSES = ["Eingeladen", "Registriert", "Teilgenommen"];

test("a meaning may have no status, except registered", () => {
  assert.deepEqual(optionsOf("pending", null, STATUSES).map(([value]) => value), ["", ...STATUSES]);
  assert.deepEqual(optionsOf("registered", "Registriert", STATUSES).map(([value]) => value), STATUSES);
  const [unknown] = optionsOf("registered", null, STATUSES);
  assert.deepEqual(unknown, ["", "Choose a status", true]);
});

test("a chosen status that the channel no longer has stays visible and cannot be chosen again", () => {
  const options = optionsOf("registered", "Angemeldet", STATUSES);
  assert.deepEqual(options[0], ["Angemeldet", "Angemeldet (no longer in the channel)", true]);
  assert.equal(options.length, 4);
});

test("only what differs is sent, and no status is null", () => {
  const before = { registered: "Registriert", pending: null, attended: "Teilgenommen" };
  assert.deepEqual(changedStatuses(before, { registered: "Registriert", pending: "", attended: "Teilgenommen" }), {});
  assert.deepEqual(changedStatuses(before, { registered: "Eingeladen", pending: "", attended: "" }), { registered: "Eingeladen", attended: null });
  assert.deepEqual(changedStatuses({}, { no_show: "Eingeladen" }), { no_show: "Eingeladen" });
});

test("what was guessed is told from what was chosen", () => {
  const program = { chosen_statuses: ["attended"], statuses: { registered: "Registriert", attended: "Teilgenommen", no_show: null } };
  assert.equal(originOf("attended", program), "Chosen.");
  assert.equal(originOf("registered", program), "Guessed from its name.");
  assert.match(originOf("no_show", program), /^No status/);
  assert.equal(MEANINGS.length, 8);
});
