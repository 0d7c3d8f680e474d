// The payment chains of a block's claims, walked ahead of the rules and all together, which is where most of a
// block's time would go. Flat arrays; a claim knows its walk by number. Decides nothing: channel.ts does.
import type { BookId } from '#protocol';
import { payPrefix } from '#protocol';
import { shaEngine, wordAt } from '../hash/sha-engine.ts';
import type { PairWalks } from '../hash/pair-walks.ts';
import type { Channel } from '../records.ts';
import type { ClaimTx } from '../tx.ts';

const WORDS = 4;
const LINK_BYTES = 16;

/** Words of a chain's prefix without the channel, to which `add` adds it (SPEC 6.1: address, generation, chain). */
function prefixWords(ledger: Uint8Array): number[] {
  const id: BookId = { ledger, address: 0, generation: 0 };
  const prefix = payPrefix(id, 0);
  return [0, 4, 8, 12].map((at) => wordAt(prefix, at));
}

export class ClaimWalks implements PairWalks {
  count = 0;
  readonly starts: Int32Array;
  readonly marks: Int32Array;
  readonly links: Int32Array;
  private readonly prefix: number[];

  constructor(
    private readonly ledgerId: Uint8Array,
    most: number,
  ) {
    this.prefix = prefixWords(ledgerId);
    this.starts = new Int32Array(2 * WORDS * most);
    this.marks = new Int32Array(2 * most);
    this.links = new Int32Array(2 * WORDS * most);
  }

  /** The walk from the claim's link to the links that `to` and `settled` count; its number. */
  add({ payer, generation, chain, number, link }: ClaimTx, to: number, settled: number): number {
    const { starts, prefix } = this;
    const at = 2 * WORDS * this.count;
    starts[at] = prefix[0]!;
    starts[at + 1] = prefix[1]!;
    starts[at + 2] = prefix[2]! | (payer >>> 8);
    starts[at + 3] = prefix[3]! | (payer << 24) | (generation << 16) | (chain << 8);
    for (let i = 0; i < WORDS; i++) starts[at + WORDS + i] = wordAt(link, 4 * i);
    this.marks[2 * this.count] = number - to;
    this.marks[2 * this.count + 1] = number - settled;
    return this.count++;
  }

  run(): void {
    shaEngine().walkPairs(this);
  }

  /**
   * The claim's link at `to`, or undefined when the claim's link does not lead to the channel's. A walk that was made
   * for another limit (this block has refilled the channel since), or none, is made now.
   */
  proven(walk: number | undefined, tx: ClaimTx, channel: Channel, to: number): Uint8Array | undefined {
    const fits =
      walk !== undefined &&
      this.marks[2 * walk] === tx.number - to &&
      this.marks[2 * walk + 1] === tx.number - channel.settled;
    if (!fits) {
      const one = new ClaimWalks(this.ledgerId, 1);
      one.add(tx, to, channel.settled);
      one.run();
      return one.proven(0, tx, channel, to);
    }
    const at = 2 * WORDS * walk;
    for (let i = 0; i < WORDS; i++) {
      if (this.links[at + WORDS + i] !== wordAt(channel.link, 4 * i)) return undefined;
    }
    const link = new Uint8Array(LINK_BYTES);
    for (let i = 0; i < LINK_BYTES; i++) link[i] = this.links[at + (i >> 2)]! >>> (24 - 8 * (i & 3));
    return link;
  }
}
