// What is kept of a chain's past when old blocks are dropped (`--keep-blocks`): the state at one height, the base, and
// by stages what the checkpoints after it changed. The base moves on a stage at a time, in one batch with the blocks
// that leave, so that a crash finds either the old base with its blocks or the new one. Called by chain-store.ts.
import { entriesOf } from '../../ledger/index.ts';
import { blockNote, noteKey, numberKey, numberOf, Table, tableKey } from './chain-keys.ts';
import { seal, unsealed } from './sealed-value.ts';
import type { Batch, Store } from './store.ts';
import { afterPrefix } from './store.ts';

/** Rows in a batch: a first base of a large state, or a first shortening of a long chain, is several. */
const BATCH_ROWS = 1000;

export type Entry = [key: Uint8Array, value: Uint8Array];

export class ChainBase {
  constructor(private readonly store: Store) {}

  /** Undefined when there is none: the chain is whole. Throws a StoreError when it is damaged. */
  height(): number | undefined {
    const [key, sealed] = [tableKey(Table.BASE), this.store.get(tableKey(Table.BASE))];
    return sealed === undefined ? undefined : numberOf(unsealed(key, sealed, 'the height of the oldest state'));
  }

  *records(): Iterable<Entry> {
    const from = tableKey(Table.BASE_STATE);
    for (const [key, value] of this.store.range({ from, to: afterPrefix(from) })) yield [key.subarray(1), value];
  }

  /** Height and log of every stage, oldest first. Throws a StoreError at a damaged one. */
  *stages(after: number): Iterable<[height: number, log: Uint8Array]> {
    const range = { from: numberKey(Table.STAGE, after + 1), to: afterPrefix(tableKey(Table.STAGE)) };
    for (const [key, sealed] of this.store.range(range)) {
      const height = numberOf(key);
      yield [height, unsealed(key, sealed, `what led to the state at height ${height}`)];
    }
  }

  /** Copies a state as the first base. Its height goes down last, so that half a copy is none and is made again. */
  begin(height: number, records: Iterable<Entry>): void {
    for (const table of [Table.BASE_STATE, Table.STAGE]) this.clear(table);
    let puts: Batch['puts'] = [];
    for (const [key, value] of records) {
      puts.push([tableKey(Table.BASE_STATE, key), value]);
      if (puts.length < BATCH_ROWS) continue;
      this.store.write({ puts, deletes: [] });
      puts = [];
    }
    this.store.write({ puts: [...puts, marker(height)], deletes: [] });
  }

  private clear(table: Table): void {
    const range = { from: tableKey(table), to: afterPrefix(tableKey(table)), limit: BATCH_ROWS };
    for (;;) {
      const deletes = [...this.store.range(range)].map(([key]) => key);
      if (deletes.length === 0) return;
      this.store.write({ puts: [], deletes });
    }
  }

  /**
   * Adds to a batch one step towards a chain that begins at or before height `limit`: the base to its next stage, and
   * blocks below it. False when there is nothing to do.
   */
  shorten(batch: Batch, limit: number, oldestBlock: number): boolean {
    const before = this.height();
    if (before === undefined) return false;
    const base = this.advance(batch, before, limit);
    if (base > limit) return false;
    const end = Math.min(base, oldestBlock + BATCH_ROWS);
    for (let height = oldestBlock; height < end; height++) {
      batch.deletes.push(numberKey(Table.BLOCK, height), noteKey(blockNote(height)));
    }
    return base !== before || end > oldestBlock;
  }

  private advance(batch: Batch, base: number, limit: number): number {
    for (const [height, log] of this.stages(base)) {
      if (height > limit) break;
      for (const [key, value] of entriesOf(log)) {
        if (value === undefined) batch.deletes.push(tableKey(Table.BASE_STATE, key));
        else batch.puts.push([tableKey(Table.BASE_STATE, key), value]);
      }
      batch.deletes.push(numberKey(Table.STAGE, height));
      batch.puts.push(marker(height));
      return height;
    }
    return base;
  }
}

/** What the chain stores with a checkpoint so that the base can follow it. */
export function stageRow(height: number, log: Uint8Array): Entry {
  const key = numberKey(Table.STAGE, height);
  return [key, seal(key, log)];
}

function marker(height: number): Entry {
  const key = tableKey(Table.BASE);
  return [key, seal(key, numberKey(Table.BASE, height))];
}
