// Zoom accounts: LaunchPoint services, with their state and what to do about it.

import { ask, read } from "./api.js";
import { confirm } from "./dialog.js";
import { facts, h, replace } from "./dom.js";
import { live } from "./live.js";
import { button, field, say } from "./messages.js";
import { enabledUsers } from "./users.js";
import { heading, part } from "./views.js";
import { at } from "./when.js";
import { STATES, troubleOf } from "./words.js";

export async function zoomAccounts(root, signal) {
  const list = h("div", { id: "services", class: "stack" });
  root.append(
    heading("Zoom accounts"),
    h("p", { class: "lead" }, "Each sign-in to a Zoom account is a LaunchPoint service. Programs use the webinars of its admin and of the users enabled here."),
    list,
    adding());
  const seen = { services: [], shown: "" };
  const show = (services) => {
    const text = JSON.stringify(services);
    seen.services = services;
    // Nothing is taken from under somebody's hands; the next look shows it.
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
  await part(list, async () => {
    again = await live(signal, {
      always: true,
      read: async () => (await read("/oauth/services", signal)).services,
      show,
      // What is being removed goes by itself.
      isBusy: (services) => services.some((service) => service.state === "deauthorized"),
    });
  });
}

const signInTo = (name) => `/oauth/sign-in?service=${encodeURIComponent(name)}`;

function article(service, all, reload) {
  const title = h("h2", { id: `service-${service.id}` }, service.name);
  const isActive = service.state === "active";
  const trouble = troubleOf(service, all);
  // What helps a service that Zoom no longer accepts, and one whose admin has lost a right.
  const isCure = trouble && service.state !== "superseded";
  const tone = isActive ? (trouble ? "warn" : "good") : "bad";
  return h("article", { class: "card", "aria-labelledby": title.id },
    h("div", { class: "title" }, title, h("span", { class: `state ${tone}` }, STATES[service.state] ?? service.state)),
    trouble && h("p", { class: "problem" }, trouble),
    facts([
      ["Signed in by", service.admin_email],
      ["Zoom account", service.account_id],
      ["Connected", at(service.created_at)],
    ]),
    isActive && enabledUsers(service),
    h("div", { class: "actions" },
      h("a", { class: `button${isCure ? "" : " plain"}`, href: signInTo(service.name) }, "Sign in to Zoom again"),
      button(`Remove ${service.name}`, () => remove(service, reload), { class: "plain danger" })));
}

async function remove(service, reload) {
  const text = "The sign-in is given back to Zoom and deleted here. Programs connected through this service stop: nobody is "
    + "registered, and no attendance is read. What is in Zoom and Marketo stays.";
  if (!await confirm(`Remove ${service.name}?`, text, "Remove")) return;
  await ask("DELETE", `/oauth/services/${encodeURIComponent(service.id)}`);
  const left = await reload();
  const isLeft = left.some((other) => other.id === service.id);
  say(isLeft ? `${service.name} is being removed; Zoom does not answer yet, and is asked again.` : `${service.name} is removed.`);
}

function adding() {
  const { row, input } = field("name", "Name of the service", { maxlength: 100, required: true },
    "Free to choose; people see it when they connect programs. The name of a service above renews that one. Another name for the same Zoom account takes its place.");
  const submit = (event) => {
    event.preventDefault();
    const name = input.value.trim();
    if (name) location.assign(signInTo(name));
  };
  const title = h("h2", { id: "adding" }, "Add a Zoom account");
  return h("form", { class: "card", "aria-labelledby": title.id, onsubmit: submit },
    title, row, h("div", { class: "actions" }, h("button", { type: "submit" }, "Sign in to Zoom")),
    h("p", { class: "hint" }, "You go to Zoom and come back. Sign in there as an admin who may edit users and view usage reports, and who keeps that role."));
}
