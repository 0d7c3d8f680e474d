// The tables of a stored chain and their keys: first byte the table, then what numbers or names a row. Shared by the
// chain (chain-store.ts) and by what is kept of a shortened one (chain-base.ts); knows no values.

/** First byte of every key: which table it belongs to. */
export const enum Table {
  FORMAT = 0,
  GENESIS = 1,
  BLOCK = 2,
  STATE = 3,
  BOOK = 4,
  NOTE = 5,
  PACKET = 6,
  CHECKPOINT = 7,
  /** Height of the oldest state kept, its records, and by height what later checkpoints changed. */
  BASE = 8,
  BASE_STATE = 9,
  STAGE = 10,
}

/** Bytes of a key where all of a table have the same. */
const KEY_SIZES: Partial<Record<number, number>> = {
  [Table.FORMAT]: 1,
  [Table.GENESIS]: 1,
  [Table.BLOCK]: 7,
  [Table.BOOK]: 33,
  [Table.PACKET]: 7,
  [Table.CHECKPOINT]: 1,
  [Table.BASE]: 1,
  [Table.STAGE]: 7,
};

export function isKnownKey(key: Uint8Array): boolean {
  const size = KEY_SIZES[key[0]!];
  return size === undefined ? key[0]! <= Table.STAGE : key.length === size;
}

export function tableKey(table: Table, id: Uint8Array = new Uint8Array(0)): Uint8Array {
  const key = new Uint8Array(1 + id.length);
  key[0] = table;
  key.set(id, 1);
  return key;
}

export function numberKey(table: Table, number: number): Uint8Array {
  const key = Buffer.alloc(7);
  key[0] = table;
  key.writeUIntBE(number, 1, 6);
  return key;
}

export function numberOf(key: Uint8Array): number {
  return Buffer.from(key.buffer, key.byteOffset, key.length).readUIntBE(1, 6);
}

export function noteKey(name: string): Uint8Array {
  return tableKey(Table.NOTE, new TextEncoder().encode(name));
}

/** Name of the note that goes with a block and leaves with it. */
export const blockNote = (height: number): string => `work ${height}`;
