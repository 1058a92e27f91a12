// Messages about results and failures. Both live regions exist from the start, so that screen readers announce changes.

import { find, h } from "./dom.js";

const shown = { timer: 0 };

// How long a message about a result shows, in milliseconds. A failure shows until the next action.
const SHOWN_FOR = 12_000;

export function announce(text) {
  clearMessages();
  find("message").textContent = text;
  clearTimeout(shown.timer);
  shown.timer = setTimeout(() => { find("message").textContent = ""; }, SHOWN_FOR);
}

export function showError(error) {
  find("message").textContent = "";
  find("error").textContent = error.message;
}

export function clearMessages() {
  find("message").textContent = "";
  find("error").textContent = "";
}

// Creates a labelled field with a hint and an error text.
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

// Shows an error at a field and focuses the field. An empty text removes the error.
export function setFieldError(input, text) {
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

// Runs the action of a button. Meanwhile the button is marked busy, ignores presses, and keeps the focus. A failure is
// shown as a message, unless `handleError` returns true.
export async function whileBusy(button, action, handleError) {
  if (button.getAttribute("aria-busy")) return;
  clearMessages();
  button.setAttribute("aria-busy", "true");
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (error) {
    if (error.name !== "AbortError" && !handleError?.(error)) showError(error);
  } finally {
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
  }
}

// Creates a button with an action.
export function button(label, action, attributes, handleError) {
  const onclick = (event) => whileBusy(event.currentTarget, action, handleError);
  return h("button", { type: "button", onclick, ...attributes }, label);
}
