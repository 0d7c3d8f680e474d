// What a relay gives away: a token bucket of its own airtime for unbacked packets and one for emergencies
// (SPEC 8.5). Milliseconds of airtime; the bucket holds ten minutes' worth, so that a start-up burst fits.
export class AirBudget {
  perMille: number;
  tokensUs: number;
  atMs: number;
  capacityUs: number;

  constructor(perMille: number) {
    this.perMille = perMille;
    this.capacityUs = perMille * 600000;
    this.tokensUs = this.capacityUs;
    this.atMs = 0;
  }

  /** Takes `airtimeMs` if the bucket holds it. `perMille` of each elapsed ms is that many microseconds. */
  take(airtimeMs: number, nowMs: number): boolean {
    const tokens = this.tokensUs + (nowMs - this.atMs) * this.perMille;
    this.tokensUs = tokens > this.capacityUs ? this.capacityUs : tokens;
    this.atMs = nowMs;
    if (this.tokensUs < airtimeMs * 1000) return false;
    this.tokensUs -= airtimeMs * 1000;
    return true;
  }
}
