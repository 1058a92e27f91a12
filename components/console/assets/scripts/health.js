// Whether everything runs, and what does not.

import { read, readIfThere } from "./api.js";
import { facts, h, replace, section } from "./dom.js";
import { live } from "./live.js";
import { nameOf } from "./programs.js";
import { heading, part } from "./views.js";
import { ago, at } from "./when.js";
import { count, troubleOf } from "./words.js";

// The tick comes about every minute; without one for so long (in milliseconds) nothing is done by itself.
const MISSED = 5 * 60_000;

// Programs whose webinar ended so lately (in milliseconds) are asked for trouble with their attendance, so many at most.
const LATELY = 3 * 24 * 3_600_000;
const ASKED = 20;

export async function health(root, signal) {
  const body = h("div", { class: "stack" });
  root.append(heading("Health"), h("p", { class: "lead" }, "This page updates by itself."), body);
  const figures = section("figures", "Operation");
  const problems = section("problems", "Problems");
  await part(body, async () => {
    await live(signal, {
      always: true,
      read: () => look(signal),
      show: (seen) => {
        if (!figures.isConnected) body.append(figures, problems);
        replace(figures, figures.querySelector("h2"), operation(seen));
        replace(problems, problems.querySelector("h2"), listed(troubles(seen)));
      },
      isBusy: ({ registration }) => registration.outbox > 0,
    });
  });
}

async function look(signal) {
  const [attendance, registration, { services }, { programs }, { failures }] = await Promise.all([
    readIfThere("/attendance/health", signal),
    read("/registration/health", signal),
    read("/oauth/services", signal),
    read("/catalog/programs", signal),
    read("/registration/failures", signal),
  ]);
  const ended = programs.filter(({ webinar }) => isLately(webinar.end_time)).slice(0, ASKED);
  const accounts = await Promise.all(ended.map((program) => readIfThere(`/attendance/programs/${program.program_id}`, signal)));
  return { attendance, registration, services, programs, failures, accounts: accounts.filter(Boolean) };
}

const isLately = (end) => Date.now() - new Date(end) > 0 && Date.now() - new Date(end) < LATELY;

function operation({ attendance, registration, ...seen }) {
  const tick = attendance?.last_tick;
  const isMissed = tick && Date.now() - new Date(tick) > MISSED;
  const codes = [...seen.failures, ...[...seen.services, ...seen.programs, ...seen.accounts].map(({ problem }) => problem).filter(Boolean)].map(({ code }) => code);
  return [
    isMissed && h("p", { class: "problem" }, "The scheduler has not called for a while. Until it does, nothing is retried, and attendance depends on Zoom's events alone."),
    facts([
      ["Last tick", attendance ? (tick ? `${ago(tick)} (${at(tick)})` : "never: no scheduler calls yet") : "unknown"],
      ["Last Zoom event", attendance ? (attendance.last_zoom_event ? `${ago(attendance.last_zoom_event)} (${at(attendance.last_zoom_event)})` : "none yet") : "unknown"],
      ["Outbox", registration.outbox ? `${count(registration.outbox, "chunk")} from Marketo under way, the oldest ${ago(registration.oldest)}` : "empty: everything is called back"],
      ["Failed registrations", registration.failures.toLocaleString()],
      ["Marketo quota", codes.includes("MARKETO_QUOTA") ? "used up for today; we go on after 00:00 US Central time" : "unknown; nothing was refused for it"],
    ]),
  ];
}

// Everything that is wrong: what it is about, where to look, and what to do.
export function troubles({ services, programs, failures, accounts }) {
  const found = [];
  for (const service of services) {
    const trouble = troubleOf(service, services);
    if (trouble) found.push({ about: service.name, href: "#/zoom", text: trouble });
  }
  const name = (id) => {
    const program = programs.find((program) => program.program_id === id);
    return program ? nameOf(program) : `Program ${id}`;
  };
  for (const program of programs) {
    if (program.problem) found.push({ about: nameOf(program), href: `#/programs/${program.program_id}`, text: program.problem.detail });
  }
  for (const account of accounts) {
    if (account.problem) found.push({ about: name(account.program_id), href: `#/programs/${account.program_id}`, text: account.problem.detail });
  }
  const alike = new Map();
  for (const failure of failures) {
    const key = `${failure.program_id} ${failure.code}`;
    alike.set(key, [...(alike.get(key) ?? []), failure]);
  }
  for (const [first, ...more] of alike.values()) {
    const number = more.length ? `${count(more.length + 1, "failure")}. ` : "";
    found.push({
      about: first.program_id === null ? "No program" : name(first.program_id),
      href: first.program_id === null ? null : `#/programs/${first.program_id}`,
      text: number + first.detail,
    });
  }
  return found;
}

function listed(found) {
  if (!found.length) return h("p", { class: "quiet" }, "There are no problems.");
  return h("ul", { class: "lines" }, found.map(({ about, href, text }, place) => h("li", null,
    href ? h("a", { id: `trouble-${place}`, href }, about) : h("strong", null, about), h("p", { class: "problem" }, text))));
}
