// Requests to the application's components.

const UNREACHABLE = "The application cannot be reached. Check your connection and try again.";

// The components accept changes with a session cookie only from the page at `public_url`.
const FOREIGN_ORIGIN = "This page was opened at another address than the application's public_url, so it cannot change anything. "
  + "Open the console at its public address.";

// A failed request. The message is the sentence of the problem document.
export class ApiError extends Error {
  constructor(status, problem) {
    super(status === 0 ? UNREACHABLE : problem?.code === "FORBIDDEN" ? FOREIGN_ORIGIN : problem?.detail ?? `The application answered with HTTP status ${status}. Try again, and check the log if the problem remains.`);
    this.status = status;
    this.code = problem?.code ?? "";
    // The statuses to choose from, of a channel whose names do not tell which one means registered.
    this.statuses = problem?.statuses ?? null;
  }
}

const session = { signIn: null, signedIn: null };

// Sets the function that shows the sign-in form, and the one that returns a promise of the sign-in under way, if any.
export function setSignIn(signIn, signedIn) {
  Object.assign(session, { signIn, signedIn });
}

// Sends a request. Resolves with the JSON of the answer, or null when there is no body.
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
    throw new ApiError(0);
  }
  const json = parsed(text);
  if (!answer.ok) throw new ApiError(answer.status, json);
  return json;
}

function parsed(text) {
  try {
    return text ? JSON.parse(text) : null;
  } catch {
    return null;
  }
}

// Sends a request as the admin. After an expired session it waits for a sign-in and repeats the request, so that people
// lose no input.
export async function call(method, path, body, signal) {
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

export const get = (path, signal) => call("GET", path, undefined, signal);

// Like `get`, but resolves with null after a 404.
export async function getIfFound(path, signal) {
  try {
    return await get(path, signal);
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}
