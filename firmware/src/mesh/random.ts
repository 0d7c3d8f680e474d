// Jitter for backoff and HELLO: xorshift32 (Marsaglia 2003), seeded from the node's address and boot count.
// Not for secrets: those are HMACs of a provisioned seed, since a board's own random numbers are unseeded.

export class Jitter {
  state: number;

  constructor(seed: number) {
    this.state = seed | 0 || 0x6d2b79f5;
  }

  /** A whole number in 0 .. below - 1; `below` at most 65536. */
  below(below: number): number {
    let x = this.state;
    x = x ^ (x << 13);
    x = x ^ (x >>> 17);
    x = x ^ (x << 5);
    this.state = x | 0;
    return (x >>> 16) % below;
  }
}
