// Parsing the id of a Marketo program.

import assert from "node:assert/strict";
import test from "node:test";
import { programId } from "../scripts/program-id.js";

test("the id and every form of address yield the id", () => {
  for (const [pasted, id] of [
    ["1001", "1001"],
    ["  1001\n", "1001"],
    ["01001", "1001"],
    ["ME1207A1", "1207"],
    ["#ME1207A1", "1207"],
    ["https://app-ab12.marketo.com/#ME1207A1", "1207"],
    ["https://app-ab12.marketo.com/#PG1001A1", "1001"],
    ["https://app-sjint.marketo.com/#NP7A1", "7"],
    ["https://app-ab12.marketo.com/?munchkinId=123-ABC-456#/classic/EBP55A1", "55"],
    ["https://engage-ab.marketo.com/?munchkinId=123-ABC-456#/classic/PG1001B2LA1", "1001"],
    ["https://experience.adobe.com/#/@acme/so:123-ABC-456/marketo-engage/classic/ME1207A1", "1207"],
    ["https://experience.adobe.com/?x=1#/@acme/so:123-ABC-456/marketo-engage/classic/ME1207A1?tab=2", "1207"],
  ]) {
    assert.deepEqual(programId(pasted), { id }, pasted);
  }
});

test("other texts yield a sentence with the remedy", () => {
  for (const pasted of ["", "  ", "0", "-1", "1001a", "Spring webinar", "https://app-ab12.marketo.com/#", "https://app-ab12.marketo.com/",
    "12345678901234567890", "https://experience.adobe.com/#/@acme/so:123-ABC-456/marketo-engage/classic/", "ME0A1", "<b>1001</b>"]) {
    assert.match(programId(pasted).problem, /copy the address/, pasted);
  }
});

test("the address of another asset has its own sentence", () => {
  for (const pasted of ["https://app-ab12.marketo.com/#SC1234A1", "https://app-ab12.marketo.com/#EM77A1", "#/classic/ST12A1"]) {
    assert.match(programId(pasted).problem, /something else in Marketo/, pasted);
  }
});
