// The router. The fragment of the address selects the view. Leaving a view aborts its requests.

import { find, h, replace } from "./dom.js";
import { announce, clearMessages } from "./messages.js";

const router = { leave: new AbortController(), views: [], message: "" };

// Creates the heading of a view and sets the page's title.
export function heading(text) {
  const title = h("h1", { tabindex: "-1" }, text);
  setTitle(title, text);
  return title;
}

// Sets the text of a heading and of the page's title.
export function setTitle(title, text) {
  title.textContent = text;
  document.title = `${text} - Zoom for Marketo`;
}

// Opens a view and announces a message there.
export function navigate(hash, message = "") {
  router.message = message;
  if (location.hash === hash) route();
  else location.hash = hash;
}

async function route() {
  router.leave.abort();
  router.leave = new AbortController();
  const { signal } = router.leave;
  const hash = location.hash.length > 2 ? location.hash : "#/zoom";
  const [, pattern, view] = router.views.map((entry) => [hash.match(entry[0]), ...entry]).find(([fits]) => fits) ?? [];
  for (const link of find("views").querySelectorAll("a")) {
    const isCurrent = hash === link.hash || hash.startsWith(`${link.hash}/`) || (link.hash === "#/programs" && hash.startsWith("#/connect"));
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  clearMessages();
  if (router.message) announce(router.message);
  router.message = "";
  const root = h("div", { class: "view" });
  find("view").replaceChildren(root);
  if (!view) {
    root.append(heading("Not found"), h("p", null, "This page does not exist. Check the address, or open another view."), h("p", null, h("a", { href: "#/zoom" }, "Zoom accounts")));
    return;
  }
  try {
    await view(root, signal, ...hash.match(pattern).slice(1));
  } catch (error) {
    if (!signal.aborted) root.append(failure(error));
  }
}

function failure(error) {
  return h("div", { class: "card", role: "alert" },
    h("p", { class: "problem" }, error.message),
    h("button", { type: "button", onclick: () => { route(); focusView(); } }, "Try again"));
}

function focusView() {
  find("view").querySelector("h1")?.focus();
}

// Loads a part of a view. Shows "Loading…" meanwhile, and the error after a failure.
export async function loadPart(root, work) {
  const placeholder = h(root.tagName === "UL" ? "li" : "p", { class: "quiet" }, "Loading…");
  root.append(placeholder);
  try {
    await work();
  } catch (error) {
    if (error.name !== "AbortError") replace(root, h("p", { class: "problem" }, error.message));
  } finally {
    placeholder.remove();
  }
}

// Starts with a list of pairs: a pattern of the fragment, whose groups are the arguments of the view, and the view.
export function startRouter(views) {
  router.views = views;
  addEventListener("hashchange", () => { route(); focusView(); });
  route();
}

// Empties the view. Returns a function that opens it again.
export function closeView() {
  router.leave.abort();
  find("view").replaceChildren();
  return () => { route(); focusView(); };
}
