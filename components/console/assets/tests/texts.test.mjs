// Texts for states, times, failures and traces.

import assert from "node:assert/strict";
import test from "node:test";
import { retryResult } from "../scripts/failures.js";
import { forgottenTexts } from "../scripts/forget.js";
import { listProblems } from "../scripts/health.js";
import { phaseText, serviceProblem } from "../scripts/labels.js";
import { textsFor } from "../scripts/marketo-texts.js";
import { switchText } from "../scripts/switches.js";
import { relativeTime, webinarStart } from "../scripts/time.js";
import { timeline } from "../scripts/trace.js";

const service = (state, more) => ({ id: "s1", name: "Acme", account_id: "acc", state, problem: null, ...more });

test("a webinar's start shows in the viewer's zone, and in its own zone if the local time differs", () => {
  const webinar = { start_time: "2026-11-12T15:00:00Z", duration: 90, timezone: "America/New_York" };
  const text = webinarStart(webinar, "Europe/Berlin");
  assert.match(text, /4:00.PM your time \(.*10:00.AM in America\/New York\), 90 minutes$/);
  assert.doesNotMatch(webinarStart({ ...webinar, timezone: "Europe/Paris", duration: 1 }, "Europe/Berlin"), /Paris|minutes/);
  assert.match(webinarStart({ ...webinar, timezone: "No/Such" }, "Europe/Berlin"), /4:00.PM your time/);
});

test("relative times", () => {
  const now = Date.parse("2026-11-12T15:00:00Z");
  assert.equal(relativeTime("2026-11-12T14:58:30Z", now), "1 minute ago");
  assert.equal(relativeTime("2026-11-12T15:00:00Z", now), "now");
  assert.equal(relativeTime("2026-11-12T18:30:00Z", now), "in 3 hours");
  assert.equal(relativeTime("2026-11-11T15:00:00Z", now), "yesterday");
});

test("the problem of a superseded service names the live one", () => {
  const live = service("active", { id: "s2", name: "Acme EU" });
  assert.match(serviceProblem(service("superseded"), [live]), /^“Acme EU” is used for this Zoom account now/);
  assert.match(serviceProblem(service("superseded"), [{ ...live, account_id: "other" }]), /another name/);
  assert.equal(serviceProblem(live, []), null);
  assert.equal(serviceProblem(service("active", { problem: { detail: "Give back the role." } }), []), "Give back the role.");
  for (const state of ["needs-sign-in", "deauthorized"]) assert.match(serviceProblem(service(state), []), /sign in to zoom again/i);
});

test("what was deleted of a person", () => {
  const deleted = { registrations: 2, failures: 1, waiting: 0, presences: 0, pages: 0, joins: 0 };
  const answer = { deleted, programs: ["1001"], webinars: ["9", "10"], complete: true, marketo_problem: null };
  assert.deepEqual(forgottenTexts(answer), ["Deleted: 2 registrations; 1 failure.", "Programs: 1001.", "Webinars: 9, 10."]);
  const nothing = { ...answer, deleted: { ...deleted, registrations: 0, failures: 0 }, programs: [], webinars: [] };
  assert.deepEqual(forgottenTexts(nothing), ["Nothing is stored of this address."]);
  assert.match(forgottenTexts({ ...nothing, complete: false })[1], /in a minute/);
  const problem = { code: "MARKETO_QUOTA", detail: "The quota is used up." };
  assert.match(forgottenTexts({ ...nothing, complete: false, marketo_problem: problem })[1], /quota is used up/);
});

test("a webinar that is live says so in every phase", () => {
  assert.match(phaseText({ phase: "waiting", live_since: "2026-11-12T15:00:00Z" }, false), /^The webinar is live since .*2026/);
  assert.match(phaseText({ phase: "waiting", live_since: null }, false), /has not taken place/);
});

test("the timeline of a person is chronological", () => {
  const registration = {
    pushed: { outcome: "registered", at: "2026-11-01T10:00:00Z", registrant_id: "r1" },
    failure: null, waiting: false, members: [{ lead_id: "7", status: "Attended", link_written: true }], marketo_problem: null,
  };
  const attendance = { joined_at: "2026-11-12T15:01:00Z", left_at: "2026-11-12T15:46:00Z", minutes: 45 };
  assert.deepEqual(timeline(registration, attendance).map(({ what }) => what), [
    "Registered in Zoom", "Join link written to Marketo", "Joined", "Left", "Was there 45 minutes", "Program status in Marketo: Attended",
  ]);
  assert.equal(timeline(registration, null).length, 3);
  const unknown = { pushed: null, failure: null, waiting: false, members: [], marketo_problem: null };
  assert.deepEqual(timeline(unknown, null), []);
  const failed = { ...unknown, pushed: { outcome: "failed", at: "2026-11-01T10:00:00Z", detail: "Zoom is unwell.", next_try: null } };
  assert.deepEqual(timeline(failed, null).map(({ what, why }) => [what, why]), [["Not registered in Zoom", "Zoom is unwell."]]);
});

test("the result of a retry", () => {
  assert.equal(retryResult([{ lead_id: "7", outcome: "registered" }]), "Lead 7 is registered.");
  assert.equal(retryResult([{ lead_id: "7", outcome: "failed", detail: "Still full." }]), "Lead 7 was not registered. Still full.");
  assert.equal(retryResult([{ lead_id: "7", outcome: "registered" }, { lead_id: "8", outcome: "failed" }]), "1 of 2 people are registered now.");
  assert.match(retryResult([]), /No one was left/);
});

test("failures with one cause are one problem, and each problem has a link", () => {
  const failure = { program_id: "1001", lead_id: "7", code: "WEBINAR_FULL", detail: "The webinar is full." };
  const found = listProblems({
    services: [service("needs-sign-in")],
    programs: [{ program_id: "1001", program_name: "Spring", problem: null }],
    attendances: [{ program_id: "1001", problem: { detail: "Never started." } }],
    failures: [failure, { ...failure, lead_id: "8" }, { ...failure, code: "MISSING_FIELD", detail: "No name." }],
  });
  assert.deepEqual(found.map(({ about, href }) => [about, href]), [
    ["Acme", "#/zoom"], ["Spring", "#/programs/1001"], ["Spring", "#/programs/1001"], ["Spring", "#/programs/1001"],
  ]);
  assert.equal(found[2].text, "2 failures. The webinar is full.");
});

test("the payload template becomes JSON after Marketo replaces its tokens", () => {
  const { payload, flowStepUrl, webhookUrl } = textsFor("https://app.test");
  assert.equal(flowStepUrl, "https://app.test/flow-step/openapi.json");
  assert.equal(webhookUrl, "https://app.test/registration/webhook");
  // Marketo adds quotation marks to strings, not to numbers.
  const filled = payload.replace(/\{\{(program\.id|lead\.Id)\}\}/g, "7").replace(/\{\{[^}]+\}\}/g, "\"x \\\"y\\\"\"");
  assert.deepEqual(Object.keys(JSON.parse(filled)), ["program_id", "lead_id", "email", "first_name", "last_name", "company", "phone"]);
});

test("a setting says what happens while it is on and while it is off", () => {
  for (const name of ["automatic", "copy_zoom_registrations", "live"]) {
    assert.notEqual(switchText({ [name]: true }, name), switchText({ [name]: false }, name));
  }
  assert.match(switchText({ live: true }, "live"), /within seconds/);
});
