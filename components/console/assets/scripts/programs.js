// The programs that are connected.

import { read } from "./api.js";
import { h } from "./dom.js";
import { heading, part } from "./views.js";
import { startOf } from "./when.js";

export const nameOf = (program) => program.program_name || `Program ${program.program_id}`;

export async function programs(root, signal) {
  const list = h("ul", { id: "programs", class: "stack" });
  root.append(
    h("div", { class: "title" }, heading("Programs"), h("a", { class: "button", href: "#/connect" }, "Connect a program")),
    h("p", { class: "lead" }, "Marketo programs and the Zoom webinars they are connected to. A clone of a program has to be connected anew."),
    list);
  await part(list, async () => {
    const { programs } = await read("/catalog/programs", signal);
    programs.sort((a, b) => a.webinar.start_time < b.webinar.start_time ? 1 : -1);
    list.replaceChildren(...(programs.length ? programs.map(item) : [h("li", { class: "card quiet" }, "No program is connected yet.")]));
  });
}

function item(program) {
  return h("li", { class: "card" },
    h("div", { class: "title" },
      h("h2", null, h("a", { href: `#/programs/${program.program_id}` }, nameOf(program))),
      h("span", { class: "quiet" }, `Program ${program.program_id}`)),
    h("p", null, program.webinar.topic),
    h("p", { class: "quiet" }, startOf(program.webinar)),
    program.problem && h("p", { class: "problem" }, program.problem.detail));
}
