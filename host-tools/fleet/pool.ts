// Transactions that wait, from all gateways (SPEC F3). Each gateway has a share of the places and answers for what it
// sends: false transactions cost it its share for a while. What is in here is local; the ledger decides what counts.
import { nodeCrypto } from '../crypto/index.ts';
import { Bound, decodeTx, TxCode, TxKind, txId, type Ledger } from '../ledger/index.ts';

/** Places of all gateways together. */
const PLACES = 4 * Bound.BLOCK_TRANSACTIONS;
/** Blocks that a refused transaction waits for another one to make it valid (a nonce, an account, a channel). */
const PATIENCE = 16;
/** False transactions after which a gateway's are not looked at; one is forgiven with every block. */
const FAULTS_MAX = 64;

/** Slots that a valid transaction may wait before its absence from a block with room for it is noted. */
const LEFT_OUT_SLOTS = 2;
/** Transactions tried for that after a block. */
const LEFT_OUT_TRIED = 16;

/** Blocks that may leave a transaction out before it goes first in our own (SPEC L5.4). */
const WAITS_MAX = 2;

/** What another transaction may still make valid. */
const WAITS: readonly TxCode[] = [
  TxCode.BAD_NONCE,
  TxCode.UNKNOWN_OWNER,
  TxCode.UNKNOWN_NODE,
  TxCode.UNKNOWN_GATEWAY,
  TxCode.UNKNOWN_COMMUNITY,
  TxCode.UNKNOWN_CHANNEL,
  TxCode.UNKNOWN_PROPOSAL,
  TxCode.NO_FREE_CREDIT,
  TxCode.NO_ROOM_TO_OPEN,
  TxCode.BAD_AMOUNT,
  TxCode.NOT_NEWER,
  TxCode.SUPERSEDED,
  TxCode.BLOCK_FULL,
];

interface Waiting {
  id: string;
  bytes: Uint8Array;
  author: number;
  /** Height of the ledger when it came. */
  since: number;
  sinceSlot: number;
  /** Of a claim: what must be settled for it to be over. */
  claim?: { payer: number; generation: number; chain: number; number: number };
}

export class FleetPool {
  private readonly waiting = new Map<string, Waiting>();
  private readonly used = new Map<number, number>();
  private readonly faults = new Map<number, number>();

  constructor(private readonly ledger: Ledger) {}

  get size(): number {
    return this.waiting.size;
  }

  /** OK, or a code that another transaction may cure: it waits here. Else it is refused, and held against `author`. */
  offer(author: number, bytes: Uint8Array): TxCode {
    if ((this.faults.get(author) ?? 0) >= FAULTS_MAX) return TxCode.BLOCK_FULL;
    const id = idOf(bytes);
    const { name, claim } = placeOf(author, id, bytes);
    const known = this.waiting.get(name);
    if (known !== undefined && (claim === undefined || known.claim!.number >= claim.number)) return TxCode.OK;
    if (known === undefined && !this.hasRoom(author)) return TxCode.BLOCK_FULL;
    const code = this.ledger.check(bytes);
    if (code !== TxCode.OK && !WAITS.includes(code)) {
      this.faults.set(author, (this.faults.get(author) ?? 0) + 1);
      return code;
    }
    if (known === undefined) this.used.set(author, (this.used.get(author) ?? 0) + 1);
    this.waiting.set(name, {
      id,
      bytes,
      author,
      since: this.ledger.height,
      sinceSlot: this.ledger.counters.slot,
      ...(claim !== undefined && { claim }),
    });
    return code;
  }

  /** Nobody can take the others' places: each gateway may use an equal share. */
  private hasRoom(author: number): boolean {
    const gateways = Math.max(1, [...this.ledger.gateways()].length);
    return (this.used.get(author) ?? 0) < Math.ceil(PLACES / gateways);
  }

  /** The oldest first; the first `waited` have seen two blocks without them (SPEC L5.4). */
  candidates(): { candidates: Uint8Array[]; waited: number } {
    const waiting = [...this.waiting.values()].sort((a, b) => a.since - b.since);
    const waited = waiting.filter(({ since }) => this.ledger.height - since >= WAITS_MAX).length;
    return { candidates: waiting.map(({ bytes }) => bytes), waited };
  }

  /** After each block: what it holds leaves, claims that it has overtaken too, and what has waited in vain. */
  settle(transactions: Uint8Array[]): void {
    const ids = new Set(this.waiting.size === 0 ? [] : transactions.map(idOf));
    for (const [name, waiting] of this.waiting) {
      if (ids.has(waiting.id) || this.isOver(waiting)) this.remove(name, waiting);
    }
    for (const [author, faults] of this.faults) {
      if (faults > 1) this.faults.set(author, faults - 1);
      else this.faults.delete(author);
    }
  }

  /**
   * Whether the block that was just applied left out what it should have held (SPEC F3): something that waited for two
   * slots or more, is valid, and had room. Called after `settle`.
   */
  leavesOut(bodyBytes: number): boolean {
    const { ledger } = this;
    let tried = 0;
    for (const { bytes, sinceSlot, claim } of this.waiting.values()) {
      if (ledger.counters.slot - sinceSlot < LEFT_OUT_SLOTS) continue;
      if (tried++ >= LEFT_OUT_TRIED) return false;
      if (bodyBytes + 2 + bytes.length > Bound.BLOCK_BYTES) continue;
      // A block takes one claim of a channel.
      const channel = claim && ledger.channel(claim.payer, claim.generation, claim.chain);
      if (channel?.claimed !== ledger.height && ledger.check(bytes) === TxCode.OK) return true;
    }
    return false;
  }

  private isOver({ bytes, since, claim }: Waiting): boolean {
    if (claim !== undefined) {
      const channel = this.ledger.channel(claim.payer, claim.generation, claim.chain);
      if (channel !== undefined && channel.settled > claim.number) return true;
    }
    const age = this.ledger.height - since;
    return age > 0 && age % PATIENCE === 0 && this.ledger.check(bytes) !== TxCode.OK;
  }

  private remove(name: string, { author }: Waiting): void {
    this.waiting.delete(name);
    this.used.set(author, this.used.get(author)! - 1);
  }
}

export function idOf(transaction: Uint8Array): string {
  return Buffer.from(txId(nodeCrypto, transaction)).toString('hex');
}

/** Of several claims of one author on one channel only the highest is kept; another author's cannot displace it. */
function placeOf(author: number, id: string, bytes: Uint8Array): { name: string; claim?: Waiting['claim'] } {
  const decoded = decodeTx(bytes);
  if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.CLAIM) return { name: id };
  const { payer, generation, chain, number } = decoded.tx;
  return { name: `${author} ${payer} ${generation} ${chain}`, claim: { payer, generation, chain, number } };
}
