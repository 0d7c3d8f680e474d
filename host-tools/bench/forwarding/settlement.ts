// What is left of settlement.ts in a firmware that only forwards: where a packet goes next. No promise, no receipt.
import { Pn, PnState, Size, type MeshNode } from '#mesh';

type Core = MeshNode['core'];
type Outbox = MeshNode['outbox'];
type Pending = MeshNode['relay']['pending'];

const NOTHING = new Uint8Array(0);
/** Of the at least 30 s that a record lives; the first six know a repetition. */
const KNOWN_DS = 240;

export class Settlement {
  core: Core;
  pending: Pending;
  overheard: number;

  constructor(core: Core, _outbox: Outbox, pending: Pending) {
    this.core = core;
    this.pending = pending;
    this.overheard = 0;
  }

  assign(rec: number, down: number, _out: number): void {
    this.pending.set8(rec, Pn.DOWN, down);
  }

  release(_rec: number): void {}

  lapse(_rec: number): void {}

  receipt(_entry: Uint8Array, _at: number, _nb: number): void {}

  hostReceipt(_lock: Uint8Array, _x: Uint8Array): boolean {
    return false;
  }

  receiptDue(_rec: number, _delayMs: number): void {}

  /** Nothing settles a record here, so one that was handed on makes room as soon as it need not know repetitions. */
  collectReceipts(_up: number, _most: number, _alone: boolean): Uint8Array {
    for (let i = 0; i < Size.PENDING; i++) {
      if (this.pending.get8(i, Pn.STATE) !== PnState.ACKED) continue;
      if (this.pending.get32(i, Pn.EXPIRY) - this.core.nowDs() < KNOWN_DS) this.pending.free(i);
    }
    return NOTHING;
  }

  composeReceipt(_up: number): Uint8Array | undefined {
    return undefined;
  }
}
