// Telling what was done and what failed. Both regions are in the page from the start, so that screen readers speak them.

import { find, h } from "./dom.js";

const shown = { timer: 0 };

// How long what was done stays in sight, in milliseconds. What failed stays until the next deed.
const SHOWN = 12_000;

export function say(text) {
  clear();
  find("message").textContent = text;
  clearTimeout(shown.timer);
  shown.timer = setTimeout(() => { find("message").textContent = ""; }, SHOWN);
}

export function fail(error) {
  find("message").textContent = "";
  find("error").textContent = error.message;
}

export function clear() {
  find("message").textContent = "";
  find("error").textContent = "";
}

// A labelled field with room for a hint and for what is wrong with its value.
export function field(id, label, attributes, hint) {
  const described = hint ? `${id}-hint ${id}-error` : `${id}-error`;
  const input = h("input", { id, "aria-describedby": described, autocomplete: "off", ...attributes });
  const row = h("div", { class: "field" },
    h("label", { for: id }, label),
    input,
    hint && h("p", { id: `${id}-hint`, class: "hint" }, hint),
    h("p", { id: `${id}-error`, class: "field-error", hidden: true }));
  return { row, input };
}

// Says what is wrong with a field, and brings the focus there; an empty text takes that back.
export function fieldError(input, text) {
  const error = find(`${input.id}-error`);
  error.textContent = text;
  error.hidden = !text;
  if (text) {
    input.setAttribute("aria-invalid", "true");
    input.focus();
  } else {
    input.removeAttribute("aria-invalid");
  }
}

// Runs what a button does. Meanwhile it is marked as busy and a second press does nothing; it keeps the focus. What goes
// wrong is told, unless `caught` takes the error.
export async function during(button, action, caught) {
  if (button.getAttribute("aria-busy")) return;
  clear();
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (error) {
    if (error.name !== "AbortError" && !caught?.(error)) fail(error);
  } finally {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}

// A button that does something.
export function button(label, action, attributes, caught) {
  const onclick = (event) => during(event.currentTarget, action, caught);
  return h("button", { type: "button", onclick, ...attributes }, label);
}
