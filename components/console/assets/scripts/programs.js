// The view of connected programs.

import { get } from "./api.js";
import { h, replace } from "./dom.js";
import { poll } from "./poll.js";
import { webinarStart } from "./time.js";
import { heading, loadPart } from "./views.js";

export const programName = (program) => program.program_name || `Program ${program.program_id}`;

export async function programs(root, signal) {
  const list = h("ul", { id: "programs", class: "stack" });
  root.append(
    h("div", { class: "title" }, heading("Programs"), h("a", { class: "button", href: "#/connect" }, "Connect a program")),
    h("p", { class: "lead" }, "Marketo programs and the Zoom webinars they are connected to. Connect each clone of a program as well."),
    list);
  await loadPart(list, () => poll(signal, {
    read: async () => (await get("/catalog/programs", signal)).programs,
    show: (programs) => {
      replace(list, programs.length ? latestFirst(programs).map(item) : h("li", { class: "card quiet" }, "No program is connected yet."));
    },
    isBusy: () => false,
  }));
  const archived = h("ul", { class: "stack" });
  const showArchived = h("button", {
    type: "button",
    onclick: () => {
      showArchived.remove();
      loadPart(archived, async () => {
        const { programs } = await get("/catalog/programs?archived=true", signal);
        archived.prepend(...programs.length ? latestFirst(programs).map(item) : [h("li", { class: "card quiet" }, "No program ended long ago.")]);
      });
    },
  }, "Show programs that ended long ago");
  root.append(archived, h("p", null, showArchived));
}

const latestFirst = (programs) => programs.toSorted((a, b) => b.webinar.start_time.localeCompare(a.webinar.start_time));

function item(program) {
  return h("li", { class: "card" },
    h("div", { class: "title" },
      h("h2", null, h("a", { id: `program-${program.program_id}`, href: `#/programs/${program.program_id}` }, programName(program))),
      h("span", { class: "quiet" }, `Program ${program.program_id}`)),
    h("p", null, program.webinar.topic),
    h("p", { class: "quiet" }, webinarStart(program.webinar)),
    program.problem && h("p", { class: "problem" }, program.problem.detail));
}
