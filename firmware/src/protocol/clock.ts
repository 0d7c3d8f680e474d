// What a node knows of the time of day (SPEC 5.5): an interval that surely holds it, from its home gateway's
// answer to a fresh nonce. Headers are accepted only while the whole interval lies in one slot, so the
// interval must be honest: half a round trip is not assumed, drift widens it, and it never moves back, or old
// keys would come alive.

/** How far the oscillator of a board may be off (SPEC 5.5): a cheap crystal, heat, and sleep counted in. */
const DRIFT_PPM = 500;

/** An answer is cut to 1/256 s. */
const ROUNDING_MS = 4;

/** By how much time and uptime may have moved apart within `ms`. */
function driftMs(ms: number): number {
  return Math.ceil((ms * DRIFT_PPM) / 1000000);
}

export class NodeClock {
  /** Unix ms minus uptime ms, bounds at the uptime `sinceMs`. */
  private low: number;
  private high: number;
  private sinceMs: number;
  private set: boolean;

  /** `floorMs`: a Unix time that has surely passed, from flash; 0 when nothing is known. */
  constructor(floorMs: number) {
    this.low = floorMs;
    this.high = 0;
    this.sinceMs = 0;
    this.set = false;
  }

  /** Home answered `unixMs`; asked and heard in uptime. False: it contradicts what is known. */
  answer(unixMs: number, askedMs: number, heardMs: number): boolean {
    // The answer was written between the two instants, so now it is at least that time and at most a round
    // trip later.
    let low = unixMs - heardMs;
    let high = unixMs + ROUNDING_MS - askedMs + driftMs(heardMs - askedMs);
    if (this.set) {
      const drift = driftMs(heardMs - this.sinceMs);
      if (high < this.low - drift || low > this.high + drift) return false;
      low = Math.max(low, this.low - drift);
      high = Math.min(high, this.high + drift);
    } else if (heardMs + high < this.low) return false;
    this.low = low;
    this.high = high;
    this.sinceMs = heardMs;
    this.set = true;
    return true;
  }

  known(): boolean {
    return this.set;
  }

  earliestMs(uptimeMs: number): number {
    return uptimeMs + this.low - driftMs(uptimeMs - this.sinceMs);
  }

  latestMs(uptimeMs: number): number {
    return uptimeMs + this.high + driftMs(uptimeMs - this.sinceMs);
  }
}
