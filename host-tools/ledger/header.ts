// The fixed header of a block (SPEC L5.2), what its producer signs, and its hash. Apart from block.ts because
// evidence against a producer carries two headers without their bodies.
import type { Crypto } from '#protocol';
import { LedgerPurpose, LedgerVersion } from './constants.ts';
import type { Layout } from './layout.ts';
import { concat, layout } from './layout.ts';

export const HEADER = layout([
  ['version', 'u8'], ['height', 'u32'], ['parent', 32], ['slot', 'u32'], ['rank', 'u8'], ['producer', 'u32'],
  ['bodyHash', 32], ['stateRoot', 32], ['transactions', 'u16'], ['bodyBytes', 'u32'],
]);
export const HEADER_BYTES = HEADER.size;
type FieldsOf<T> = T extends Layout<infer L> ? Exclude<ReturnType<Layout<L>['decode']>, undefined> : never;
export type BlockHeader = Omit<FieldsOf<typeof HEADER>, 'version'>;

/** Undefined for bytes that are not a header of this version. */
export function decodeHeader(bytes: Uint8Array): BlockHeader | undefined {
  const fields = HEADER.decode(bytes);
  if (fields === undefined || fields.version !== LedgerVersion.BLOCK) return undefined;
  const { version: _version, ...header } = fields;
  return header;
}

export function encodeHeader(header: BlockHeader): Uint8Array {
  return HEADER.encode({ ...header, version: LedgerVersion.BLOCK });
}

/** What the producer signs; the ledger id keeps a key that serves two ledgers from signing for both. */
export function headerMessage(ledgerId: Uint8Array, headerBytes: Uint8Array): Uint8Array {
  return concat([new Uint8Array([LedgerPurpose.BLOCK_SIGN]), ledgerId, headerBytes]);
}

/** The name of a block and its child's `parent`: without the signature, of which a producer could make many. */
export function blockHash(crypto: Pick<Crypto, 'sha256'>, headerBytes: Uint8Array): Uint8Array {
  return crypto.sha256([new Uint8Array([LedgerPurpose.BLOCK_HASH]), headerBytes]);
}
