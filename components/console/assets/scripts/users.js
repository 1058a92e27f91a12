// The enabled users of a service: whose webinars may be used besides the admin's.

import { ask } from "./api.js";
import { find, h } from "./dom.js";
import { during, field, fieldError, say } from "./messages.js";

const MOST = 20;

// Answers that are about the addresses.
const ABOUT_USERS = ["USER_NOT_FOUND", "TOO_MANY_USERS", "INVALID_REQUEST"];

export function enabledUsers(service) {
  let { users } = service;
  const id = `user-${service.id}`;
  const list = h("ul", { class: "chips" });
  const number = h("p", { class: "quiet" });
  const { row, input } = field(id, "Zoom user's e-mail address", { autocapitalize: "none", spellcheck: "false", inputmode: "email" },
    "Several at once: with commas between.");

  const put = async (wanted, done) => {
    fieldError(input, "");
    const answer = await ask("PUT", `/oauth/services/${encodeURIComponent(service.id)}/users`, { users: wanted });
    users = answer.users;
    show();
    say(done);
  };
  const atField = (error) => {
    if (!ABOUT_USERS.includes(error.code)) return false;
    fieldError(input, error.message);
    return true;
  };
  const add = (event) => {
    event.preventDefault();
    const more = input.value.split(/[\s,;]+/).filter(Boolean);
    if (!more.length) return fieldError(input, "Enter an e-mail address.");
    return during(event.submitter ?? event.currentTarget.querySelector("button"), async () => {
      await put([...users, ...more], more.length === 1 ? `${more[0]} is enabled.` : `${more.length} users are enabled.`);
      input.value = "";
      input.focus();
    }, atField);
  };
  const show = () => {
    number.textContent = `${users.length} of ${MOST}. Their webinars can be connected too.`;
    list.replaceChildren(...users.map((user, place) => h("li", null, user, h("button", {
      type: "button",
      class: "small plain",
      "aria-label": `Remove ${user}`,
      onclick: (event) => during(event.currentTarget, async () => {
        await put(users.filter((other) => other !== user), `${user} is no longer enabled.`);
        (list.children[Math.min(place, users.length - 1)]?.querySelector("button") ?? find(id)).focus();
      }, atField),
    }, "Remove"))));
    list.hidden = !users.length;
  };
  show();
  return h("fieldset", null,
    h("legend", null, "Enabled users"),
    number,
    list,
    h("form", { class: "inline", "aria-label": `Enable a user of ${service.name}`, onsubmit: add }, row, h("button", { type: "submit", class: "plain" }, "Add")));
}
