// The id of a Marketo program, from what people paste: the number, or the program's address in Marketo. Such an address
// ends in a fragment like #ME1207A1, #/classic/PG1001A1 or, at experience.adobe.com, #/@acme/.../classic/ME1207A1: the
// kind of the asset, its id, and the tab that is open.

// Event, default program, engagement program, e-mail program.
const PROGRAMS = ["ME", "PG", "NP", "EBP"];

const NOT_AN_ID = "This is neither a program's id nor its address. Open the program in Marketo and copy the address from the browser.";
const NOT_A_PROGRAM = "This is the address of something else in Marketo, not of a program. Select the program itself in the tree and copy the address then.";

// `{ id }`, or `{ problem }` with what to do instead.
export function programId(pasted) {
  const text = pasted.trim();
  if (isId(text)) return { id: String(Number(text)) };
  const fragment = text.includes("#") ? text.slice(text.indexOf("#") + 1) : text;
  const assets = fragment.split(/[/#?&=]/).map((segment) => segment.match(/^([A-Z]{2,3})(\d+)(?:[A-Z][A-Z0-9]*)?$/)).filter(Boolean);
  const program = assets.findLast(([, kind, id]) => PROGRAMS.includes(kind) && isId(id));
  if (program) return { id: String(Number(program[2])) };
  return { problem: assets.length ? NOT_A_PROGRAM : NOT_AN_ID };
}

const isId = (text) => /^\d{1,15}$/.test(text) && Number(text) > 0;
