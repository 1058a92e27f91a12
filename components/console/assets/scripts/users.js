// The enabled users of a service, whose webinars can be connected besides the admin's.

import { call } from "./api.js";
import { find, h } from "./dom.js";
import { announce, field, setFieldError, whileBusy } from "./messages.js";

// Maximum number of enabled users, enforced by the API.
const MAX_USERS = 20;

// Codes of problems with the addresses.
const ADDRESS_CODES = ["USER_NOT_FOUND", "TOO_MANY_USERS", "INVALID_REQUEST"];

export function enabledUsers(service) {
  let { users } = service;
  const id = `user-${service.id}`;
  const list = h("ul", { class: "chips" });
  const number = h("p", { class: "quiet" });
  const { row, input } = field(id, "Zoom user's e-mail address", { autocapitalize: "none", spellcheck: "false", inputmode: "email" },
    "Separate several addresses with commas.");

  const put = async (wanted, message) => {
    setFieldError(input, "");
    const answer = await call("PUT", `/oauth/services/${encodeURIComponent(service.id)}/users`, { users: wanted });
    users = answer.users;
    show();
    announce(message);
  };
  const showAtField = (error) => {
    if (!ADDRESS_CODES.includes(error.code)) return false;
    setFieldError(input, error.message);
    return true;
  };
  const add = (event) => {
    event.preventDefault();
    const more = input.value.split(/[\s,;]+/).filter(Boolean);
    if (!more.length) return setFieldError(input, "Enter an e-mail address.");
    return whileBusy(event.submitter ?? event.currentTarget.querySelector("button"), async () => {
      await put([...users, ...more], more.length === 1 ? `${more[0]} is enabled.` : `${more.length} users are enabled.`);
      input.value = "";
      input.focus();
    }, showAtField);
  };
  const show = () => {
    number.textContent = `${users.length} of ${MAX_USERS}. Their webinars can be connected too.`;
    list.replaceChildren(...users.map((user, index) => h("li", null, user, h("button", {
      type: "button",
      class: "small plain",
      "aria-label": `Remove ${user}`,
      onclick: (event) => whileBusy(event.currentTarget, async () => {
        await put(users.filter((other) => other !== user), `${user} is no longer enabled.`);
        (list.children[Math.min(index, users.length - 1)]?.querySelector("button") ?? find(id)).focus();
      }, showAtField),
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
