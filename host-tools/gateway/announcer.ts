// What a gateway says of its chain by itself: its header chain on the ledger, the key of each epoch's last slot, and a
// header for the air once a slot as far as the air allows (SPEC 4.10, L7.7). Decides what and when; the caller hands
// transactions to the pool and headers to the board. Time comes in as an argument.
import { Header, Wire, putU32, timeOnAirMs, writeHeader, macKey, type BookId } from '#protocol';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../crypto/index.ts';
import { TxKind, encodeTx, radioOf, signTx, type Ledger } from '../ledger/index.ts';
import { CHAIN_SLOTS, HeaderChainKeys } from './header-chain.ts';

export interface AnnouncerParts {
  ledger: Ledger;
  address: number;
  blockSeed: Uint8Array;
  /** Of the gateway's owner: registering a chain is a transaction of his. */
  ownerSeed: Uint8Array;
  /** Where the chain begins is remembered in the store. */
  recall(): number | undefined;
  remember(startSlot: number): void;
}

/** What goes to the board: a HEADER without type, alias, hops and MIC (docs/console.md). */
export const HEADER_BODY = Header.SIZE - Header.GATEWAY - Wire.MIC;
/** Every node of the mesh repeats a header once, so each gets at most this share of the air. */
const AIR_SHARE = 200;
/** A new chain is registered when this much of the old one is left. */
const RENEW_SLOTS = CHAIN_SLOTS / 16;
const VALID_HEIGHTS = 20;

export class Announcer {
  private keys: HeaderChainKeys | undefined;
  private lastSlot = 0;
  private notBeforeMs = 0;
  /** The height at which a registration was handed in last; it is repeated when its time is over. */
  private askedAt = -VALID_HEIGHTS;
  private readonly airtimeMs: number;

  constructor(private readonly parts: AnnouncerParts) {
    this.airtimeMs = timeOnAirMs(radioOf(parts.ledger.params), Header.SIZE);
    const start = parts.recall();
    if (start !== undefined) this.keys = this.chainFrom(start);
  }

  private get id(): BookId {
    return { ledger: this.parts.ledger.ledgerId, address: this.parts.address, generation: 0 };
  }

  private chainFrom(start: number): HeaderChainKeys {
    return new HeaderChainKeys(this.id, macKey(this.parts.blockSeed), start);
  }

  /** Whether the ledger has this chain: only then can anybody check a header. */
  get isRegistered(): boolean {
    const { ledger, address } = this.parts;
    const known = ledger.gateway(address);
    const key = known === undefined ? undefined : this.keys?.key(known.anchorSlot);
    return key !== undefined && Buffer.compare(key, known!.teslaAnchor) === 0;
  }

  /** After each block: what the ledger should hear, at most one of each. */
  transactions(timeS: number): Uint8Array[] {
    const { ledger } = this.parts;
    const slot = ledger.slotAt(timeS);
    if (!this.isRegistered || this.keys!.left(slot) < RENEW_SLOTS) return this.register(slot);
    const reveal = this.reveal();
    return reveal === undefined ? [] : [reveal];
  }

  private register(slot: number): Uint8Array[] {
    const { ledger, address, blockSeed, ownerSeed } = this.parts;
    const key = ed25519PublicKey(ownerSeed);
    const owner = ledger.account(key);
    // Its own board joins first: the nonces of the founding's joins were given away in a row.
    if (owner === undefined || ledger.height === 0 || ledger.height - this.askedAt < VALID_HEIGHTS) return [];
    this.askedAt = ledger.height;
    if (this.keys === undefined || this.keys.left(slot) < RENEW_SLOTS) {
      this.parts.remember(slot);
      this.keys = this.chainFrom(slot);
    }
    const { anchor, start } = this.keys;
    const fields = {
      address, owner: key, blockKey: ed25519PublicKey(blockSeed), teslaAnchor: anchor, anchorSlot: start,
      nonce: owner.nonce, validUntil: ledger.height + VALID_HEIGHTS,
    };
    return [signTx(ledger.ledgerId, TxKind.GATEWAY, fields, (message) => signEd25519(ownerSeed, message))];
  }

  /** The key of the last epoch's last slot: its slot is over, so it is no secret any more. */
  private reveal(): Uint8Array | undefined {
    const { ledger, address } = this.parts;
    const { epochSlot, slot } = ledger.counters;
    const known = ledger.gateway(address)!;
    const epoch = Math.floor((ledger.height + 1) / ledger.params.epoch);
    if (known.revealed === epoch + 1 || epochSlot <= known.anchorSlot || slot <= epochSlot) return undefined;
    const key = this.keys!.key(epochSlot);
    return key === undefined ? undefined : encodeTx({ kind: TxKind.REVEAL, gateway: address, key });
  }

  /** The header of this slot, or undefined when there is none, or it is too early for another one on the air. */
  header(nowMs: number): Uint8Array | undefined {
    const { ledger } = this.parts;
    const slot = ledger.slotAt(Math.floor(nowMs / 1000));
    // Behind the chain the clock is wrong, and what it would sign with may be public already.
    if (slot <= this.lastSlot || slot < ledger.counters.slot || ledger.height === 0) return undefined;
    if (nowMs < this.notBeforeMs || !this.isRegistered) return undefined;
    const [before, key] = [this.keys!.key(slot - 1), this.keys!.key(slot)];
    if (before === undefined || key === undefined) return undefined;
    this.lastSlot = slot;
    this.notBeforeMs = nowMs + AIR_SHARE * this.airtimeMs;
    const frame = new Uint8Array(Header.SIZE);
    writeHeader(nodeCrypto, this.id, slot, ledger.height, ledger.stateRoot(), before, key, frame);
    return frame.slice(Header.GATEWAY, Header.GATEWAY + HEADER_BODY);
  }

  /** A slot and its key that may be told to anybody; undefined before the chain is registered. */
  disclosed(timeS: number): { slot: number; key: Uint8Array } | undefined {
    if (!this.isRegistered) return undefined;
    const slot = Math.min(this.parts.ledger.slotAt(timeS), this.parts.ledger.counters.slot) - 1;
    const key = this.keys!.key(slot);
    return key === undefined ? undefined : { slot, key };
  }
}

/** As the store keeps it. */
export function slotBytes(slot: number): Uint8Array {
  const bytes = new Uint8Array(4);
  putU32(bytes, 0, slot);
  return bytes;
}
