// What a node knows of the time of day (SPEC 5.5): an interval that surely holds it, from its home gateway's
// answer to a fresh nonce. Headers are accepted only while the whole interval lies in one slot, so the
// interval must be honest: half a round trip is not assumed, drift widens it, and it never moves back, or old
// keys would come alive.

/**
 * The oscillator of a board may be off by this much (SPEC 5.5): a cheap crystal, heat, and sleep counted in.
 */
const DRIFT_PPM = 500;

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

  /**
   * Home answered `unixMs` (with 4 ms of rounding); asked and heard in uptime. False: contradicts what is
   * known.
   */
  answer(unixMs: number, askedMs: number, heardMs: number): boolean {
    // The answer was written between the two instants, so now it is at least that time and at most a round
    // trip later.
    let low = unixMs - heardMs;
    let high = unixMs + 4 - askedMs;
    if (this.set) {
      const drift = this.driftMs(heardMs);
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
    return uptimeMs + this.low - this.driftMs(uptimeMs);
  }

  latestMs(uptimeMs: number): number {
    return uptimeMs + this.high + this.driftMs(uptimeMs);
  }

  private driftMs(uptimeMs: number): number {
    return Math.ceil(((uptimeMs - this.sinceMs) * DRIFT_PPM) / 1000000);
  }
}
