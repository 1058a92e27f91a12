// The view of one program: webinar, people, failures, trace, and forgetting a person.

import { call, get, getIfFound } from "./api.js";
import { check } from "./check.js";
import { confirm } from "./dialog.js";
import { facts, h, replace, section, table } from "./dom.js";
import { failures } from "./failures.js";
import { forget } from "./forget.js";
import { isRunning, registrationText } from "./labels.js";
import { partitionForm } from "./lead-partition.js";
import { announce, button } from "./messages.js";
import { attendance, people } from "./people.js";
import { poll } from "./poll.js";
import { programName } from "./programs.js";
import { statusForm } from "./statuses.js";
import { switches } from "./switches.js";
import { formatTime, relativeTime, webinarStart } from "./time.js";
import { trace } from "./trace.js";
import { heading, loadPart, navigate, setTitle } from "./views.js";

// A retry within this time, in milliseconds, counts as work under way.
const IMMINENT = 120_000;

export async function oneProgram(root, signal, id) {
  const title = heading(`Program ${id}`);
  const body = h("div", { class: "stack" });
  root.append(h("p", { class: "crumb" }, h("a", { href: "#/programs" }, "All programs")), title, body);
  await loadPart(body, async () => {
    const [program, { services }] = await Promise.all([getIfFound(`/catalog/programs/${id}`, signal), get("/oauth/services", signal)]);
    if (!program) {
      body.append(h("div", { class: "card" },
        h("p", null, "This program is not connected to a webinar."),
        h("p", null, h("a", { class: "button", href: `#/connect/${id}` }, "Connect it"))));
      return;
    }
    const webinar = section("webinar", "Webinar");
    const statuses = section("statuses", "Statuses");
    const leads = section("leads", "New leads");
    const behaviour = section("behaviour", "What happens by itself");
    const shown = section("tokens", "What Marketo shows");
    const figures = section("people", "People");
    const failed = section("failures", "Failures");
    body.append(webinar, figures, failed, trace(id), forget(), statuses, behaviour, leads, check(id), shown);
    const show = async (program) => {
      setTitle(title, programName(program));
      showWebinar(webinar, program, services, show);
      replaceBelowTitle(statuses, statusForm(program, show));
      replaceBelowTitle(behaviour, ...switches(program, show));
      replaceBelowTitle(leads, partitionForm(program, show));
      showTokens(shown, await get(`/catalog/programs/${id}/tokens`, signal));
    };
    await show(program);
    await pollPeople(figures, failed, program, signal);
  });
}

function replaceBelowTitle(section, ...children) {
  replace(section, section.querySelector("h2"), ...children);
}

function showWebinar(section, program, services, onRefresh) {
  const { webinar } = program;
  const service = services.find((service) => service.id === program.service);
  const name = programName(program);
  const refresh = async () => {
    const fresh = await call("POST", `/catalog/programs/${program.program_id}/refresh`);
    await onRefresh(fresh);
    announce("The webinar and the program are up to date.");
  };
  const disconnect = async () => {
    const text = "No one is registered through this program any more, and its attendance is not read. Data in Zoom and Marketo stays.";
    if (!await confirm(`Disconnect ${name}?`, text, "Disconnect")) return;
    await call("DELETE", `/catalog/programs/${program.program_id}`);
    navigate("#/programs", `${name} is disconnected.`);
  };
  replaceBelowTitle(section,
    program.problem && h("p", { class: "problem" }, program.problem.detail),
    facts([
      ["Topic", webinar.topic],
      ["When", webinarStart(webinar)],
      ["Host", webinar.host_email],
      ["Registration", registrationText(webinar)],
      ["Shared link", webinar.join_url],
      ["Zoom account", service?.name ?? "removed"],
      ["Webinar ID", webinar.id],
      ["Marketo program", `${program.program_id}, channel ${program.channel.name}`],
      ["Read from Zoom", relativeTime(program.refreshed_at)],
      ["Attendance in fields", Object.values(program.member_fields ?? {}).join(", ")],
      ["Moved from", program.moved_from.map((start) => formatTime(start)).join("; ")],
    ]),
    webinar.registration === "none" && h("p", { class: "note" },
      "To register people through Marketo, turn registration on in Zoom, and then press Refresh."),
    program.missing_statuses.length > 0 && h("p", { class: "note" },
      `The program's channel lacks these statuses, so they are never set: ${program.missing_statuses.join(", ")}. Add them in Marketo under Admin, Tags, Channel.`),
    h("div", { class: "actions" },
      button("Refresh", refresh, { id: "refresh", class: "plain" }),
      h("a", { class: "button plain", href: `#/connect/${program.program_id}` }, "Connect to another webinar"),
      button("Disconnect", disconnect, { id: "disconnect", class: "plain danger" })));
}

function showTokens(section, { tokens, due }) {
  const rows = tokens.map(({ name, value }) => [h("code", null, `{{my.${name}}}`), h("span", { class: "value" }, value)]);
  replaceBelowTitle(section,
    h("p", { class: "quiet" }, due
      ? "My Tokens of the program. Marketo does not have all of the latest values yet. Press Refresh to write them now."
      : "My Tokens of the program, in the webinar's time zone. They follow changes in Zoom."),
    table("My Tokens", ["Token", "Value"], rows));
}

// Polls registrations, attendance and failures.
async function pollPeople(figures, failed, program, signal) {
  const id = program.program_id;
  const refreshNow = await poll(signal, {
    read: async () => {
      const [counts, state, { failures }] = await Promise.all([
        get(`/registration/programs/${id}`, signal), get(`/attendance/programs/${id}`, signal), get("/registration/failures", signal)]);
      return { counts, state, failures: failures.filter((failure) => failure.program_id === id) };
    },
    show: ({ counts, state, failures: list }) => {
      replaceBelowTitle(figures, people(counts, state, program, () => refreshNow()), attendance(program, state, () => refreshNow()));
      replaceBelowTitle(failed, failures(id, list, () => refreshNow()));
    },
    isBusy: ({ counts, state, failures: list }) => counts.waiting > 0 || isRunning(state.phase) || isDue(state.next_at)
      || list.some((failure) => isDue(failure.next_try)),
  });
}

const isDue = (instant) => instant !== null && instant !== undefined && new Date(instant) - Date.now() < IMMINENT;
