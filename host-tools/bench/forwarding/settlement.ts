// What is left of settlement.ts in a firmware that only forwards: where a packet goes next. No promise, no receipt.
import { Pn, type MeshNode } from '#mesh';

type Core = MeshNode['core'];
type Outbox = MeshNode['outbox'];
type Pending = MeshNode['relay']['pending'];

const NOTHING = new Uint8Array(0);

export class Settlement {
  pending: Pending;
  overheard: number;

  constructor(_core: Core, _outbox: Outbox, pending: Pending) {
    this.pending = pending;
    this.overheard = 0;
  }

  assign(rec: number, down: number, _out: number): void {
    this.pending.set8(rec, Pn.DOWN, down);
  }

  release(_rec: number): void {}

  receipt(_entry: Uint8Array, _at: number, _nb: number): void {}

  hostReceipt(_lock: Uint8Array, _x: Uint8Array): boolean {
    return false;
  }

  receiptDue(_rec: number, _delayMs: number): void {}

  collectReceipts(_up: number, _most: number, _alone: boolean): Uint8Array {
    return NOTHING;
  }

  composeReceipt(_up: number): Uint8Array | undefined {
    return undefined;
  }
}
