// Connecting a program to a webinar.

import { ask, read } from "./api.js";
import { find, h, replace } from "./dom.js";
import { memberFields } from "./member-fields.js";
import { clear, during, fail, field, fieldError } from "./messages.js";
import { programId } from "./program-id.js";
import { nameOf } from "./programs.js";
import { go, heading, part } from "./views.js";
import { startOf } from "./when.js";
import { obstacleTo, registrationOf } from "./words.js";

// From so many webinars on there is a search box.
const SEARCHED = 8;

// Answers that are about the program.
const ABOUT_PROGRAM = ["NOT_FOUND", "PROGRAM_NOT_WEBINAR_CHANNEL", "INVALID_REQUEST"];

export async function connect(root, signal, given = "") {
  const program = field("program", "Marketo program", { value: given, required: true, spellcheck: "false" },
    "The program's id, or its address: open the program in Marketo and copy the address from the browser. Its channel is for webinars.");
  const accounts = h("select", { id: "service" });
  const webinars = h("fieldset", { id: "webinars" }, h("legend", null, "Webinar"));
  const fields = memberFields();
  const submit = (event) => {
    event.preventDefault();
    const { id, problem } = programId(program.input.value);
    fieldError(fields.first, "");
    fieldError(program.input, problem ?? "");
    if (problem) return;
    const chosen = form.querySelector("input[name=webinar]:checked");
    if (!chosen) {
      fail(new Error("Choose a webinar."));
      form.querySelector("input[name=webinar]:enabled")?.focus();
      return;
    }
    during(form.querySelector("button[type=submit]"), async () => {
      const made = await ask("PUT", `/catalog/programs/${id}`, {
        service: accounts.value, webinar: chosen.value, member_fields: fields.value(),
      });
      const instead = made.replaced ? " Who was registered for the earlier webinar stays registered there." : "";
      go(`#/programs/${id}`, `${nameOf(made)} is connected.${instead}`);
    }, (error) => {
      const about = ABOUT_PROGRAM.includes(error.code) ? program.input : error.code === "INVALID_FIELD" ? fields.first : null;
      if (about) fieldError(about, error.message);
      return about !== null;
    });
  };
  const form = h("form", { class: "card", onsubmit: submit, onchange: clear, novalidate: true },
    program.row,
    h("div", { class: "field" }, h("label", { for: "service" }, "Zoom account"), accounts),
    webinars,
    fields.set,
    h("div", { class: "actions" }, h("button", { type: "submit" }, "Connect"), h("a", { href: "#/programs" }, "Cancel")));
  root.append(heading("Connect a program"), form);

  await part(webinars, async () => {
    const [{ services }, { programs }] = await Promise.all([read("/oauth/services", signal), read("/catalog/programs", signal)]);
    const usable = services.filter((service) => !obstacleTo(service));
    accounts.replaceChildren(...services.map((service) => {
      const obstacle = obstacleTo(service);
      return h("option", { value: service.id, disabled: obstacle !== null }, obstacle ? `${service.name} (${obstacle})` : service.name);
    }));
    const before = programs.find((other) => other.program_id === given);
    accounts.value = (usable.find((service) => service.id === before?.service) ?? usable[0])?.id ?? "";
    if (before) fields.show(before.member_fields);
    if (!usable.length) {
      replace(webinars, h("legend", null, "Webinar"), h("p", null, "There is no Zoom account that can be used. ", h("a", { href: "#/zoom" }, "Sign in to Zoom"), " first."));
      return;
    }
    let turn = 0;
    const list = async () => {
      const mine = ++turn;
      replace(webinars, h("legend", null, "Webinar"), h("p", { class: "quiet", role: "status" }, "Reading the webinars from Zoom…"));
      try {
        const found = await read(`/catalog/webinars?service=${encodeURIComponent(accounts.value)}`, signal);
        if (mine === turn) replace(webinars, h("legend", null, "Webinar"), choices(found, programs));
      } catch (error) {
        if (mine === turn && !signal.aborted) replace(webinars, h("legend", null, "Webinar"), h("p", { class: "problem" }, error.message));
      }
    };
    accounts.addEventListener("change", list);
    await list();
  });
}

function choices({ webinars, left_out: leftOut = [], problems }, programs) {
  const rows = [...webinars.map((webinar) => choice(webinar, programs)), ...leftOut.map(refused)];
  const box = h("div", { class: "choices" }, rows);
  return [
    rows.length > SEARCHED && search(box),
    !webinars.length && h("p", null, "There is no upcoming webinar in this account. Schedule one in Zoom, with registration required."),
    box,
    problems.map(({ user, detail }) => h("p", { class: "note" }, `The webinars of ${user} are not in this list. ${detail}`)),
    h("p", { class: "hint" }, "A webinar is missing? Its host has to be the admin who signed in or an enabled user (", h("a", { href: "#/zoom" }, "Zoom accounts"), "). Meetings are never listed."),
  ];
}

function choice(webinar, programs) {
  const others = programs.filter((program) => program.webinar.id === webinar.id).map(nameOf);
  return row(webinar, false,
    h("span", null, startOf(webinar)),
    h("span", null, `Host: ${webinar.host_email ?? "unknown"}`),
    h("span", null, registrationOf(webinar)),
    others.length > 0 && h("span", null, `Connected to ${others.join(", ")}`));
}

function refused(webinar) {
  return row(webinar, true,
    webinar.host_email && h("span", null, `Host: ${webinar.host_email}`),
    h("span", { class: "why" }, `Cannot be chosen: ${webinar.detail}`));
}

function row(webinar, disabled, ...about) {
  const id = `webinar-${webinar.id}`;
  return h("div", { class: "choice" },
    h("input", { type: "radio", name: "webinar", id, value: webinar.id, disabled, "aria-describedby": `${id}-about` }),
    h("label", { for: id }, webinar.topic || `Webinar ${webinar.id}`),
    h("p", { id: `${id}-about`, class: "about" }, about));
}

function search(box) {
  const { row, input } = field("search", "Search webinars", { type: "search" });
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const choice of box.children) choice.hidden = !choice.textContent.toLowerCase().includes(wanted);
    find("search-error").textContent = "";
  });
  return row;
}
