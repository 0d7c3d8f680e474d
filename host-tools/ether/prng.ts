// Seeded random numbers for everything simulated: same seed, same run, on every machine. The generator is
// sfc32 (Chris Doty-Humphrey's small fast counting generator, from PractRand): integer additions, shifts and
// xors only. Never for keys.

export class Prng {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number) {
    this.a = seed | 0;
    this.b = Math.floor(seed / 2 ** 32) | 0;
    this.c = 0x9e3779b9 | 0;
    // The author's advice: a dozen rounds part the streams of neighbouring seeds.
    for (let i = 0; i < 15; i++) this.nextU32();
  }

  /** 0 .. 2^32 - 1. */
  nextU32(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** 0 .. limit - 1, without the bias of a plain remainder. */
  below(limit: number): number {
    const fair = Math.floor(2 ** 32 / limit) * limit;
    for (;;) {
      const draw = this.nextU32();
      if (draw < fair) return draw % limit;
    }
  }

  /** 0 inclusive to 1 exclusive. */
  unit(): number {
    return this.nextU32() / 2 ** 32;
  }

  /**
   * Mean 0, deviation 1, bounded at 6: a sum of twelve uniforms, which needs no library function that may
   * differ.
   */
  gaussian(): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.unit();
    return sum;
  }
}
