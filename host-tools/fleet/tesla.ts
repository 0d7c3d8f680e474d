// A gateway's part in the draw of leaders (SPEC L7.7, L8.4): a chain of keys of which one is revealed each epoch. The
// keys follow from the block seed, so nothing has to be kept. Makes the transactions that are due; sends nothing.
import { createHmac } from 'node:crypto';
import { bookPrefix, Purpose, step, walk } from '#protocol';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../crypto/index.ts';
import { encodeTx, signTx, TxKind, type Ledger } from '../ledger/index.ts';

/** Slots from anchor to end of a chain: what a REVEAL may span (SPEC L7.7). */
const LENGTH = 131072;
/** A new chain is registered when less than this is left: it counts two epochs later. */
const RESERVE = 3;
/** Every so many keys one is kept, so that none is further than this from a kept one. */
const STRIDE = 256;
const CHAINS_MAX = 2;

export class TeslaKeeper {
  /** Every so manieth key of a chain, from its end down, by its end; two chains at most overlap. */
  private readonly chains = new Map<number, Uint8Array[]>();
  private readonly prefix: Uint8Array;

  constructor(
    private readonly ledger: Ledger,
    private readonly address: number,
    private readonly ownerSeed: Uint8Array,
    private readonly blockSeed: Uint8Array,
  ) {
    this.prefix = bookPrefix({ ledger: ledger.ledgerId, address, generation: 0 }, Purpose.HEADER_STEP, 0, 0);
  }

  /** The transaction that the ledger lacks from this gateway now, if any. */
  due(): Uint8Array | undefined {
    const { ledger, address } = this;
    const gateway = ledger.gateway(address);
    const { slot, epochSlot } = ledger.counters;
    if (gateway === undefined || gateway.admitted === 0 || slot === 0) return undefined;
    const epoch = Math.floor((ledger.height + 1) / ledger.params.epoch);
    const end = gateway.registered === 0 ? -1 : this.endOf(gateway.anchorSlot, gateway.teslaAnchor);
    if (end < 0 || end - slot < RESERVE * ledger.params.epoch) return this.register(slot);
    if (gateway.revealed === epoch + 1 || epochSlot <= gateway.anchorSlot) return undefined;
    return encodeTx({ kind: TxKind.REVEAL, gateway: address, key: this.keyAt(epochSlot, end) });
  }

  /** Where the registered chain ends: it is one of ours, and its end is a multiple of the half length. */
  private endOf(anchorSlot: number, anchor: Uint8Array): number {
    const half = LENGTH / 2;
    const first = (Math.floor(anchorSlot / half) + 1) * half;
    for (const end of [first, first + half]) {
      if (end - anchorSlot <= LENGTH && Buffer.compare(this.keyAt(anchorSlot, end), anchor) === 0) return end;
    }
    return -1;
  }

  private register(slot: number): Uint8Array | undefined {
    const owner = ed25519PublicKey(this.ownerSeed);
    const account = this.ledger.account(owner);
    if (account === undefined) return undefined;
    const half = LENGTH / 2;
    const end = (Math.floor(slot / half) + 2) * half;
    const fields = {
      address: this.address,
      owner,
      blockKey: ed25519PublicKey(this.blockSeed),
      teslaAnchor: this.keyAt(slot, end),
      anchorSlot: slot,
      nonce: account.nonce, // In steps, so that asking again gives the same bytes.
      validUntil: Math.ceil((this.ledger.height + 100) / 100) * 100,
    };
    return signTx(this.ledger.ledgerId, TxKind.GATEWAY, fields, (message) => signEd25519(this.ownerSeed, message));
  }

  private keyAt(slot: number, end: number): Uint8Array {
    const kept = this.chains.get(end) ?? this.make(end);
    const fromEnd = end - slot;
    const mark = Math.min(Math.floor(fromEnd / STRIDE), kept.length - 1);
    return walk(nodeCrypto, this.prefix, kept[mark]!, fromEnd - mark * STRIDE).slice();
  }

  private make(end: number): Uint8Array[] {
    const secret = createHmac('sha256', this.blockSeed)
      .update(`fairhop leader draw ${end}`)
      .update(this.ledger.ledgerId);
    let key = new Uint8Array(secret.digest().subarray(0, 16));
    const kept: Uint8Array[] = [];
    for (let i = 0; i <= LENGTH; i++) {
      if (i % STRIDE === 0) kept.push(key.slice());
      key = new Uint8Array(step(nodeCrypto, this.prefix, key));
    }
    if (this.chains.size >= CHAINS_MAX) this.chains.delete(this.chains.keys().next().value!);
    this.chains.set(end, kept);
    return kept;
  }
}
