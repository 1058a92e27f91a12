// The view of Zoom accounts: services with their state, and sign-in.

import { call, get } from "./api.js";
import { confirm } from "./dialog.js";
import { facts, h, replace } from "./dom.js";
import { serviceProblem, stateLabel } from "./labels.js";
import { announce, button, field } from "./messages.js";
import { poll } from "./poll.js";
import { formatTime } from "./time.js";
import { enabledUsers } from "./users.js";
import { heading, loadPart } from "./views.js";

export async function zoomAccounts(root, signal) {
  const list = h("div", { id: "services", class: "stack" });
  root.append(
    heading("Zoom accounts"),
    h("p", { class: "lead" }, "Each sign-in to a Zoom account is a LaunchPoint service. Programs can use the webinars of its admin and of the users enabled here."),
    list,
    addForm());
  const seen = { services: [], shown: "" };
  const show = (services) => {
    const text = JSON.stringify(services);
    seen.services = services;
    // Does not replace elements while one has the focus; the next poll shows the change.
    if (text === seen.shown || list.contains(document.activeElement)) return;
    seen.shown = text;
    const articles = services.map((service) => article(service, services, reload));
    replace(list, articles.length ? articles : h("p", { class: "card quiet" }, "No Zoom account is connected yet."));
  };
  let again;
  const reload = async () => {
    root.querySelector("h1").focus();
    await again();
    return seen.services;
  };
  await loadPart(list, async () => {
    again = await poll(signal, {
      always: true,
      read: async () => (await get("/oauth/services", signal)).services,
      show,
      // The removal of a deauthorized service is under way.
      isBusy: (services) => services.some((service) => service.state === "deauthorized"),
    });
  });
}

const signInTo = (name) => `/oauth/sign-in?service=${encodeURIComponent(name)}`;

function article(service, all, reload) {
  const title = h("h2", { id: `service-${service.id}` }, service.name);
  const isActive = service.state === "active";
  const problem = serviceProblem(service, all);
  // A new sign-in solves every problem but a superseded service's.
  const signInHelps = problem && service.state !== "superseded";
  const tone = isActive ? (problem ? "warn" : "good") : "bad";
  return h("article", { class: "card", "aria-labelledby": title.id },
    h("div", { class: "title" }, title, h("span", { class: `state ${tone}` }, stateLabel(service.state))),
    problem && h("p", { class: "problem" }, problem),
    facts([
      ["Signed in by", service.admin_email],
      ["Zoom account", service.account_id],
      ["Connected", formatTime(service.created_at)],
    ]),
    isActive && enabledUsers(service),
    h("div", { class: "actions" },
      h("a", { class: `button${signInHelps ? "" : " plain"}`, href: signInTo(service.name) }, "Sign in to Zoom again"),
      button(`Remove ${service.name}`, () => remove(service, reload), { class: "plain danger" })));
}

async function remove(service, reload) {
  const text = "This revokes the sign-in at Zoom and deletes it here. Programs connected through this service stop: no one is "
    + "registered, and no attendance is read. Data in Zoom and Marketo stays.";
  if (!await confirm(`Remove ${service.name}?`, text, "Remove")) return;
  await call("DELETE", `/oauth/services/${encodeURIComponent(service.id)}`);
  const left = await reload();
  const isLeft = left.some((other) => other.id === service.id);
  announce(isLeft ? `${service.name} is being removed. Zoom has not confirmed the removal yet.` : `${service.name} is removed.`);
}

function addForm() {
  const { row, input } = field("name", "Name of the service", { maxlength: 100, required: true },
    "Choose any name; people see it when they connect programs. The name of an existing service renews that service. A new name for the same Zoom account supersedes the earlier service.");
  const submit = (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name) location.assign(signInTo(name));
  };
  const title = h("h2", { id: "adding" }, "Add a Zoom account");
  return h("form", { class: "card", "aria-labelledby": title.id, onsubmit: submit },
    title, row, h("div", { class: "actions" }, h("button", { type: "submit" }, "Sign in to Zoom")),
    h("p", { class: "hint" }, "Zoom opens and then returns you here. Sign in as an admin who may edit users and view usage reports, and who keeps that role."));
}
