// Memory that threads share to walk one batch of payment chains together: what is to be walked, in parts that whoever
// is free takes next, and a place of each hand's own for what it found. Nothing waits for a thread that has taken
// nothing, and what a slow one finds too late is never read. Used by walk-threads.ts and, in the thread, by
// walk-thread.ts; what a walk is stands in ledger/hash/pair-walks.ts.
import { LANES, walkPairs, WALK_WORDS, type Lanes, type PairWalks } from '../ledger/hash/pair-walks.ts';

/** Walks in one batch; a larger one is shared in several. */
export const WALKS_MAX = 8192;
const MARKS = 2;
/** Words in front: the part to take next with the batch's number above it, a bell, walks, walks a part. */
const [NEXT, BELL, COUNT, SIZE] = [0, 1, 2, 3] as const;
const HEAD_WORDS = 4;
/** A part is a group of four at least, and there is a bit more than needed for those who ask once too often. */
const PARTS_MAX = WALKS_MAX / LANES;
const PART_BITS = 12;
const BATCHES = 1 << 19;
/** A part's tag: batch, hand, whether it is done. */
const [HAND_SHIFT, BATCH_SHIFT, DONE] = [1, 5, 1] as const;

function tagOf(batch: number, hand: number): number {
  return (batch << BATCH_SHIFT) | (hand << HAND_SHIFT);
}

export class WalkBoard {
  private readonly head: Int32Array;
  private readonly tags: Int32Array;
  private readonly starts: Int32Array;
  private readonly marks: Int32Array;
  private readonly links: Int32Array[];
  private batch = 0;

  /** `hands` work on it, numbered from 0; the first is who posts. */
  constructor(
    readonly buffer: SharedArrayBuffer,
    hands: number,
  ) {
    let at = 0;
    const words = (count: number): Int32Array => {
      const part = new Int32Array(buffer, 4 * at, count);
      at += count;
      return part;
    };
    this.head = words(HEAD_WORDS);
    this.tags = words(PARTS_MAX);
    this.starts = words(WALK_WORDS * WALKS_MAX);
    this.marks = words(MARKS * WALKS_MAX);
    this.links = Array.from({ length: hands }, () => words(WALK_WORDS * WALKS_MAX));
  }

  static create(hands: number): WalkBoard {
    const words = HEAD_WORDS + PARTS_MAX + WALKS_MAX * (WALK_WORDS + MARKS + hands * WALK_WORDS);
    return new WalkBoard(new SharedArrayBuffer(4 * words), hands);
  }

  /** Puts the walks named by `order` on the board, `size` (a multiple of four) a part, and wakes the threads. */
  post(walks: PairWalks, order: Uint32Array, size: number): void {
    this.batch = (this.batch + 1) % BATCHES;
    // Closed while it is written: who is late with the last batch sees the new number and lets go.
    Atomics.store(this.head, NEXT, (this.batch << PART_BITS) | PARTS_MAX);
    Atomics.store(this.head, COUNT, order.length);
    Atomics.store(this.head, SIZE, size);
    for (let part = 0; part * size < order.length; part++) Atomics.store(this.tags, part, 0);
    for (let i = 0; i < order.length; i++) {
      const walk = order[i]!;
      for (let word = 0; word < WALK_WORDS; word++)
        this.starts[WALK_WORDS * i + word] = walks.starts[WALK_WORDS * walk + word]!;
      for (let mark = 0; mark < MARKS; mark++) this.marks[MARKS * i + mark] = walks.marks[MARKS * walk + mark]!;
    }
    Atomics.store(this.head, NEXT, this.batch << PART_BITS);
    Atomics.add(this.head, BELL, 1);
    Atomics.notify(this.head, BELL);
  }

  /** Sleeps until a batch is posted after `heard`; the bell then. */
  sleep(heard: number): number {
    Atomics.wait(this.head, BELL, heard);
    return Atomics.load(this.head, BELL);
  }

  /** Takes part after part until none is left. */
  work(hand: number, lanes: Lanes): void {
    for (;;) {
      const ticket = Atomics.add(this.head, NEXT, 1);
      const [batch, part] = [ticket >>> PART_BITS, ticket & ((1 << PART_BITS) - 1)];
      const [count, size] = [Atomics.load(this.head, COUNT), Atomics.load(this.head, SIZE)];
      if (Atomics.load(this.head, NEXT) >>> PART_BITS !== batch) continue;
      if (part * size >= count) return;
      this.walkPart(hand, lanes, tagOf(batch, hand), part, size, count);
    }
  }

  private walkPart(hand: number, lanes: Lanes, tag: number, part: number, size: number, posted: number): void {
    Atomics.store(this.tags, part, tag);
    const first = part * size;
    const end = Math.min(first + size, posted);
    // Copies: on the board the next batch may come in, when this hand is late.
    const starts = this.starts.slice(WALK_WORDS * first, WALK_WORDS * end);
    const marks = this.marks.slice(MARKS * first, MARKS * end);
    const links = new Int32Array(starts.length);
    walkPairs(lanes, { count: end - first, starts, marks, links });
    this.links[hand]!.set(links, WALK_WORDS * first);
    Atomics.compareExchange(this.tags, part, tag, tag | DONE);
    Atomics.notify(this.tags, part);
  }

  /**
   * For hand 0, once nothing is left to take: everybody's links into those of `walks`. Waits at most `patienceMs` for
   * parts that others have taken, and walks again what is not there by then. The number of parts that others did.
   */
  collect(walks: PairWalks, order: Uint32Array, lanes: Lanes, patienceMs: number): number {
    const untilMs = performance.now() + patienceMs;
    const size = Atomics.load(this.head, SIZE);
    let helped = 0;
    for (let first = 0; first < order.length; first += size) {
      const hand = this.doneBy(first / size, size, order.length, lanes, untilMs);
      const found = this.links[hand]!;
      if (hand > 0) helped++;
      for (let i = first; i < Math.min(first + size, order.length); i++) {
        for (let word = 0; word < WALK_WORDS; word++)
          walks.links[WALK_WORDS * order[i]! + word] = found[WALK_WORDS * i + word]!;
      }
    }
    return helped;
  }

  /** The hand that has done a part of this batch. */
  private doneBy(part: number, size: number, posted: number, lanes: Lanes, untilMs: number): number {
    for (;;) {
      const tag = Atomics.load(this.tags, part);
      if (tag >>> BATCH_SHIFT === this.batch && (tag & DONE) !== 0) return (tag & 31) >> HAND_SHIFT;
      const leftMs = untilMs - performance.now();
      if (leftMs > 0) Atomics.wait(this.tags, part, tag, leftMs);
      else this.walkPart(0, lanes, tagOf(this.batch, 0), part, size, posted);
    }
  }
}
