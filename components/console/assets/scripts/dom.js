// Creates elements. Data becomes text nodes and attribute values, never markup.

const SVG = "http://www.w3.org/2000/svg";

// Creates an element with attributes and children. Attributes that are null, undefined or false are omitted; functions,
// as in `onclick`, become event listeners. Children are nodes, texts, nested lists, or empty.
export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

// Creates an SVG element.
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

// Replaces the children of an element. A focus inside moves to the new element with the same id, or else to the heading.
export function replace(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.id : null;
  element.replaceChildren(...children.flat(9).filter(Boolean));
  if (focused !== null) (find(focused) ?? element.querySelector("h2"))?.focus();
}

// Creates a section labelled by its title.
export function section(id, title, ...children) {
  const heading = h("h2", { id: `${id}-title`, tabindex: "-1" }, title);
  return h("section", { id, class: "card", "aria-labelledby": heading.id }, heading, ...children);
}

// Creates a list of names and values. Empty values are omitted.
export function facts(rows) {
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return h("dl", { class: "facts" }, shown.map(([name, value]) => h("div", null, h("dt", null, name), h("dd", null, value))));
}

// Creates a table with a caption for assistive technology.
export function table(title, columns, rows) {
  const head = h("tr", null, columns.map((column) => column ? h("th", { scope: "col" }, column) : h("td")));
  const body = rows.map((row) => h("tr", null, row.map((cell, index) => h("td", { "data-label": columns[index] }, cell))));
  return h("table", null, h("caption", { class: "unseen" }, title), h("thead", null, head), h("tbody", null, body));
}
