// Keeps a view up to date while the page is visible.

// Intervals between polls, in milliseconds: shorter while work is under way, and growing from the first to the longest
// while nothing changes.
const BUSY = { first: 2_000, longest: 20_000 };
const IDLE = { first: 10_000, longest: 60_000 };
const GROWTH = 1.5;

// Calls `show` with the result of `read`, and again whenever the result changes (or after each poll, with `always`), until
// the signal aborts. `isBusy` returns whether the result has work under way. Resolves after the first poll with a
// function that polls at once; rejects if the first poll fails.
export async function poll(signal, { read, show, isBusy, always }) {
  const state = { last: null, unchanged: 0, interval: 0, isRestarted: false, wake: () => {} };
  const pollOnce = async () => {
    const found = await read();
    const text = JSON.stringify(found);
    const isChanged = text !== state.last;
    state.unchanged = isChanged ? 0 : state.unchanged + 1;
    state.last = text;
    if (!signal.aborted && (always || isChanged)) show(found);
    const { first, longest } = isBusy(found) ? BUSY : IDLE;
    state.interval = Math.min(first * GROWTH ** state.unchanged, longest);
  };
  const run = async () => {
    while (!signal.aborted) {
      await Promise.race([sleep(state.interval, signal), new Promise((resolve) => { state.wake = resolve; })]);
      if (state.isRestarted) {
        state.isRestarted = false;
        continue;
      }
      await visible(signal);
      // A failed poll leaves the view as it is; the next poll follows.
      if (!signal.aborted) await pollOnce().catch(() => { state.interval = IDLE.longest; });
    }
  };
  await pollOnce();
  // Polls at once when the page becomes visible again.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) state.wake(); }, { signal });
  run();
  return async () => {
    await pollOnce();
    state.isRestarted = true;
    state.wake();
  };
}

function sleep(time, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, time);
    signal.addEventListener("abort", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

function visible(signal) {
  if (!document.hidden) return null;
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}
