// Backups: downloads what admins chose, and restores what is missing.

import { call, get } from "./api.js";
import { h, section } from "./dom.js";
import { count } from "./labels.js";
import { announce, button, field, setFieldError, whileBusy } from "./messages.js";

const FILE_NAME = "zoom-for-marketo.json";

// How long the file stays in memory, in milliseconds.
const REVOKED_AFTER = 60_000;

// Creates the section. `onRestored` is called after a backup was restored.
export function backup(onRestored) {
  const { row, input } = field("backup-file", "Restore a backup", { type: "file", accept: ".json,application/json" },
    "Restores services and connections that are missing, and changes none that are there. Services then need a sign-in under the same name.");
  const restore = async () => {
    const [file] = input.files;
    const content = file && parsed(await file.text());
    if (!content) return setFieldError(input, "Choose a file that this page saved.");
    const { services, programs, left } = await call("POST", "/console/import", content);
    onRestored();
    announce(`${count(services.imported, "service")} and ${count(programs.imported, "connection")} restored.${problems(services, programs, left)}`);
  };
  const handleError = (error) => {
    if (error.code !== "INVALID_REQUEST") return false;
    setFieldError(input, error.message);
    return true;
  };
  const submit = (event) => {
    event.preventDefault();
    setFieldError(input, "");
    whileBusy(event.currentTarget.querySelector("button[type=submit]"), restore, handleError);
  };
  return section("backup", "Backup",
    h("p", null, "What neither Zoom nor Marketo can give back: the services with their users, without tokens, and the connections with their settings. Keep the file as carefully as the console's key: it contains e-mail addresses."),
    h("div", { class: "actions" }, button("Save a backup", save, { id: "save-backup", class: "plain" })),
    h("form", { onsubmit: submit }, row, h("div", { class: "actions" }, h("button", { type: "submit", id: "restore-backup", class: "plain" }, "Restore"))));
}

async function save() {
  const content = await get("/console/export");
  const url = URL.createObjectURL(new Blob([JSON.stringify(content)], { type: "application/json" }));
  h("a", { href: url, download: FILE_NAME }).click();
  // The download begins after the click.
  setTimeout(() => URL.revokeObjectURL(url), REVOKED_AFTER);
  announce(`The backup has ${count(content.services.length, "service")} and ${count(content.programs.length, "connection")}.`);
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problems(services, programs, left) {
  const unreadable = services.unreadable + programs.unreadable;
  return (unreadable ? ` ${count(unreadable, "record")} cannot be read by this version.` : "")
    + (left ? ` ${count(left, "connection")} left for lack of time: restore the same file again.` : "");
}
