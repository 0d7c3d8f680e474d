// A whole chain as one file (SPEC L10): genesis, every block in order, and a trailer that seals them. Two gateways
// exchange it; another program can replay it. Bytes come and go through functions, so this room stays without I/O.
import type { Crypto } from '#protocol';
import { getU32, putU32 } from '#protocol';
import { Bound } from './constants.ts';

type Sha256 = Pick<Crypto, 'sha256'>;

const HEAD = new Uint8Array([0x46, 0x48, 0x43, 0x46, 1]);
const HASH = 32;
const GENESIS_MAX = 65535;
const BLOCK_MAX = Bound.BLOCK_BYTES + 1024;

/** What is wrong with a chain file, and where. */
export class ChainFileError extends Error {
  override readonly name = 'ChainFileError';
}

/** Each piece is hashed with the hash so far: a running seal that needs no streaming hash function. */
function sealed(crypto: Sha256, seal: Uint8Array, piece: Uint8Array): Uint8Array {
  return crypto.sha256([seal, piece]);
}

function withLength(piece: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + piece.length);
  putU32(bytes, 0, piece.length);
  bytes.set(piece, 4);
  return bytes;
}

/** The file's chunks, in order. A length of zero ends the blocks; the seal follows. */
export function* writeChainFile(
  crypto: Sha256,
  genesis: Uint8Array,
  blocks: Iterable<Uint8Array>,
): Iterable<Uint8Array> {
  yield HEAD;
  let seal = crypto.sha256([HEAD]);
  const pieces = function* (): Iterable<Uint8Array> {
    yield genesis;
    yield* blocks;
  };
  for (const piece of pieces()) {
    seal = sealed(crypto, seal, piece);
    yield withLength(piece);
  }
  yield new Uint8Array(4);
  yield seal;
}

/** Reads `count` bytes, or fewer at the end of the file. */
export type ReadBytes = (count: number) => Uint8Array;

export interface ChainFile {
  genesis: Uint8Array;
  /** Throws a ChainFileError at the first damaged place, at the latest at the seal. */
  blocks: Iterable<Uint8Array>;
}

function exactly(read: ReadBytes, count: number, what: string): Uint8Array {
  const bytes = read(count);
  if (bytes.length < count) throw new ChainFileError(`the file ends in the middle of ${what}`);
  return bytes;
}

function readPiece(read: ReadBytes, most: number, what: string): Uint8Array {
  const length = getU32(exactly(read, 4, what), 0);
  if (length > most) throw new ChainFileError(`${what} has an impossible length`);
  return exactly(read, length, what);
}

export function readChainFile(crypto: Sha256, read: ReadBytes): ChainFile {
  const head = read(HEAD.length);
  if (!HEAD.every((byte, i) => byte === head[i])) throw new ChainFileError('this is not a chain file of this version');
  const genesis = readPiece(read, GENESIS_MAX, 'the genesis');
  const first = sealed(crypto, crypto.sha256([HEAD]), genesis);
  return { genesis, blocks: readBlocks(crypto, read, first) };
}

function* readBlocks(crypto: Sha256, read: ReadBytes, first: Uint8Array): Iterable<Uint8Array> {
  let seal = first;
  for (let height = 1; ; height++) {
    const block = readPiece(read, BLOCK_MAX, `block ${height}`);
    if (block.length === 0) break;
    seal = sealed(crypto, seal, block);
    yield block;
  }
  const found = exactly(read, HASH, 'the seal');
  if (!seal.every((byte, i) => byte === found[i])) throw new ChainFileError('the seal at the end does not match');
  if (read(1).length > 0) throw new ChainFileError('something follows the end of the chain');
}
