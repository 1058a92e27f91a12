// The console. Everything that comes from outside is put into the page as text, never as markup.

const STATES = {
  "active": "active",
  "superseded": "superseded by another service of the same Zoom account",
  "needs-sign-in": "needs a new sign-in",
  "deauthorized": "removed in Zoom",
};

const find = (id) => document.getElementById(id);

// An answer of ours that is no success, with what it says to do.
class Refused extends Error {
  constructor(status, problem) {
    super(problem?.detail ?? `The answer was ${status}.`);
    this.status = status;
  }
}

async function ask(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "content-type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  if (answer.ok) return text ? JSON.parse(text) : null;
  let problem = null;
  try {
    problem = JSON.parse(text);
  } catch {
    // Not one of our problem documents; the status says enough.
  }
  throw new Refused(answer.status, problem);
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function item(title, lines) {
  const made = document.createElement("li");
  made.append(element("strong", title));
  for (const [text, className] of lines) if (text) made.append(element("p", text, className));
  return made;
}

function fill(id, items, empty) {
  find(id).replaceChildren(...(items.length ? items : [element("li", empty, "quiet")]));
}

function serviceItem(service) {
  const isActive = service.state === "active";
  const users = service.users.length ? `Enabled users: ${service.users.join(", ")}` : "";
  return item(service.name, [
    [STATES[service.state] ?? service.state, isActive && !service.problem ? "good" : "bad"],
    [service.problem?.detail, "bad"],
    [service.admin_email && `Signed in by ${service.admin_email}`, "quiet"],
    [users, "quiet"],
  ]);
}

function programItem(program) {
  const { webinar } = program;
  return item(program.program_name || `Program ${program.program_id}`, [
    [webinar.topic],
    [startOf(webinar), "quiet"],
    [program.problem?.detail, "bad"],
  ]);
}

// In the webinar's own zone, as Marketo shows it.
function startOf(webinar) {
  const start = new Date(webinar.start_time);
  const style = { dateStyle: "full", timeStyle: "short" };
  try {
    return `${start.toLocaleString(undefined, { ...style, timeZone: webinar.timezone })} (${webinar.timezone})`;
  } catch {
    return start.toLocaleString(undefined, style);
  }
}

function show(isSignedIn) {
  find("sign-in").hidden = isSignedIn;
  find("content").hidden = !isSignedIn;
  find("sign-out").hidden = !isSignedIn;
}

function say(text) {
  find("message").textContent = text;
  find("message").hidden = !text;
}

// One list that cannot be had does not keep the other from being shown.
async function list(id, path, field, toItem, empty) {
  try {
    fill(id, (await ask("GET", path))[field].map(toItem), empty);
  } catch (error) {
    if (error.status === 401) throw error;
    fill(id, [], `This list cannot be shown now. ${error.message}`);
  }
}

async function load() {
  try {
    await Promise.all([
      list("services", "/oauth/services", "services", serviceItem, "There is no service yet."),
      list("programs", "/catalog/programs", "programs", programItem, "No program is connected yet."),
    ]);
    show(true);
  } catch {
    show(false);
    find("key").focus();
  }
}

// Runs an action with its button disabled, and says what went wrong.
async function during(button, action) {
  say("");
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    say(error.status === 401 ? "This is not the admin key." : error.message);
  } finally {
    button.disabled = false;
  }
}

find("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  during(event.submitter, async () => {
    await ask("POST", "/console/session", { key: find("key").value });
    find("key").value = "";
    await load();
  });
});

find("sign-out").addEventListener("click", (event) => {
  during(event.currentTarget, async () => {
    await ask("DELETE", "/console/session");
    fill("services", [], "");
    fill("programs", [], "");
    show(false);
    find("key").focus();
  });
});

find("connect").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = find("name").value.trim();
  if (name) location.assign(`/oauth/sign-in?service=${encodeURIComponent(name)}`);
});

await load();
