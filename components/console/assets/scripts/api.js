// Asking our own components.

const UNREACHABLE = "The application cannot be reached. Check your connection and try again.";

// Changes that carry a cookie are taken from the page at `public_url` alone.
const ELSEWHERE = "This page was opened at an address other than the application's public_url, so it may only look. "
  + "Open the console at its public address.";

// An answer that is no success, with what it says to do.
export class Refused extends Error {
  constructor(status, problem) {
    super(status === 0 ? UNREACHABLE : problem?.code === "FORBIDDEN" ? ELSEWHERE : problem?.detail ?? `The answer was ${status}.`);
    this.status = status;
    this.code = problem?.code ?? "";
  }
}

const session = { signIn: null, signedIn: null };

// Who is asked to sign in when a session has lapsed, and who tells when a sign-in that is under way is done.
export function guard(signIn, signedIn) {
  Object.assign(session, { signIn, signedIn });
}

// One request. Resolves with the answer's JSON, or null where it has no body.
export async function send(method, path, body, signal) {
  let answer, text;
  try {
    answer = await fetch(path, {
      method,
      signal,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0);
  }
  const json = parsed(text);
  if (!answer.ok) throw new Refused(answer.status, json);
  return json;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// One request as the admin. Where the session has lapsed, it waits for a sign-in and is made again, so that nobody loses
// their place.
export async function ask(method, path, body, signal) {
  for (;;) {
    await session.signedIn();
    signal?.throwIfAborted();
    try {
      return await send(method, path, body, signal);
    } catch (error) {
      if (error.status !== 401) throw error;
      session.signIn();
    }
  }
}

export const read = (path, signal) => ask("GET", path, undefined, signal);

// Like `read`; null where there is nothing at the address.
export async function readIfThere(path, signal) {
  try {
    return await read(path, signal);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}
