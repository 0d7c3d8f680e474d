// The hardware watchdog. Kicked from a timer, so that a loop without end and a heap without room both end in a
// restart: with no memory left the timer's callback does not run either. Called by main.ts once.

/** Longer than any slice of work that a board does in one go (key generation pauses between slices). */
const TIMEOUT_S = 30;
const KICK_MS = 5000;

/** `isAlive` is asked before each kick; a node that knows that it is stuck answers false and is restarted. */
export function startWatchdog(isAlive: () => boolean): void {
  E.enableWatchdog(TIMEOUT_S, false);
  setInterval(function () {
    if (isAlive()) E.kickWatchdog();
  }, KICK_MS);
}
