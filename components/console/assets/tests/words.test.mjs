// What states and times are in words.

import assert from "node:assert/strict";
import test from "node:test";
import { told } from "../scripts/failures.js";
import { troubles } from "../scripts/health.js";
import { textsFor } from "../scripts/marketo-texts.js";
import { story } from "../scripts/trace.js";
import { ago, startOf } from "../scripts/when.js";
import { troubleOf } from "../scripts/words.js";

const service = (state, more) => ({ id: "s1", name: "Acme", account_id: "acc", state, problem: null, ...more });

test("a webinar's start is told in the viewer's zone, and in its own where the clock differs", () => {
  const webinar = { start_time: "2026-11-12T15:00:00Z", duration: 90, timezone: "America/New_York" };
  const told = startOf(webinar, "Europe/Berlin");
  assert.match(told, /4:00.PM your time \(.*10:00.AM in America\/New York\), 90 minutes$/);
  assert.doesNotMatch(startOf({ ...webinar, timezone: "Europe/Paris", duration: 1 }, "Europe/Berlin"), /Paris|minutes/);
  assert.match(startOf({ ...webinar, timezone: "No/Such" }, "Europe/Berlin"), /4:00.PM your time/);
});

test("times near now", () => {
  const now = Date.parse("2026-11-12T15:00:00Z");
  assert.equal(ago("2026-11-12T14:58:30Z", now), "1 minute ago");
  assert.equal(ago("2026-11-12T15:00:00Z", now), "now");
  assert.equal(ago("2026-11-12T18:30:00Z", now), "in 3 hours");
  assert.equal(ago("2026-11-11T15:00:00Z", now), "yesterday");
});

test("a superseded service names the one that took its place", () => {
  const live = service("active", { id: "s2", name: "Acme EU" });
  assert.match(troubleOf(service("superseded"), [live]), /^“Acme EU” is used for this Zoom account now/);
  assert.match(troubleOf(service("superseded"), [{ ...live, account_id: "other" }]), /another name/);
  assert.equal(troubleOf(live, []), null);
  assert.equal(troubleOf(service("active", { problem: { detail: "Give back the role." } }), []), "Give back the role.");
  for (const state of ["needs-sign-in", "deauthorized"]) assert.match(troubleOf(service(state), []), /sign in to zoom again/i);
});

test("a person's story is in the order in which it happens", () => {
  const registration = {
    pushed: { outcome: "registered", at: "2026-11-01T10:00:00Z", registrant_id: "r1" },
    failure: null, waiting: false, members: [{ lead_id: "7", status: "Attended", link_written: true }], marketo_problem: null,
  };
  const attendance = { joined_at: "2026-11-12T15:01:00Z", left_at: "2026-11-12T15:46:00Z", minutes: 45 };
  assert.deepEqual(story(registration, attendance).map(({ what }) => what), [
    "Registered in Zoom", "Join link written to Marketo", "Joined", "Left", "Was there 45 minutes", "Program status in Marketo: Attended",
  ]);
  assert.equal(story(registration, null).length, 3);
  const unknown = { pushed: null, failure: null, waiting: false, members: [], marketo_problem: null };
  assert.deepEqual(story(unknown, null), []);
  const failed = { ...unknown, pushed: { outcome: "failed", at: "2026-11-01T10:00:00Z", detail: "Zoom is unwell.", next_try: null } };
  assert.deepEqual(story(failed, null).map(({ what, why }) => [what, why]), [["Not registered in Zoom", "Zoom is unwell."]]);
});

test("what trying again came to", () => {
  assert.equal(told([{ lead_id: "7", outcome: "registered" }]), "Lead 7 is registered.");
  assert.equal(told([{ lead_id: "7", outcome: "failed", detail: "Still full." }]), "Lead 7 was not registered. Still full.");
  assert.equal(told([{ lead_id: "7", outcome: "registered" }, { lead_id: "8", outcome: "failed" }]), "1 of 2 people are registered now.");
  assert.match(told([]), /Nobody was left/);
});

test("failures of one cause are one problem, and each problem says where to look", () => {
  const failure = { program_id: "1001", lead_id: "7", code: "WEBINAR_FULL", detail: "The webinar is full." };
  const found = troubles({
    services: [service("needs-sign-in")],
    programs: [{ program_id: "1001", program_name: "Spring", problem: null }],
    accounts: [{ program_id: "1001", problem: { detail: "Never started." } }],
    failures: [failure, { ...failure, lead_id: "8" }, { ...failure, code: "MISSING_FIELD", detail: "No name." }],
  });
  assert.deepEqual(found.map(({ about, href }) => [about, href]), [
    ["Acme", "#/zoom"], ["Spring", "#/programs/1001"], ["Spring", "#/programs/1001"], ["Spring", "#/programs/1001"],
  ]);
  assert.equal(found[2].text, "2 failures. The webinar is full.");
});

test("the payload template becomes JSON once Marketo has put its tokens in", () => {
  const { payload, flowStepUrl, webhookUrl } = textsFor("https://app.test");
  assert.equal(flowStepUrl, "https://app.test/flow-step/openapi.json");
  assert.equal(webhookUrl, "https://app.test/registration/webhook");
  // Marketo quotes strings itself, and leaves numbers as they are.
  const filled = payload.replace(/\{\{(program\.id|lead\.Id)\}\}/g, "7").replace(/\{\{[^}]+\}\}/g, "\"x \\\"y\\\"\"");
  assert.deepEqual(Object.keys(JSON.parse(filled)), ["program_id", "lead_id", "email", "first_name", "last_name", "company", "phone"]);
});
