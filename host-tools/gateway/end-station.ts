// The gateway's end of every packet (SPEC 4.2, 7.3): its board relays and is paid like any other, but the
// end-to-end keys of a whole community do not fit on it, so the host numbers, encrypts, opens and proves. Pure:
// keys and positions come in, bytes go out; the store keeps the packet number.
import type { Crypto, MacKey } from '#protocol';
import { Class, Wire, isService, lockOf, macKey, packetNonce, preimage } from '#protocol';
import { nodeCrypto, pairKeys, x25519 } from '../crypto/index.ts';

export interface ArrivedPacket {
  src: number;
  seq16: number;
  packetClass: number;
  lock: Uint8Array;
  ciphertext: Uint8Array;
}

export type Opened =
  | { ok: true; plaintext: Uint8Array; preimage: Uint8Array; repeated: boolean }
  | { ok: false; reason: 'unknown source' | 'not genuine' | 'wrong class' };

/** What the board needs to send for the host: class and lock if unbacked, lock if backed, then the ciphertext. */
export interface PreparedPacket {
  dst: number;
  seq16: number;
  bytes: Uint8Array;
}

/** What of a peer must survive the host: the highest packet number opened, and which of the 32 below it were. */
export interface PeerPosition {
  address: number;
  /** The numbers of a board with a new key begin anew. */
  linkKey: Uint8Array;
  last: number;
  seen: number;
}

interface Peer extends PeerPosition {
  mac: MacKey;
  cipher: Uint8Array;
}

const WINDOW = 32;

export class EndStation {
  private readonly peers = new Map<number, Peer>();
  /** Of peers not met since `restore`. */
  private readonly kept = new Map<number, PeerPosition>();

  /**
   * `linkKeyOf(address)`: the X25519 key on the ledger, or undefined. `nextSeq()`: a number never given before, not
   * even before a crash (the caller leases it in its store).
   */
  constructor(
    private readonly address: number,
    private readonly linkSecret: Uint8Array,
    private readonly ledgerId: Uint8Array,
    private readonly linkKeyOf: (address: number) => Uint8Array | undefined,
    private readonly nextSeq: () => number,
    private readonly crypto: Crypto = nodeCrypto,
  ) {}

  /** A rekey changes what a node shares with everybody, so the ledger is asked each time. */
  private peer(address: number): Peer | undefined {
    const linkKey = this.linkKeyOf(address);
    if (linkKey === undefined) return undefined;
    const known = this.peers.get(address);
    if (known !== undefined && sameKey(known, linkKey)) return known;
    const shared = x25519(this.linkSecret, linkKey);
    if (shared === undefined) return undefined;
    const keys = pairKeys(shared);
    const kept = this.kept.get(address);
    const { last, seen } = kept !== undefined && sameKey(kept, linkKey) ? kept : { last: 0, seen: 0 };
    const peer = { address, linkKey, mac: macKey(keys.endAuth), cipher: keys.endCipher, last, seen };
    this.peers.set(address, peer);
    this.kept.delete(address);
    return peer;
  }

  /** What `restore` wants after the next start; without it a node's 32-bit numbers could not be told from 16 bits. */
  positions(): PeerPosition[] {
    const peers = [...this.peers.values()].filter(({ last }) => last > 0);
    return [...this.kept.values(), ...peers].map(({ address, linkKey, last, seen }) => ({
      address, linkKey, last, seen,
    }));
  }

  restore(positions: PeerPosition[]): void {
    for (const position of positions) this.kept.set(position.address, position);
  }

  /** Authenticates and opens. A repeated packet still gets its receipt: the first one may have been lost. */
  open(packet: ArrivedPacket): Opened {
    const peer = this.peer(packet.src);
    if (peer === undefined) return { ok: false, reason: 'unknown source' };
    for (const seq of candidates(peer.last, packet.seq16)) {
      const x = preimage(
        this.crypto,
        peer.mac,
        packet.packetClass,
        packet.src,
        this.address,
        seq,
        packet.ciphertext,
      );
      const lock = lockOf(this.crypto, this.ledgerId, packet.src, this.address, packet.seq16, x);
      if (Buffer.compare(lock, packet.lock) !== 0) continue;
      const repeated = !note(peer, seq);
      const nonce = packetNonce(packet.src, this.address, seq);
      const plaintext = this.crypto.aesCtr(peer.cipher, nonce, packet.ciphertext);
      // What relays carried for nothing to keep channels alive may be nothing else (SPEC 8.5).
      if (packet.packetClass === Class.SERVICE && !isService(plaintext[0] ?? 0))
        return { ok: false, reason: 'wrong class' };
      return { ok: true, plaintext, preimage: Uint8Array.from(x), repeated };
    }
    return { ok: false, reason: 'not genuine' };
  }

  /** Undefined when the ledger has no key for the destination. */
  prepare(dst: number, plaintext: Uint8Array): PreparedPacket | undefined {
    const peer = this.peer(dst);
    if (peer === undefined) return undefined;
    const seq = this.nextSeq();
    const body = this.crypto.aesCtr(peer.cipher, packetNonce(this.address, dst, seq), plaintext);
    const bytes = new Uint8Array(1 + 2 * Wire.LOCK + body.length);
    const unbacked = isService(plaintext[0] ?? 0) ? Class.SERVICE : Class.NORMAL;
    bytes[0] = unbacked;
    [unbacked, Class.BACKED].forEach((packetClass, i) => {
      const x = preimage(this.crypto, peer.mac, packetClass, this.address, dst, seq, body);
      bytes.set(lockOf(this.crypto, this.ledgerId, this.address, dst, seq % 65536, x), 1 + i * Wire.LOCK);
    });
    bytes.set(body, 1 + 2 * Wire.LOCK);
    return { dst, seq16: seq % 65536, bytes };
  }
}

function sameKey(position: PeerPosition, linkKey: Uint8Array): boolean {
  return Buffer.compare(position.linkKey, linkKey) === 0;
}

/** For a node never heard before: its numbers may be far on, but each guess costs four hashes. */
const GUESSES = 16;

/** Full numbers a low half may stand for: nearest to the highest seen first. */
function candidates(last: number, low: number): number[] {
  const near = last - (last % 65536) + low;
  const order = [near, near + 65536, near - 65536];
  if (last === 0) for (let high = 1; high < GUESSES; high++) order.push(high * 65536 + low);
  return [...new Set(order)].filter((seq) => seq >= 0 && seq < 2 ** 32);
}

/** Remembers a number; false when it was seen before or is too old to tell. */
function note(peer: Peer, seq: number): boolean {
  if (seq > peer.last) {
    const shift = seq - peer.last;
    peer.seen = shift >= WINDOW ? 1 : ((peer.seen << shift) | 1) >>> 0;
    peer.last = seq;
    return true;
  }
  const age = peer.last - seq;
  if (age >= WINDOW) return false;
  const bit = (1 << age) >>> 0;
  if ((peer.seen & bit) !== 0) return false;
  peer.seen = (peer.seen | bit) >>> 0;
  return true;
}
