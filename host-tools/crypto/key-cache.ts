// A bounded memory of imported keys, the least recently used forgotten first. Importing a key costs about as
// much as a signature check of a short message, and a ledger sees the same few hundred signers again and
// again.
import type { KeyObject } from 'node:crypto';

export class KeyCache {
  private readonly keys = new Map<string, KeyObject>();

  constructor(
    private readonly capacity: number,
    private readonly load: (raw: Uint8Array) => KeyObject,
  ) {}

  get(raw: Uint8Array): KeyObject {
    const name = Buffer.from(raw).toString('latin1');
    const key = this.keys.get(name) ?? this.load(raw);
    // Map keeps the order of insertion: taken out and put back, an entry is the youngest again.
    this.keys.delete(name);
    this.keys.set(name, key);
    if (this.keys.size > this.capacity) this.keys.delete(this.keys.keys().next().value as string);
    return key;
  }
}
