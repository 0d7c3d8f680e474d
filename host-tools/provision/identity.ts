// A node's identity as provisioning makes it (SPEC 6, 7.2): two secrets, the chequebook and the key table, and the
// files a board needs. Knows no ports and no ledger state; the caller writes and submits.
import { bookRoot, macKey, putU32, toHex } from '#protocol';
import type { NodeConfig } from '#mesh';
import { KeyRecord } from '#mesh';
import { nodeCrypto, pairKeys, x25519, x25519PublicKey } from '../crypto/index.ts';
import { makeChequebook } from './chequebook.ts';

export interface Identity {
  address: number;
  name: string;
  generation: number;
  linkSecret: Uint8Array;
  linkKey: Uint8Array;
  paySecret: Uint8Array;
  book: Uint8Array;
  bookRoot: Uint8Array;
  checkpoints: Uint8Array;
}

export interface Secrets {
  linkSecret: Uint8Array;
  paySecret: Uint8Array;
}

/** A tenth of a second or two: 720,000 hashes. The secrets come from the host's random numbers, never from a board. */
export function makeIdentity(
  name: string,
  address: number,
  generation: number,
  ledgerId: Uint8Array,
  secrets: Secrets,
): Identity {
  const id = { ledger: ledgerId, address, generation };
  const { book, checkpoints } = makeChequebook(macKey(secrets.paySecret), id);
  return {
    address,
    name,
    generation,
    ...secrets,
    book,
    checkpoints,
    linkKey: x25519PublicKey(secrets.linkSecret),
    bookRoot: bookRoot(nodeCrypto, id, book),
  };
}

/** The board's table of pairwise keys with everyone known at provisioning (mesh/keys.ts). */
export function keyTable(linkSecret: Uint8Array, peers: { address: number; linkKey: Uint8Array }[]): Uint8Array {
  const table = new Uint8Array(peers.length * KeyRecord.SIZE);
  peers.forEach((peer, i) => {
    const shared = x25519(linkSecret, peer.linkKey);
    if (shared === undefined)
      throw new RangeError(`the link key of ${addressText(peer.address)} is not a valid X25519 key`);
    const keys = pairKeys(shared);
    const at = i * KeyRecord.SIZE;
    putU32(table, at + KeyRecord.ADDRESS, peer.address);
    table.set(keys.link, at + KeyRecord.LINK);
    table.set(keys.endAuth, at + KeyRecord.END_MAC);
    table.set(keys.endCipher, at + KeyRecord.END_CIPHER);
  });
  return table;
}

/** A board's `fh.node`, as JSON: NodeConfig with its byte arrays in hexadecimal, and what main.ts itself reads. */
export interface NodeSettings extends Omit<NodeConfig, 'ledger' | 'networkKey'> {
  name: string;
  ledger: string;
  networkKey: string;
  /** Seconds between two readings; 0 sends none. */
  readingS: number;
}

/** The files of a provisioned board by their names in Storage; the checkpoints, `fh.cp`, are the one large file. */
export function boardFiles(
  settings: NodeSettings,
  keys: Uint8Array,
  paySecret: Uint8Array,
): Map<string, Uint8Array> {
  return new Map([
    ['fh.keys', keys],
    ['fh.pay', paySecret],
    ['fh.node', new Uint8Array(Buffer.from(JSON.stringify(settings)))],
  ]);
}

/** Eight hexadecimal digits: how an address is written everywhere. */
export function addressText(address: number): string {
  const bytes = new Uint8Array(4);
  putU32(bytes, 0, address);
  return toHex(bytes, 0, 4);
}
