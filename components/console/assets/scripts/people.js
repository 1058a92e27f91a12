// How many people: a chart of a program's registrations and attendance, and where the attendance stands.

import { ask } from "./api.js";
import { facts, h, svg } from "./dom.js";
import { button, say } from "./messages.js";
import { at } from "./when.js";
import { count, phaseOf } from "./words.js";

// The length of the longest bar, in the chart's own units.
const FULL = 100;

export function people(counts, state) {
  const bars = [
    ["Registered", counts.registered, "good"],
    ["Pending", counts.pending, "wait"],
    ["Failed", counts.failed, "bad"],
    ["Attended", state.attended, "good"],
    ["No Show", state.no_show, "wait"],
  ];
  const most = Math.max(1, ...bars.map(([, number]) => number));
  return [
    counts.waiting > 0 && h("p", { class: "note", role: "status" }, `${count(counts.waiting, "person", "people")} from Marketo are being registered…`),
    h("figure", null,
      h("figcaption", { class: "unseen" }, "People of this program"),
      h("dl", { class: "bars" }, bars.map(([label, number, tone]) => h("div", null,
        h("dt", null, label),
        h("dd", null, bar(number / most, tone), h("span", { class: "number" }, number.toLocaleString())))))),
  ];
}

// What it shows is told beside it as text.
function bar(share, tone) {
  return svg("svg", { class: `bar ${tone}`, viewBox: `0 0 ${FULL} 1`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    svg("rect", { width: FULL, height: 1, class: "track" }),
    svg("rect", { width: Math.round(share * FULL), height: 1, class: "fill" }));
}

export function attendance(program, state, again) {
  const isOver = new Date(program.webinar.end_time) < Date.now();
  const sync = async () => {
    const { phase } = await ask("POST", `/attendance/programs/${program.program_id}/sync`);
    await again();
    say(phase === "waiting" ? "There is no attendance to read yet." : "The attendance was read.");
  };
  const average = state.attended ? `, ${count(Math.round(state.minutes / state.attended), "minute")} each on average` : "";
  return [
    h("h3", null, "Attendance"),
    h("p", null, phaseOf(state, isOver)),
    state.problem && h("p", { class: "problem" }, state.problem.detail),
    facts([
      ["Minutes watched", state.minutes > 0 && `${state.minutes.toLocaleString()}${average}`],
      ["New leads", state.new_leads || null],
      ["Known by name only", state.unmatched > 0 && `${count(state.unmatched, "attendee")}; counted and not guessed`],
      ["Not settled by Zoom", state.unaccounted > 0 && count(state.unaccounted, "registrant")],
      ["Not taken by Marketo", state.refused > 0 && count(state.refused, "person", "people")],
      ["Written to Marketo", state.written_at && at(state.written_at)],
      ["Next look", state.next_at && at(state.next_at)],
    ].map(([name, value]) => [name, value || null])),
    h("div", { class: "actions" }, button("Read attendance now", sync, { id: "sync", class: "plain" })),
  ];
}
