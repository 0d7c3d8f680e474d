// The keys of a gateway's headers (SPEC 4.10): one chain of hashes with a key for each slot, made from a secret and the
// slot it begins at, so that nothing but that slot has to be remembered. Pure; announcer.ts uses it.
import type { BookId, MacKey } from '#protocol';
import { Book, Purpose, bookPrefix, hmac, putU32, step, walk } from '#protocol';
import { nodeCrypto } from '../crypto/index.ts';

/** As far as one REVEAL may reach (SPEC L7.7): a day and a half of one-second slots, years of ten minutes. */
export const CHAIN_SLOTS = 131_072;
/** Keys between two that are kept: a key is then at most this many hashes away, a millisecond. */
const SPACING = 1024;

const LABEL = new Uint8Array(Buffer.from('fairhop 1 header chain', 'ascii'));

export class HeaderChainKeys {
  /** K of the slots `start`, `start + SPACING` and so on up to the last one. */
  private readonly kept: Uint8Array[] = [];
  private readonly prefix: Uint8Array;

  /** Makes the whole chain: a quarter of a second. `secret`: the gateway's, for nothing else under this label. */
  constructor(
    readonly id: BookId,
    secret: MacKey,
    readonly start: number,
  ) {
    this.prefix = bookPrefix(id, Purpose.HEADER_STEP, 0, 0);
    const salt = new Uint8Array(4);
    putU32(salt, 0, start);
    let key: Uint8Array = hmac(nodeCrypto, secret, [LABEL, salt]).slice(0, Book.LINK);
    this.kept[CHAIN_SLOTS / SPACING] = key;
    for (let slot = CHAIN_SLOTS - 1; slot >= 0; slot--) {
      key = step(nodeCrypto, this.prefix, key);
      if (slot % SPACING === 0) this.kept[slot / SPACING] = key;
    }
  }

  /** K of the first slot: public once it is registered. */
  get anchor(): Uint8Array {
    return this.kept[0]!;
  }

  /** Slots after `slot` that have a key. */
  left(slot: number): number {
    return this.start + CHAIN_SLOTS - slot;
  }

  /** Undefined outside the chain. A key is a secret until its slot is over. */
  key(slot: number): Uint8Array | undefined {
    const at = slot - this.start;
    if (at < 0 || at > CHAIN_SLOTS) return undefined;
    const above = Math.ceil(at / SPACING);
    return walk(nodeCrypto, this.prefix, this.kept[above]!, above * SPACING - at);
  }
}
