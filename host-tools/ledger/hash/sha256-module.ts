// Generates SHA-256 (FIPS 180-4) for four messages at once, unrolled, with everything constant folded: one for steps
// of a payment chain, whose loop runs inside (a call per step would cost more than the hash), one for nodes of the
// state tree and one for its leaves. Word i of the four messages lies in one vector: address 16 i, lane l at 4 l.
import { FunctionBody, moduleBytes } from './wasm-module.ts';

/** Bytes of memory: groups of four tree nodes at most, or messages, from address 0; then their results. */
export const GROUPS_MAX = 512;
export const NODE_IN_BYTES = 256;
export const NODE_OUT_BYTES = 128;
export const NODE_OUT_AT = GROUPS_MAX * NODE_IN_BYTES;
const MEMORY_BYTES = NODE_OUT_AT + GROUPS_MAX * NODE_OUT_BYTES;

/** First 32 bits of the fractional parts of square and cube roots of the first primes (FIPS 180-4, 4.2.2, 5.3.3). */
function fractions(count: number, root: (prime: number) => bigint): number[] {
  const values: number[] = [];
  for (let n = 2; values.length < count; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (prime) values.push(Number(root(n) & 0xffffffffn));
  }
  return values;
}

/** floor(prime^(1/degree) x 2^32), by bisection in integers. */
function scaledRoot(prime: number, degree: bigint): bigint {
  const target = BigInt(prime) << (32n * degree);
  let [low, high] = [0n, 1n << 48n];
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** degree <= target) low = middle;
    else high = middle;
  }
  return low;
}

const K = fractions(64, (prime) => scaledRoot(prime, 3n));
const H0 = fractions(8, (prime) => scaledRoot(prime, 2n));

/** A vector that is known when the code is made, or that lies in a local. */
type Word = { value: number } | { local: number };

const isKnown = (word: Word): word is { value: number } => 'value' in word;
const rotate = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));
const sigma0 = (x: number): number => rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
const sigma1 = (x: number): number => rotate(x, 17) ^ rotate(x, 19) ^ (x >>> 10);

class Compressor {
  private readonly t1: number;
  private readonly t2: number;
  private readonly schedule: number[];
  /** The eight working variables; who is a and who is h rotates instead of the values. */
  private readonly state: number[];
  /** a xor b of the round before, which is b xor c of this one. */
  private readonly pair: number[];

  constructor(private readonly body: FunctionBody) {
    this.t1 = body.vectorLocal();
    this.t2 = body.vectorLocal();
    this.schedule = Array.from({ length: 16 }, () => body.vectorLocal());
    this.state = Array.from({ length: 8 }, () => body.vectorLocal());
    this.pair = [body.vectorLocal(), body.vectorLocal()];
  }

  wordLocal(index: number): number {
    return this.schedule[index]!;
  }

  private push(word: Word): void {
    if (isKnown(word)) this.body.splat(word.value);
    else this.body.get(word.local);
  }

  private rotated(local: number, bits: number): void {
    this.body.get(local).shiftRight(bits).get(local).shiftLeft(32 - bits).or();
  }

  private bigSigma(local: number, [a, b, c]: [number, number, number]): void {
    this.rotated(local, a);
    this.rotated(local, b);
    this.body.xor();
    this.rotated(local, c);
    this.body.xor();
  }

  private smallSigma(local: number, [a, b, shift]: [number, number, number]): void {
    this.rotated(local, a);
    this.rotated(local, b);
    this.body.xor().get(local).shiftRight(shift).xor();
  }

  /** W[t] for t >= 16 into the place of W[t - 16]; what is known stays known. */
  private expand(words: Word[], t: number): Word {
    const at = (back: number): Word => words[(t - back) & 15]!;
    const [w16, w15, w7, w2] = [at(16), at(15), at(7), at(2)];
    let known = 0;
    const terms: (() => void)[] = [];
    const term = (word: Word, fold: (x: number) => number, emit: (local: number) => void): void => {
      if (isKnown(word)) known = (known + fold(word.value)) | 0;
      else terms.push(() => emit(word.local));
    };
    term(w16, (x) => x, (local) => this.body.get(local));
    term(w15, sigma0, (local) => this.smallSigma(local, [7, 18, 3]));
    term(w7, (x) => x, (local) => this.body.get(local));
    term(w2, sigma1, (local) => this.smallSigma(local, [17, 19, 10]));
    if (terms.length === 0) return { value: known };
    terms.forEach((emit, i) => {
      emit();
      if (i > 0) this.body.add();
    });
    if (known !== 0) this.body.splat(known).add();
    this.body.set(this.schedule[t & 15]!);
    return { local: this.schedule[t & 15]! };
  }

