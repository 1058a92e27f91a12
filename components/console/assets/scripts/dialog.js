// Asking before what cannot be undone.

import { h } from "./dom.js";

// Resolves with whether the deed is wanted. The focus begins at Cancel; the browser brings it back to where it was.
export function confirm(title, text, deed) {
  return new Promise((resolve) => {
    const dialog = h("dialog", { "aria-labelledby": "dialog-title", "aria-describedby": "dialog-text" },
      h("h2", { id: "dialog-title" }, title),
      h("p", { id: "dialog-text" }, text),
      h("form", { method: "dialog", class: "actions" },
        h("button", { value: "cancel", autofocus: true, class: "plain" }, "Cancel"),
        h("button", { value: "deed", class: "danger" }, deed)));
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "deed");
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}
