// Airtime as a token bucket (SPEC 8.5, 8.8): what a relay gives away to unbacked packets and to emergencies,
// and what the region lets it send at all. Credits of time flow in at so many per mille of the time that
// passes.
export class AirBudget {
  perMille: number;
  tokensUs: number;
  atMs: number;
  windowS: number;
  capacityUs: number;

  /** The bucket holds what flows in during `windowS` seconds, and at boot that of `startS`. */
  constructor(perMille: number, windowS: number, startS: number) {
    this.windowS = windowS;
    this.atMs = 0;
    this.perMille = 0;
    this.capacityUs = 0;
    this.tokensUs = perMille * startS * 1000;
    this.setRate(perMille);
  }

  setRate(perMille: number): void {
    this.perMille = perMille;
    this.capacityUs = perMille * this.windowS * 1000;
  }

  /**
   * Takes `airtimeMs` if the bucket holds it and `keepUs` besides. A frame larger than the rest of the bucket
   * waits for a full one and owes.
   */
  take(airtimeMs: number, nowMs: number, keepUs: number): boolean {
    const tokens = this.tokensUs + (nowMs - this.atMs) * this.perMille;
    this.tokensUs = tokens > this.capacityUs ? this.capacityUs : tokens;
    this.atMs = nowMs;
    const enough = Math.min(airtimeMs * 1000 + keepUs, this.capacityUs);
    if (enough === 0 || this.tokensUs < enough) return false;
    this.tokensUs -= airtimeMs * 1000;
    return true;
  }
}
