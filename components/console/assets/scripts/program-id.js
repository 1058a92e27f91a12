// Parses the id of a Marketo program from its number or its address in Marketo. An address ends in a fragment like
// #ME1207A1, #/classic/PG1001A1 or, at experience.adobe.com, #/@acme/.../classic/ME1207A1: the kind of the asset, its id,
// and the open tab.

// Kinds: event, default program, engagement program, e-mail program.
const PROGRAM_KINDS = ["ME", "PG", "NP", "EBP"];

const NOT_AN_ID = "This is neither the id nor the address of a program. Open the program in Marketo and copy the address from the browser.";
const NOT_A_PROGRAM = "This is the address of something else in Marketo. Select the program itself in the tree, and then copy the address.";

// Returns `{ id }`, or `{ problem }` with a sentence for the admin.
export function programId(pasted) {
  const text = pasted.trim();
  if (isId(text)) return { id: String(Number(text)) };
  const fragment = text.includes("#") ? text.slice(text.indexOf("#") + 1) : text;
  const assets = fragment.split(/[/#?&=]/).map((segment) => segment.match(/^([A-Z]{2,3})(\d+)(?:[A-Z][A-Z0-9]*)?$/)).filter(Boolean);
  const program = assets.findLast(([, kind, id]) => PROGRAM_KINDS.includes(kind) && isId(id));
  if (program) return { id: String(Number(program[2])) };
  return { problem: assets.length ? NOT_A_PROGRAM : NOT_AN_ID };
}

const isId = (text) => /^\d{1,15}$/.test(text) && Number(text) > 0;
