// Signed (height, hash, state root) that gateways tell each other (SPEC F5): how one finds out that the others hold
// another chain. Bytes and judgement only; fleet.ts sends and receives them.
import { getU32, putU32 } from '#protocol';
import type { Ledger, LedgerDeps } from '../ledger/index.ts';

/** First byte of what is signed; the ledger's own purposes end at 0x4a. */
const HEAD_PURPOSE = 0x50;
const VERSION = 1;
const SIGNED = 73;
const SIZE = SIGNED + 64;
/** Hashes of our own chain that a head can be compared with. */
const KEPT = 4096;

export interface Head {
  gateway: number;
  height: number;
  hash: Uint8Array;
  stateRoot: Uint8Array;
}

function messageOf(ledgerId: Uint8Array, bytes: Uint8Array): Uint8Array {
  return new Uint8Array([HEAD_PURPOSE, ...ledgerId, ...bytes.subarray(0, SIGNED)]);
}

export function signHead(ledgerId: Uint8Array, head: Head, sign: (message: Uint8Array) => Uint8Array): Uint8Array {
  const bytes = new Uint8Array(SIZE);
  bytes[0] = VERSION;
  putU32(bytes, 1, head.gateway);
  putU32(bytes, 5, head.height);
  bytes.set(head.hash, 9);
  bytes.set(head.stateRoot, 41);
  bytes.set(sign(messageOf(ledgerId, bytes)), SIGNED);
  return bytes;
}

/** Undefined unless it is exactly one head, signed with the block key of a gateway on the ledger. */
export function readHead(ledger: Ledger, verify: LedgerDeps['verify'], bytes: Uint8Array): Head | undefined {
  if (bytes.length !== SIZE || bytes[0] !== VERSION) return undefined;
  const gateway = getU32(bytes, 1);
  const known = ledger.gateway(gateway);
  if (known === undefined) return undefined;
  if (!verify(known.blockKey, messageOf(ledger.ledgerId, bytes), bytes.subarray(SIGNED, SIZE))) return undefined;
  return { gateway, height: getU32(bytes, 5), hash: bytes.slice(9, 41), stateRoot: bytes.slice(41, 73) };
}

/** The others' heads against our own chain. */
export class Heads {
  readonly latest = new Map<number, Head>();
  /** Gateways whose head differs from ours, and at which height. */
  readonly differing = new Map<number, number>();
  private readonly own = new Map<number, { hash: Uint8Array; stateRoot: Uint8Array }>();

  constructor(
    private readonly ledger: Ledger,
    private readonly self: number,
  ) {}

  /** Our own chain has grown. */
  grown(height: number, hash: Uint8Array, stateRoot: Uint8Array): void {
    this.own.set(height, { hash, stateRoot });
    this.own.delete(height - KEPT);
    for (const head of this.latest.values()) this.compare(head);
  }

  hear(head: Head): void {
    if (head.gateway === this.self) return;
    const before = this.latest.get(head.gateway);
    if (before === undefined || head.height >= before.height) this.latest.set(head.gateway, head);
    this.compare(head);
  }

  private compare(head: Head): void {
    const ours = this.own.get(head.height);
    if (ours === undefined) return;
    const same =
      Buffer.compare(ours.hash, head.hash) === 0 && Buffer.compare(ours.stateRoot, head.stateRoot) === 0;
    if (!same) this.differing.set(head.gateway, head.height);
  }

  /**
   * Why this gateway must stop, if it must: more than a third of the other admitted gateways hold another chain. A
   * single one among many cannot stop the rest by a false signature; it is named in `differing`.
   */
  alarm(): string | undefined {
    const others = [...this.ledger.gateways()].filter(
      ({ admitted, address }) => admitted !== 0 && address !== this.self,
    );
    const against = others.filter(({ address }) => this.differing.has(address));
    if (against.length * 3 <= others.length) return undefined;
    const height = Math.min(...against.map(({ address }) => this.differing.get(address)!));
    return `${against.length} of ${others.length} other gateways signed another block or state at height ${height}`;
  }
}
