// A read-only text with a copy button.

import { h } from "./dom.js";
import { announce, button } from "./messages.js";

export function copyable(id, label, text) {
  const lines = text.split("\n").length;
  const area = h(lines > 1 ? "textarea" : "input", { id, readonly: true, spellcheck: "false", ...(lines > 1 ? { rows: lines } : { type: "text" }) });
  area.value = text;
  const copy = async () => {
    if (await writeToClipboard(text)) announce(`${label} is copied.`);
    else {
      // Browsers allow scripts to copy only on secure pages.
      area.focus();
      area.select();
      announce(`${label} is selected. Copy it with the keyboard.`);
    }
  };
  return h("div", { class: "copy" }, h("label", { for: id }, label), h("div", { class: "row" }, area, button("Copy", copy, { class: "plain", "aria-label": `Copy ${label}` })));
}

async function writeToClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