  private round(t: number, word: Word): void {
    const { body, state, t1, t2 } = this;
    const at = (index: number): number => state[(index - t + 64) & 7]!;
    const [a, b, d, e, f, g, h] = [at(0), at(1), at(3), at(4), at(5), at(6), at(7)];
    const [now, before] = [this.pair[t & 1]!, this.pair[(t + 1) & 1]!];
    body.get(h);
    this.bigSigma(e, [6, 11, 25]);
    body.add().get(f).get(g).xor().get(e).and().get(g).xor().add();
    if (isKnown(word)) body.splat((word.value + K[t]!) | 0).add();
    else body.get(word.local).splat(K[t]!).add().add();
    body.set(t1);
    this.bigSigma(a, [2, 13, 22]);
    body.get(a).get(b).xor().tee(now).get(before).and().get(b).xor().add().set(t2);
    body.get(d).get(t1).add().set(d);
    body.get(t1).get(t2).add().set(h);
  }

  /** One block: sixteen words, from the given chaining value, leaves its result through `result`. */
  compress(words: Word[], start: Word[]): void {
    start.forEach((word, i) => {
      this.push(word);
      this.body.set(this.state[i]!);
    });
    this.body.get(this.state[1]!).get(this.state[2]!).xor().set(this.pair[1]!);
    const schedule = words.slice();
    for (let t = 0; t < 64; t++) {
      if (t >= 16) schedule[t & 15] = this.expand(schedule, t);
      this.round(t, schedule[t & 15]!);
    }
  }

  /** Pushes word `index` of the block's result. */
  result(index: number, start: Word): void {
    this.body.get(this.state[index]!);
    this.push(start);
    this.body.add();
  }
}

const START: Word[] = H0.map((value) => ({ value }));

/** `walk(steps)`: prefix words at 0, link words at 64; the link is replaced by its steps-th hash. */
function walkBody(): FunctionBody {
  const body = new FunctionBody(1);
  const hash = new Compressor(body);
  const inputs = Array.from({ length: 8 }, () => body.vectorLocal());
  inputs.forEach((local, i) => body.constant(0).load(16 * i).set(local));
  body.repeat(0, () => {
    // The schedule overwrites its words, so the prefix is kept apart and copied in for every step.
    const words: Word[] = inputs.map((local) => ({ local }));
    words.push({ value: 0x80000000 | 0 });
    for (let i = 9; i < 15; i++) words.push({ value: 0 });
    words.push({ value: 256 });
    hash.compress(words, START);
    for (let i = 0; i < 4; i++) {
      hash.result(i, START[i]!);
      body.set(inputs[4 + i]!);
    }
  });
  for (let i = 0; i < 4; i++) body.constant(0).get(inputs[4 + i]!).store(16 * (4 + i));
  return body;
}

/** `nodes(groups, in, out)`: per group sixteen words (left, right) to eight: SHA-256(prefix byte, left, right). */
function nodesBody(prefix: number): FunctionBody {
  const body = new FunctionBody(3);
  const hash = new Compressor(body);
  const middle = Array.from({ length: 8 }, () => body.vectorLocal());
  const last = body.vectorLocal();
  body.repeat(0, () => {
    const words: Word[] = [];
    for (let i = 0; i < 16; i++) {
      // The prefix shifts everything by one byte.
      if (i === 0) body.splat(prefix << 24);
      else body.get(1).load(16 * (i - 1)).shiftLeft(24);
      body.get(1).load(16 * i).shiftRight(8).or().set(hash.wordLocal(i));
      words.push({ local: hash.wordLocal(i) });
    }
    body.get(1).load(16 * 15).shiftLeft(24).splat(0x00800000).or().set(last);
    hash.compress(words, START);
    for (let i = 0; i < 8; i++) {
      hash.result(i, START[i]!);
      body.set(middle[i]!);
    }
    const second: Word[] = [{ local: last }];
    for (let i = 1; i < 15; i++) second.push({ value: 0 });
    second.push({ value: 65 * 8 });
    const chained = middle.map((local): Word => ({ local }));
    hash.compress(second, chained);
    for (let i = 0; i < 8; i++) {
      body.get(2);
      hash.result(i, chained[i]!);
      body.store(16 * i);
    }
    body.get(1).constant(NODE_IN_BYTES).addScalar().set(1).get(2).constant(NODE_OUT_BYTES).addScalar().set(2);
  });
  return body;
}

