// Signing in and out. The form comes up over whatever view is open, which stays as it is behind it.

import { guard, send } from "./api.js";
import { find } from "./dom.js";
import { clear, during, fail, fieldError } from "./messages.js";

const sign = { in: null, entered: null, before: null };

// Shows the form; resolves when there is a session again. Several requests may wait for the same sign-in.
function signIn() {
  sign.in ??= new Promise((resolve) => {
    sign.entered = resolve;
    sign.before = document.activeElement;
    show(false);
    find("key").focus();
  });
  return sign.in;
}

function show(isSignedIn) {
  find("sign-in").hidden = isSignedIn;
  find("view").hidden = !isSignedIn;
  find("views").hidden = !isSignedIn;
  find("sign-out").hidden = !isSignedIn;
}

function submit(event) {
  event.preventDefault();
  const key = find("key");
  fieldError(key, "");
  during(event.currentTarget.querySelector("button"), async () => {
    await send("POST", "/console/session", { key: key.value });
    key.value = "";
    const { before } = sign;
    show(true);
    const place = before?.isConnected && before !== document.body ? before : find("view").querySelector("h1");
    place?.focus();
    sign.in = null;
    sign.entered();
  }, (error) => {
    if (error.status !== 401) return false;
    fieldError(key, "This is not the admin key.");
    return true;
  });
}

// Begins. The page itself tells whether there is a session. `forget` empties the view when somebody signs out.
export function beginSession(forget) {
  guard(signIn, () => sign.in);
  if (find("sign-in").hidden) show(true);
  else signIn();
  find("sign-in").addEventListener("submit", submit);
  find("sign-out").addEventListener("click", async () => {
    clear();
    try {
      await send("DELETE", "/console/session");
    } catch (error) {
      fail(error);
      return;
    }
    const again = forget();
    signIn().then(again);
  });
}
