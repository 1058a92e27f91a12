// Keeping a view up to date while the page is visible.

// When the next look comes, in milliseconds: at first, and at the latest. Each look that brings nothing new puts off the
// next one. While something is under way they come sooner.
const BUSY = { first: 2_000, latest: 20_000 };
const IDLE = { first: 10_000, latest: 60_000 };
const MORE = 1.5;

// Shows what `read` brings, and again whenever it has changed (or each time, with `always`), until the signal. `isBusy`
// tells from it whether something is under way. Resolves with a function that looks at once, after the first look; when
// that fails, with its error.
export async function live(signal, { read, show, isBusy, always }) {
  const state = { last: null, looks: 0, pause: 0, isAnew: false, wake: () => {} };
  const look = async () => {
    const found = await read();
    const text = JSON.stringify(found);
    const isChanged = text !== state.last;
    state.looks = isChanged ? 0 : state.looks + 1;
    state.last = text;
    if (!signal.aborted && (always || isChanged)) show(found);
    const { first, latest } = isBusy(found) ? BUSY : IDLE;
    state.pause = Math.min(first * MORE ** state.looks, latest);
  };
  const goOn = async () => {
    while (!signal.aborted) {
      await Promise.race([nap(state.pause, signal), new Promise((resolve) => { state.wake = resolve; })]);
      if (state.isAnew) {
        state.isAnew = false;
        continue;
      }
      await visible(signal);
      // A look that fails leaves what is shown; the next one comes.
      if (!signal.aborted) await look().catch(() => { state.pause = IDLE.latest; });
    }
  };
  await look();
  // Whoever comes back to the page, from Marketo's say, finds it as things are now.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) state.wake(); }, { signal });
  goOn();
  return async () => {
    await look();
    state.isAnew = true;
    state.wake();
  };
}

function nap(time, signal) {
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
