// Which entry of the log is the next block (SPEC F2): a function of the entries so far and the ledger's state, never of
// a local clock, so every gateway takes the same ones and skips the same ones. First valid wins.
import type { Block, Ledger } from '../ledger/index.ts';
import { BlockCode, blockCodeText, decodeBlock } from '../ledger/index.ts';
import type { LogEntry } from './ordered-log.ts';
import { rankStartMs, type SlotClock } from './slot-clock.ts';

/** Entries of one gateway that are looked at within one slot of stamps; a block and its repetition need two. */
export const ENTRIES_PER_SLOT = 4;

export type Skip =
  'not a gateway' | 'too many' | 'not a block' | 'not its own' | 'wrong time' | `block: ${string}`;

export type Verdict =
  | { applied: true; block: Block }
  /** `block` where the entry was a block of its author's at all. */
  | { applied: false; skip: Skip; block?: Block };

/** How far a reader is; stored with each block and compared by nobody, because it follows from the log. */
export interface Position {
  /** Sequence of the last entry that was judged. */
  sequence: number;
  /** Slot of that entry's stamp, and how many entries each gateway has written since the log entered it. */
  slot: number;
  counts: [author: number, entries: number][];
}

export const START: Position = { sequence: 0, slot: 0, counts: [] };

export class Judge {
  private sequence: number;
  private slot: number;
  private readonly counts: Map<number, number>;

  constructor(
    private readonly ledger: Ledger,
    private readonly clock: SlotClock,
    from: Position = START,
  ) {
    this.sequence = from.sequence;
    this.slot = from.slot;
    this.counts = new Map(from.counts);
  }

  get position(): Position {
    return { sequence: this.sequence, slot: this.slot, counts: [...this.counts] };
  }

  /** Entries in the log's order, none left out. An applied block is on the ledger when this returns. */
  judge(entry: LogEntry): Verdict {
    const skip = this.admit(entry);
    if (skip !== undefined) return { applied: false, skip };
    const block = decodeBlock(entry.bytes);
    if (block === undefined) return { applied: false, skip: 'not a block' };
    if (block.header.producer !== entry.author) return { applied: false, skip: 'not its own' };
    if (!this.isInTime(block, entry.stampMs)) return { applied: false, skip: 'wrong time', block };
    const result = this.ledger.applyBlock(entry.bytes);
    if (result.code === BlockCode.OK) return { applied: true, block };
    return { applied: false, skip: `block: ${blockCodeText(result.code)}`, block };
  }

  /** Counts an entry; what needs no look inside. Also how a reader comes to a position without judging. */
  admit({ sequence, author, stampMs }: LogEntry): Skip | undefined {
    if (sequence !== this.sequence + 1) throw new Error(`entry ${sequence} after ${this.sequence}`);
    this.sequence = sequence;
    const slot = this.clock.slotOf(stampMs);
    if (slot !== this.slot) {
      this.slot = slot;
      this.counts.clear();
    }
    if (this.ledger.gateway(author) === undefined) return 'not a gateway';
    const entries = (this.counts.get(author) ?? 0) + 1;
    this.counts.set(author, entries);
    return entries > ENTRIES_PER_SLOT ? 'too many' : undefined;
  }

  private isInTime({ header: { slot, rank } }: Block, stampMs: number): boolean {
    return stampMs >= rankStartMs(this.clock, slot, rank) && stampMs < this.clock.startMs(slot + 1);
  }
}