/** Byte numbers of a shuffle that takes these words of two vectors and turns each around. */
function turnedWords(words: number[]): number[] {
  return words.flatMap((word) => [4 * word + 3, 4 * word + 2, 4 * word + 1, 4 * word]);
}

function wordsInPlace(words: number[]): number[] {
  return words.flatMap((word) => [4 * word, 4 * word + 1, 4 * word + 2, 4 * word + 3]);
}

/** Four words of four messages, from the addresses in `lanes`, as four vectors of big-endian words. */
function loadTurned(body: FunctionBody, lanes: number[], offset: number, to: number[], spare: number[]): void {
  const [s0, s1, s2, s3] = spare as [number, number, number, number];
  const pairOf = (a: number, b: number, words: number[], into: number): void => {
    body.get(lanes[a]!).load(offset).get(lanes[b]!).load(offset).shuffle(turnedWords(words)).set(into);
  };
  pairOf(0, 1, [0, 4, 1, 5], s0);
  pairOf(2, 3, [0, 4, 1, 5], s1);
  pairOf(0, 1, [2, 6, 3, 7], s2);
  pairOf(2, 3, [2, 6, 3, 7], s3);
  const [low, high] = [wordsInPlace([0, 1, 4, 5]), wordsInPlace([2, 3, 6, 7])];
  body.get(s0).get(s1).shuffle(low).set(to[0]!);
  body.get(s0).get(s1).shuffle(high).set(to[1]!);
  body.get(s2).get(s3).shuffle(low).set(to[2]!);
  body.get(s2).get(s3).shuffle(high).set(to[3]!);
}

/**
 * `messages(groups, blocks, in, out)`: per group four padded messages of `blocks` blocks, one after another as bytes,
 * to eight words each. The other parameters are locals: the blocks left, and the lanes' addresses.
 */
function messagesBody(): FunctionBody {
  const [GROUPS, BLOCKS, IN, OUT, LEFT, LANE] = [0, 1, 2, 3, 4, 5];
  const body = new FunctionBody(4, 5);
  const hash = new Compressor(body);
  const middle = Array.from({ length: 8 }, () => body.vectorLocal());
  const spare = Array.from({ length: 4 }, () => body.vectorLocal());
  const lanes = [0, 1, 2, 3].map((lane) => LANE + lane);
  const locals = Array.from({ length: 16 }, (_, i) => hash.wordLocal(i));
  body.repeat(GROUPS, () => {
    lanes.forEach((local, lane) =>
      body.get(IN).get(BLOCKS).constant(64 * lane).multiplyScalar().addScalar().set(local));
    START.forEach((word, i) => body.splat((word as { value: number }).value).set(middle[i]!));
    body.get(BLOCKS).set(LEFT);
    body.repeat(LEFT, () => {
      for (let i = 0; i < 16; i += 4) loadTurned(body, lanes, 4 * i, locals.slice(i, i + 4), spare);
      const chained = middle.map((local): Word => ({ local }));
      hash.compress(locals.map((local): Word => ({ local })), chained);
      middle.forEach((local, i) => {
        hash.result(i, chained[i]!);
        body.set(local);
      });
      for (const lane of lanes) body.get(lane).constant(64).addScalar().set(lane);
    });
    middle.forEach((local, i) => body.get(OUT).get(local).store(16 * i));
    body.get(IN).get(BLOCKS).constant(256).multiplyScalar().addScalar().set(IN);
    body.get(OUT).constant(NODE_OUT_BYTES).addScalar().set(OUT);
  });
  return body;
}

/**
 * The module: `memory`, `walk(steps)`, `nodes(groups, in, out)`, `messages(groups, blocks, in, out)`; counts above
 * zero.
 */
export function sha256Module(nodePrefix: number): Uint8Array<ArrayBuffer> {
  return moduleBytes(MEMORY_BYTES, { walk: walkBody(), nodes: nodesBody(nodePrefix), messages: messagesBody() });
}
