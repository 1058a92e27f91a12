// Which view is open: the address's fragment tells. There is one view at a time; leaving it stops what it does.

import { find, h, replace } from "./dom.js";
import { clear, say } from "./messages.js";

const open = { leave: new AbortController(), views: [], message: "" };

// The heading of a view, which is the page's title too.
export function heading(text) {
  const title = h("h1", { tabindex: "-1" }, text);
  entitle(title, text);
  return title;
}

// Another text for a heading.
export function entitle(title, text) {
  title.textContent = text;
  document.title = `${text} - Zoom for Marketo`;
}

// Goes to a view, with something to say there.
export function go(hash, message = "") {
  open.message = message;
  if (location.hash === hash) route();
  else location.hash = hash;
}

async function route() {
  open.leave.abort();
  open.leave = new AbortController();
  const { signal } = open.leave;
  const hash = location.hash.length > 2 ? location.hash : "#/zoom";
  const [, pattern, view] = open.views.map((entry) => [hash.match(entry[0]), ...entry]).find(([fits]) => fits) ?? [];
  for (const link of find("views").querySelectorAll("a")) {
    const isCurrent = hash === link.hash || hash.startsWith(`${link.hash}/`) || (link.hash === "#/programs" && hash.startsWith("#/connect"));
    if (isCurrent) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  clear();
  if (open.message) say(open.message);
  open.message = "";
  const root = h("div", { class: "view" });
  find("view").replaceChildren(root);
  if (!view) {
    root.append(heading("Not found"), h("p", null, "There is no such page."), h("p", null, h("a", { href: "#/zoom" }, "Zoom accounts")));
    return;
  }
  try {
    await view(root, signal, ...hash.match(pattern).slice(1));
  } catch (error) {
    if (!signal.aborted) root.append(broken(error));
  }
}

function broken(error) {
  return h("div", { class: "card", role: "alert" },
    h("p", { class: "problem" }, error.message),
    h("button", { type: "button", onclick: () => { route(); focusView(); } }, "Try again"));
}

function focusView() {
  find("view").querySelector("h1")?.focus();
}

// A part of a view that comes when it is there: until then it says so, and afterwards what went wrong, if anything did.
export async function part(root, work) {
  const waiting = h(root.tagName === "UL" ? "li" : "p", { class: "quiet" }, "Loading…");
  root.append(waiting);
  try {
    await work();
  } catch (error) {
    if (error.name !== "AbortError") replace(root, h("p", { class: "problem" }, error.message));
  } finally {
    waiting.remove();
  }
}

// Begins with the views there are: pairs of a pattern of the fragment, whose groups the view gets, and the view.
export function beginViews(views) {
  open.views = views;
  addEventListener("hashchange", () => { route(); focusView(); });
  route();
}

// Empties the view; returns what opens it again.
export function forget() {
  open.leave.abort();
  find("view").replaceChildren();
  return () => { route(); focusView(); };
}
