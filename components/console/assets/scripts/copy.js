// A text to paste elsewhere, with a button that copies it.

import { h } from "./dom.js";
import { button, say } from "./messages.js";

export function copyable(id, label, text) {
  const lines = text.split("\n").length;
  const area = h(lines > 1 ? "textarea" : "input", { id, readonly: true, spellcheck: "false", ...(lines > 1 ? { rows: lines } : { type: "text" }) });
  area.value = text;
  const copy = async () => {
    if (await put(text)) say(`${label} is copied.`);
    else {
      // Browsers let only secure pages copy by themselves.
      area.focus();
      area.select();
      say(`${label} is selected; copy it with the keyboard.`);
    }
  };
  return h("div", { class: "copy" }, h("label", { for: id }, label), h("div", { class: "row" }, area, button("Copy", copy, { class: "plain", "aria-label": `Copy ${label}` })));
}

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
