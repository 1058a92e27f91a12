// Asks for confirmation before an action that cannot be undone.

import { h } from "./dom.js";

// Resolves with true when the action is confirmed. The focus starts at Cancel; the browser restores it afterwards.
export function confirm(title, text, action) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
      h("h2", { id: "dialog-title" }, title),
      h("p", { id: "dialog-text" }, text),
      h("form", { method: "dialog", class: "actions" },
        h("button", { value: "cancel", autofocus: true, class: "plain" }, "Cancel"),
        h("button", { value: "confirm", class: "danger" }, action)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "confirm");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
