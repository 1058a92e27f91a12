// The chart of a program's people, and its attendance.

import { call, get } from "./api.js";
import { facts, h, replace, svg, table } from "./dom.js";
import { count, noShowText, phaseText } from "./labels.js";
import { announce, button } from "./messages.js";
import { formatTime, relativeTime } from "./time.js";

// Length of the longest bar, in the chart's units.
const MAX_LENGTH = 100;

export function people(counts, state, program, refresh) {
  const bars = [
    ["Registered", counts.registered, "good"],
    ["Pending", counts.pending, "wait"],
    ["Cancelled", counts.cancelled, "wait"],
    ["Failed", counts.failed, "bad"],
    ["Attended", state.attended, "good"],
    ["No Show", state.no_show, "wait"],
  ];
  const maximum = Math.max(1, ...bars.map(([, number]) => number));
  return [
    counts.waiting > 0 && h("p", { class: "note", role: "status" }, `Registering ${count(counts.waiting, "person", "people")} from Marketo…`),
    h("figure", null,
      h("figcaption", { class: "unseen" }, "People of this program"),
      h("dl", { class: "bars" }, bars.map(([label, number, tone]) => h("div", null,
        h("dt", null, label),
        h("dd", null, bar(number / maximum, tone), h("span", { class: "number" }, number.toLocaleString())))))),
    comparison(counts.reconciliation, program, refresh),
  ];
}

// The last comparison of Zoom's registrants with Marketo, and a button for the next one.
function comparison(last, program, refresh) {
  if (program.webinar.registration === "none") return null;
  const compare = async () => {
    const found = await call("POST", `/registration/programs/${program.program_id}/reconcile`);
    await refresh();
    const repaired = found.memberships_repaired;
    announce(repaired > 0 ? `${count(repaired, "membership")} differed and were corrected.` : "Marketo agrees with Zoom.");
  };
  const withdrawn = last?.withdrawn > 0 && `, ${count(last.withdrawn, "member")} no longer registered in Zoom`;
  return [
    last?.problem && h("p", { class: "problem" }, `The last comparison with Zoom is not complete. ${last.problem.detail}`),
    h("p", { class: "quiet" }, last
      ? `Compared with Zoom ${relativeTime(last.at)}: ${last.approved} approved, ${last.pending} pending, ${last.denied} denied${withdrawn || ""}.`
      : "Not compared with Zoom yet. That happens twice an hour."),
    h("div", { class: "actions" }, button("Compare with Zoom", compare, { id: "reconcile", class: "plain" })),
  ];
}

// Hidden from assistive technology, because the number beside it has the value.
function bar(share, tone) {
  return svg("svg", { class: `bar ${tone}`, viewBox: `0 0 ${MAX_LENGTH} 1`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" },
    svg("rect", { width: MAX_LENGTH, height: 1, class: "track" }),
    svg("rect", { width: Math.round(share * MAX_LENGTH), height: 1, class: "fill" }));
}

export function attendance(program, state, refresh) {
  const isOver = new Date(program.webinar.end_time) < Date.now();
  const sync = async () => {
    const { phase } = await call("POST", `/attendance/programs/${program.program_id}/sync`);
    await refresh();
    announce(phase === "waiting" ? "There is no attendance to read yet." : "The attendance was read.");
  };
  const unmatched = h("div", null);
  const showNames = async () => {
    const { people } = await get(`/attendance/programs/${program.program_id}/unmatched`);
    const rows = people.map(({ name, joined_at, left_at }) => [name, joined_at ? formatTime(joined_at) : "", left_at ? formatTime(left_at) : ""]);
    replace(unmatched, table("Attendees known by name only", ["Name", "Joined", "Left"], rows));
  };
  const average = state.attended ? `, ${count(Math.round(state.minutes / state.attended), "minute")} each on average` : "";
  return [
    h("h3", null, "Attendance"),
    h("p", null, phaseText(state, isOver)),
    state.problem && h("p", { class: "problem" }, state.problem.detail),
    (state.warnings ?? []).map((warning) => h("p", { class: "note" }, warning)),
    facts([
      ["No Show", noShowText(state, program)],
      ["Minutes watched", state.minutes > 0 && `${state.minutes.toLocaleString()}${average}`],
      ["New leads", state.new_leads || null],
      ["Known by name only", state.unmatched > 0 && `${count(state.unmatched, "attendee")}, counted but not matched to people`],
      ["Attended without registration", state.without_registration > 0 && count(state.without_registration, "person", "people")],
      ["Cancelled or denied", state.cancelled > 0 && `${count(state.cancelled, "person", "people")}, never set to No Show`],
      ["Never registered in Zoom", state.never_registered > 0 && `${count(state.never_registered, "member")} in status Registered, left as they are`],
      ["Without a result from Zoom", state.unaccounted > 0 && count(state.unaccounted, "registrant")],
      ["Kept their status", state.step_backwards > 0 && `${count(state.step_backwards, "person", "people")}, because of the channel's steps`],
      ["Rejected by Marketo", state.refused > 0 && count(state.refused, "person", "people")],
      ["Could not be read", state.unreadable_rows > 0 && `${count(state.unreadable_rows, "row")} of Zoom's and Marketo's lists`],
      ["Written to Marketo", state.written_at && formatTime(state.written_at)],
      ["Next read", state.next_at && formatTime(state.next_at)],
    ].map(([name, value]) => [name, value || null])),
    sessions(state.sessions ?? []),
    unmatched,
    h("div", { class: "actions" },
      button("Read attendance now", sync, { id: "sync", class: "plain" }),
      state.unmatched > 0 && button("Show names", showNames, { id: "unmatched", class: "plain" })),
  ];
}

// The sessions of the webinar, and whether each counts.
function sessions(list) {
  if (list.length === 0) return null;
  const rows = list.map(({ start_time, attendees, counted, why }) =>
    [start_time ? formatTime(start_time) : "unknown", attendees.toLocaleString(), counted ? "Yes" : "No", why]);
  return table("Sessions of the webinar", ["Started", "Attendees", "Counts", "Reason"], rows);
}
