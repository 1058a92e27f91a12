// One program: its webinar, its people, what failed, and a person's trace.

import { ask, read, readIfThere } from "./api.js";
import { confirm } from "./dialog.js";
import { facts, h, replace, section, table } from "./dom.js";
import { failures } from "./failures.js";
import { live } from "./live.js";
import { button, say } from "./messages.js";
import { attendance, people } from "./people.js";
import { nameOf } from "./programs.js";
import { trace } from "./trace.js";
import { entitle, go, heading, part } from "./views.js";
import { ago, at, startOf } from "./when.js";
import { isUnderWay, registrationOf } from "./words.js";

// A retry that comes so soon (in milliseconds) is waited for.
const SOON = 120_000;

export async function oneProgram(root, signal, id) {
  const title = heading(`Program ${id}`);
  const body = h("div", { class: "stack" });
  root.append(h("p", { class: "crumb" }, h("a", { href: "#/programs" }, "All programs")), title, body);
  await part(body, async () => {
    const [program, { services }] = await Promise.all([readIfThere(`/catalog/programs/${id}`, signal), read("/oauth/services", signal)]);
    if (!program) {
      body.append(h("div", { class: "card" },
        h("p", null, "This program is not connected to a webinar here."),
        h("p", null, h("a", { class: "button", href: `#/connect/${id}` }, "Connect it"))));
      return;
    }
    const webinar = section("webinar", "Webinar");
    const shown = section("tokens", "What Marketo shows");
    const figures = section("people", "People");
    const failed = section("failures", "Failures");
    body.append(webinar, figures, failed, trace(id), shown);
    const show = async (program) => {
      entitle(title, nameOf(program));
      showWebinar(webinar, program, services, show);
      showTokens(shown, await read(`/catalog/programs/${id}/tokens`, signal));
    };
    await show(program);
    await keepCurrent(figures, failed, program, signal);
  });
}

function keepTitle(section, ...children) {
  replace(section, section.querySelector("h2"), ...children);
}

function showWebinar(section, program, services, shown) {
  const { webinar } = program;
  const service = services.find((service) => service.id === program.service);
  const name = nameOf(program);
  const refresh = async () => {
    const fresh = await ask("POST", `/catalog/programs/${program.program_id}/refresh`);
    await shown(fresh);
    say("The webinar and the program were read again.");
  };
  const disconnect = async () => {
    const text = "Nobody is registered through this program any more, and its attendance is not read. What is in Zoom and Marketo stays.";
    if (!await confirm(`Disconnect ${name}?`, text, "Disconnect")) return;
    await ask("DELETE", `/catalog/programs/${program.program_id}`);
    go("#/programs", `${name} is disconnected.`);
  };
  keepTitle(section,
    program.problem && h("p", { class: "problem" }, program.problem.detail),
    facts([
      ["Topic", webinar.topic],
      ["When", startOf(webinar)],
      ["Host", webinar.host_email],
      ["Registration", registrationOf(webinar)],
      ["Shared link", webinar.join_url],
      ["Zoom account", service?.name ?? "removed"],
      ["Webinar ID", webinar.id],
      ["Marketo program", `${program.program_id}, channel ${program.channel.name}`],
      ["Read from Zoom", ago(program.refreshed_at)],
      ["Attendance in fields", Object.values(program.member_fields ?? {}).join(", ")],
      ["Moved from", program.moved_from.map((start) => at(start)).join("; ")],
    ]),
    webinar.registration === "none" && h("p", { class: "note" },
      "To have people registered through Marketo, turn registration on in Zoom, and then press Refresh."),
    program.missing_statuses.length > 0 && h("p", { class: "note" },
      `The program's channel lacks: ${program.missing_statuses.join(", ")}. What would set these does nothing; add them in Marketo under Admin, Tags, Channel.`),
    h("div", { class: "actions" },
      button("Refresh", refresh, { id: "refresh", class: "plain" }),
      h("a", { class: "button plain", href: `#/connect/${program.program_id}` }, "Connect to another webinar"),
      button("Disconnect", disconnect, { id: "disconnect", class: "plain danger" })));
}

function showTokens(section, { tokens, due }) {
  const rows = tokens.map(({ name, value }) => [h("code", null, `{{my.${name}}}`), h("span", { class: "value" }, value)]);
  keepTitle(section,
    h("p", { class: "quiet" }, due
      ? "My Tokens of the program. The latest values are not all in Marketo yet; they are written by themselves, or with Refresh."
      : "My Tokens of the program, in the webinar's time zone. They follow the webinar."),
    table("My Tokens", ["Token", "Value"], rows));
}

// Registrations, attendance and failures change by themselves.
async function keepCurrent(figures, failed, program, signal) {
  const id = program.program_id;
  const again = await live(signal, {
    read: async () => {
      const [counts, state, { failures }] = await Promise.all([
        read(`/registration/programs/${id}`, signal), read(`/attendance/programs/${id}`, signal), read("/registration/failures", signal)]);
      return { counts, state, failures: failures.filter((failure) => failure.program_id === id) };
    },
    show: ({ counts, state, failures: list }) => {
      keepTitle(figures, people(counts, state), attendance(program, state, () => again()));
      keepTitle(failed, failures(id, list, () => again()));
    },
    isBusy: ({ counts, state, failures: list }) => counts.waiting > 0 || isUnderWay(state.phase) || isDue(state.next_at)
      || list.some((failure) => isDue(failure.next_try)),
  });
}

const isDue = (instant) => instant !== null && instant !== undefined && new Date(instant) - Date.now() < SOON;
