// One token bucket per client address, in a bounded table. Knows no clock: the caller brings the time. Used
// by server.ts for requests and, at a higher cost, for wrong tokens.
import type { HttpLimits } from './limits.ts';

interface Bucket {
  allowance: number;
  atMs: number;
}

export class RateLimit {
  // A Map keeps insertion order, and every use inserts anew: the first key is the one idle longest.
  readonly #buckets = new Map<string, Bucket>();

  constructor(readonly limits: HttpLimits) {}

  /** Takes `cost` from the address; false, and nothing taken, when its allowance is short. */
  take(address: string, cost: number, nowMs: number): boolean {
    const { burstRequests, requestsPerSecond } = this.limits;
    const known = this.#buckets.get(address);
    const regained =
      known === undefined ? burstRequests : ((nowMs - known.atMs) / 1000) * requestsPerSecond;
    const allowance = Math.min(burstRequests, (known?.allowance ?? 0) + regained);
    const granted = allowance >= cost;
    this.#remember(address, { allowance: granted ? allowance - cost : allowance, atMs: nowMs });
    return granted;
  }

  /** Takes `cost` even when that leaves a debt: what a wrong token is charged after the fact. */
  charge(address: string, cost: number, nowMs: number): void {
    if (this.take(address, cost, nowMs)) return;
    this.#remember(address, { allowance: -cost, atMs: nowMs });
  }

  get addresses(): number {
    return this.#buckets.size;
  }

  #remember(address: string, bucket: Bucket): void {
    this.#buckets.delete(address);
    this.#buckets.set(address, bucket);
    if (this.#buckets.size > this.limits.addressesMax)
      this.#buckets.delete(this.#buckets.keys().next().value!);
  }
}
