// The health view: operation and problems.

import { get, getIfFound } from "./api.js";
import { backup } from "./backup.js";
import { facts, h, replace, section } from "./dom.js";
import { forget } from "./forget.js";
import { count, serviceProblem } from "./labels.js";
import { poll } from "./poll.js";
import { programName } from "./programs.js";
import { formatTime, relativeTime } from "./time.js";
import { heading, loadPart } from "./views.js";

// How long after the last tick the scheduler counts as stopped, in milliseconds. It ticks about every minute.
const TICK_OVERDUE = 5 * 60_000;

// How long after a webinar's end the problem of its attendance shows, in milliseconds.
const RECENT = 3 * 24 * 3_600_000;

// Maximum number of programs whose attendance is read.
const MAX_ATTENDANCE_READS = 20;

export async function health(root, signal) {
  const body = h("div", { class: "stack" });
  const refresh = { now: () => {} };
  root.append(heading("Health"), h("p", { class: "lead" }, "This page updates automatically."), body, backup(() => refresh.now()));
  const figures = section("figures", "Operation");
  const problems = section("problems", "Problems");
  await loadPart(body, async () => {
    refresh.now = await poll(signal, {
      always: true,
      read: () => readHealth(signal),
      show: (health) => {
        if (!figures.isConnected) body.append(figures, problems, forget());
        replace(figures, figures.querySelector("h2"), operation(health));
        replace(problems, problems.querySelector("h2"), problemList(listProblems(health)));
      },
      isBusy: ({ registration }) => registration.outbox > 0,
    });
  });
}

async function readHealth(signal) {
  const [attendance, registration, { services }, { programs }, { failures }] = await Promise.all([
    getIfFound("/attendance/health", signal),
    get("/registration/health", signal),
    get("/oauth/services", signal),
    get("/catalog/programs", signal),
    get("/registration/failures", signal),
  ]);
  const ended = programs.filter(({ webinar }) => isRecent(webinar.end_time)).slice(0, MAX_ATTENDANCE_READS);
  const attendances = await Promise.all(ended.map((program) => getIfFound(`/attendance/programs/${program.program_id}`, signal)));
  return { attendance, registration, services, programs, failures, attendances: attendances.filter(Boolean) };
}

const isRecent = (end) => Date.now() - new Date(end) > 0 && Date.now() - new Date(end) < RECENT;

function operation({ attendance, registration, ...rest }) {
  const tick = attendance?.last_tick;
  const isOverdue = tick && Date.now() - new Date(tick) > TICK_OVERDUE;
  const codes = [...rest.failures, ...[...rest.services, ...rest.programs, ...rest.attendances].map(({ problem }) => problem).filter(Boolean)].map(({ code }) => code);
  return [
    isOverdue && h("p", { class: "problem" }, "The scheduler has not called for more than 5 minutes. Until it calls, nothing is retried, and attendance depends on Zoom's events alone. Check the scheduler."),
    facts([
      ["Last tick", attendance ? (tick ? `${relativeTime(tick)} (${formatTime(tick)})` : "never; set up a scheduler that calls the tick every minute") : "unknown"],
      ["Last Zoom event", attendance ? (attendance.last_zoom_event ? `${relativeTime(attendance.last_zoom_event)} (${formatTime(attendance.last_zoom_event)})` : "none yet") : "unknown"],
      ["Outbox", registration.outbox ? `${count(registration.outbox, "chunk")} from Marketo under way, the oldest from ${relativeTime(registration.oldest)}` : "empty; Marketo has every result"],
      ["Failed registrations", registration.failures.toLocaleString()],
      ["Unreadable records", registration.unreadable ? `${count(registration.unreadable, "record")} skipped; a newer version of the application may have written them` : null],
      ["Comparisons with Marketo", `every ${count(registration.comparisons.every_minutes, "minute")}; with the polls about ${registration.comparisons.marketo_calls_per_day.toLocaleString()} calls a day`],
      ["Marketo quota", codes.includes("MARKETO_QUOTA") ? "used up for today; it resets at 00:00 US Central time" : "not used up: no call was rejected for it"],
    ]),
  ];
}

// Returns every problem as `{ about, href, text }`. Failures with the same program and code become one problem.
export function listProblems({ services, programs, failures, attendances, registration }) {
  const found = [];
  const refused = registration?.refused_callback;
  if (refused) {
    found.push({
      about: "Flow step",
      href: null,
      text: `Marketo asks to be called back at ${refused.origin}, which is not allowed, so its leads were refused (${relativeTime(refused.at)}). If Marketo uses this server, the operator has to allow it: see marketo_callback_url in the README.`,
    });
  }
  for (const service of services) {
    const problem = serviceProblem(service, services);
    if (problem) found.push({ about: service.name, href: "#/zoom", text: problem });
  }
  const name = (id) => {
    const program = programs.find((program) => program.program_id === id);
    return program ? programName(program) : `Program ${id}`;
  };
  for (const program of programs) {
    if (program.problem) found.push({ about: programName(program), href: `#/programs/${program.program_id}`, text: program.problem.detail });
  }
  for (const attendance of attendances) {
    if (attendance.problem) found.push({ about: name(attendance.program_id), href: `#/programs/${attendance.program_id}`, text: attendance.problem.detail });
  }
  const groups = new Map();
  for (const failure of failures) {
    const key = `${failure.program_id} ${failure.code}`;
    groups.set(key, [...(groups.get(key) ?? []), failure]);
  }
  for (const [first, ...more] of groups.values()) {
    const number = more.length ? `${count(more.length + 1, "failure")}. ` : "";
    found.push({
      about: first.program_id === null ? "No program" : name(first.program_id),
      href: first.program_id === null ? null : `#/programs/${first.program_id}`,
      text: number + first.detail,
    });
  }
  return found;
}

function problemList(found) {
  if (!found.length) return h("p", { class: "quiet" }, "There are no problems.");
  return h("ul", { class: "lines" }, found.map(({ about, href, text }, index) => h("li", null,
    href ? h("a", { id: `trouble-${index}`, href }, about) : h("strong", null, about), h("p", { class: "problem" }, text))));
}
