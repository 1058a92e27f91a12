// The view that connects a program to a webinar.

import { call, get } from "./api.js";
import { find, h, replace } from "./dom.js";
import { registrationText, unusableReason } from "./labels.js";
import { memberFields } from "./member-fields.js";
import { clearMessages, field, setFieldError, showError, whileBusy } from "./messages.js";
import { programId } from "./program-id.js";
import { programName } from "./programs.js";
import { registeredChoice } from "./statuses.js";
import { webinarStart } from "./time.js";
import { heading, loadPart, navigate } from "./views.js";

// Maximum number of webinars without a search field.
const MAX_WITHOUT_SEARCH = 8;

// Codes of problems with the program.
const PROGRAM_CODES = ["NOT_FOUND", "PROGRAM_NOT_WEBINAR_CHANNEL", "INVALID_REQUEST"];

export async function connect(root, signal, given = "") {
  const program = field("program", "Marketo program", { value: given, required: true, spellcheck: "false" },
    "The program's id, or its address: open the program in Marketo and copy the address from the browser. The program's channel must be for webinars.");
  const accounts = h("select", { id: "service" });
  const webinars = h("fieldset", { id: "webinars" }, h("legend", null, "Webinar"));
  const fields = memberFields();
  const registered = registeredChoice();
  program.input.addEventListener("input", () => registered.hide());
  const submit = (event) => {
    event.preventDefault();
    const { id, problem } = programId(program.input.value);
    setFieldError(fields.first, "");
    setFieldError(program.input, problem ?? "");
    if (problem) return;
    const chosen = form.querySelector("input[name=webinar]:checked");
    if (!chosen) {
      showError(new Error("Choose a webinar."));
      form.querySelector("input[name=webinar]:enabled")?.focus();
      return;
    }
    whileBusy(form.querySelector("button[type=submit]"), async () => {
      const made = await call("PUT", `/catalog/programs/${id}`, {
        service: accounts.value, webinar: chosen.value, member_fields: fields.value(), statuses: registered.value(),
      });
      const note = made.replaced ? " People registered for the earlier webinar stay registered there." : "";
      navigate(`#/programs/${id}`, `${programName(made)} is connected.${note}`);
    }, (error) => {
      if (error.statuses) {
        registered.show(error.statuses);
        return false;
      }
      const input = PROGRAM_CODES.includes(error.code) ? program.input : error.code === "INVALID_FIELD" ? fields.first : null;
      if (input) setFieldError(input, error.message);
      return input !== null;
    });
  };
  const form = h("form", { class: "card", onsubmit: submit, onchange: clearMessages, novalidate: true },
    program.row,
    registered.row,
    h("div", { class: "field" }, h("label", { for: "service" }, "Zoom account"), accounts),
    webinars,
    fields.set,
    h("div", { class: "actions" }, h("button", { type: "submit" }, "Connect"), h("a", { href: "#/programs" }, "Cancel")));
  root.append(heading("Connect a program"), form);

  await loadPart(webinars, async () => {
    const [{ services }, { programs }] = await Promise.all([get("/oauth/services", signal), get("/catalog/programs", signal)]);
    const usable = services.filter((service) => !unusableReason(service));
    accounts.replaceChildren(...services.map((service) => {
      const reason = unusableReason(service);
      return h("option", { value: service.id, disabled: reason !== null }, reason ? `${service.name} (${reason})` : service.name);
    }));
    const isGiven = (other) => other.program_id === given;
    const existing = programs.find(isGiven) ?? (given ? (await get("/catalog/programs?archived=true", signal)).programs.find(isGiven) : undefined);
    accounts.value = (usable.find((service) => service.id === existing?.service) ?? usable[0])?.id ?? "";
    if (existing) fields.show(existing.member_fields);
    if (!usable.length) {
      replace(webinars, h("legend", null, "Webinar"), h("p", null, "No Zoom account can be used. ", h("a", { href: "#/zoom" }, "Sign in to Zoom"), " first."));
      return;
    }
    let latest = 0;
    const list = async () => {
      const current = ++latest;
      replace(webinars, h("legend", null, "Webinar"), h("p", { class: "quiet", role: "status" }, "Reading the webinars from Zoom…"));
      try {
        const found = await get(`/catalog/webinars?service=${encodeURIComponent(accounts.value)}`, signal);
        if (current === latest) replace(webinars, h("legend", null, "Webinar"), choices(found, programs));
      } catch (error) {
        if (current === latest && !signal.aborted) replace(webinars, h("legend", null, "Webinar"), h("p", { class: "problem" }, error.message));
      }
    };
    accounts.addEventListener("change", list);
    await list();
  });
}

function choices({ webinars, left_out: leftOut = [], problems }, programs) {
  const rows = [...webinars.map((webinar) => choice(webinar, programs)), ...leftOut.map(ineligible)];
  const box = h("div", { class: "choices" }, rows);
  return [
    rows.length > MAX_WITHOUT_SEARCH && search(box),
    !webinars.length && h("p", null, "This account has no upcoming webinar. Schedule one in Zoom, with registration required."),
    box,
    problems.map(({ user, detail }) => h("p", { class: "note" }, `The webinars of ${user} are missing from this list. ${detail}`)),
    h("p", { class: "hint" }, "Is a webinar missing? Its host must be the admin who signed in or an enabled user (", h("a", { href: "#/zoom" }, "Zoom accounts"), "). Meetings are never listed."),
  ];
}

function choice(webinar, programs) {
  const others = programs.filter((program) => program.webinar.id === webinar.id).map(programName);
  return row(webinar, false,
    h("span", null, webinarStart(webinar)),
    h("span", null, `Host: ${webinar.host_email ?? "unknown"}`),
    h("span", null, registrationText(webinar)),
    (webinar.notes ?? []).map(({ detail }) => h("span", { class: "why" }, detail)),
    others.length > 0 && h("span", null, `Connected to ${others.join(", ")}`));
}

function ineligible(webinar) {
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
