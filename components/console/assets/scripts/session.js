// Signs in to the console and out of it. The form covers the open view, which keeps its state.

import { call, send, setSignIn } from "./api.js";
import { find } from "./dom.js";
import { clearMessages, setFieldError, showError, whileBusy } from "./messages.js";

const pending = { signIn: null, resolve: null, focused: null };

// Shows the form. Resolves after the sign-in. Several requests can wait for one sign-in.
function signIn() {
  pending.signIn ??= new Promise((resolve) => {
    pending.resolve = resolve;
    pending.focused = document.activeElement;
    show(false);
    find("key").focus();
  });
  return pending.signIn;
}

function show(isSignedIn) {
  find("sign-in").hidden = isSignedIn;
  find("view").hidden = !isSignedIn;
  find("views").hidden = !isSignedIn;
  find("sign-out").hidden = !isSignedIn;
  find("sign-out-everywhere").hidden = !isSignedIn;
}

function submit(event) {
  event.preventDefault();
  const key = find("key");
  setFieldError(key, "");
  whileBusy(event.currentTarget.querySelector("button"), async () => {
    await send("POST", "/console/session", { key: key.value });
    await untilVisible();
    key.value = "";
    const { focused } = pending;
    show(true);
    const target = focused?.isConnected && focused !== document.body ? focused : find("view").querySelector("h1");
    target?.focus();
    pending.signIn = null;
    pending.resolve();
  }, (error) => {
    if (error.status !== 401) return false;
    setFieldError(key, "This is not the admin key.");
    return true;
  });
}

// A store may show a new session late, and each sign-in would make another one.
async function untilVisible() {
  for (const wait of [0, 300, 700, 1500, 3000, 5000]) {
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    try {
      return await send("GET", "/console/settings");
    } catch (error) {
      if (error.status !== 401) return null;
    }
  }
  return null;
}

// Starts. The page arrives with the form visible when there is no session. `closeView` empties the view at sign-out and
// returns a function that opens it again.
export function startSession(closeView) {
  setSignIn(signIn, () => pending.signIn);
  if (find("sign-in").hidden) show(true);
  else signIn();
  find("sign-in").addEventListener("submit", submit);
  const signOut = async (end) => {
    clearMessages();
    try {
      await end();
    } catch (error) {
      showError(error);
      return;
    }
    const reopen = closeView();
    signIn().then(reopen);
  };
  find("sign-out").addEventListener("click", () => signOut(() => send("DELETE", "/console/session")));
  // Ends the sessions of all browsers, of everybody with the admin key. One that is over signs in first.
  find("sign-out-everywhere").addEventListener("click", () => signOut(() => call("DELETE", "/console/session?everywhere=true")));
}
