// Making elements. Whatever comes from outside becomes a text node or an attribute's value; there is no other way in.

const SVG = "http://www.w3.org/2000/svg";

// An element with attributes and children. An attribute that is null, undefined or false is left out; a function under
// `onclick` and the like listens. Children may be nodes, texts, lists of them, or nothing.
export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// The same for SVG.
export function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const find = (id) => document.getElementById(id);

// Puts other children into an element. When the focus was inside, it goes to the element that now has the same id, or to
// the heading when there is none any more.
export function replace(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.id : null;
  element.replaceChildren(...children.flat(9).filter(Boolean));
  if (focused !== null) (find(focused) ?? element.querySelector("h2"))?.focus();
}

// A section that assistive technology finds by its title.
export function section(id, title, ...children) {
  const heading = h("h2", { id: `${id}-title`, tabindex: "-1" }, title);
  return h("section", { id, class: "card", "aria-labelledby": heading.id }, heading, ...children);
}

// Names and values in a row.
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, shown.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

// A table with a title for assistive technology.
export function table(title, columns, rows) {
  const head = h("tr", null, columns.map((column) => column ? h("th", { scope: "col" }, column) : h("td")));
  const body = rows.map((row) => h("tr", null, row.map((cell, at) => h("td", { "data-label": columns[at] }, cell))));
  return h("table", null, h("caption", { class: "unseen" }, title), h("thead", null, head), h("tbody", null, body));
}
