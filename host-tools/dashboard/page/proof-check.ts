// Checks a proof of a balance with the protocol's and the ledger's own code, in the browser: the gateway is believed in
// nothing but the hash of a block that this page has seen. Pure.
import { plainCrypto } from '#crypto';
import { ErrorCode, getI48, getU32, recordKey, verifyProof } from '#protocol';
import type { ProofView } from '../../gateway/insight/insight-view.ts';
import { LedgerPurpose } from '../../ledger/constants.ts';

/** Where things stand in a block's header and in a record of an account (ledger SPEC L3, L5.2); a test compares. */
const enum At {
  HEIGHT = 1,
  STATE_ROOT = 78,
  HEADER_SIZE = 116,
  BALANCE = 1,
  BALANCE_END = 7,
}

export interface Step {
  text: string;
  holds: boolean;
}

export interface ProofVerdict {
  holds: boolean;
  steps: Step[];
  /** What the proof itself says; null when it shows that there is no such account, or shows nothing. */
  balance: number | null;
  hashes: number;
}

/** `seenHash`: of the block of that height, as this page got it before; undefined when it did not. */
export function checkProof(view: ProofView, seenHash: string | undefined): ProofVerdict {
  const header = bytesOf(view.header);
  const isHeader = header.length === At.HEADER_SIZE;
  const root = bytesOf(view.stateRoot);
  const key = bytesOf(view.key);
  const proof = bytesOf(view.proof);
  const hash = hexOf(plainCrypto.sha256([new Uint8Array([LedgerPurpose.BLOCK_HASH]), header]));
  const verdict = verifyProof(plainCrypto, root, 32, recordKey(plainCrypto, view.kind, key), proof);
  const record = verdict.value;
  const balance = record === undefined || record.length < At.BALANCE_END ? null : getI48(record, At.BALANCE);
  const seen = seenHash === undefined ? '' : ', which this page saw when the block came';
  const steps: Step[] = [
    {
      text: `the header hashes to the block's hash${seen}`,
      holds: hash === view.blockHash && (seenHash === undefined || seenHash === hash),
    },
    {
      text: `the header of height ${view.height} names the state root`,
      holds: isHeader && getU32(header, At.HEIGHT) === view.height && rootOf(header) === view.stateRoot,
    },
    {
      text: `${proof[0] ?? 0} levels of hashes lead from the record to the state root`,
      holds: verdict.code === ErrorCode.OK,
    },
    {
      text: 'the record holds the balance that is shown',
      holds: verdict.code === ErrorCode.OK && balance === view.balance,
    },
  ];
  return { holds: steps.every(({ holds }) => holds), steps, balance, hashes: 2 + (proof[0] ?? 0) };
}

/** The same proof with one bit turned over: what a gateway that lies would have to get past. */
export function bent(view: ProofView): ProofView {
  const proof = bytesOf(view.proof);
  // In the record's balance, behind the version byte of the leaf; earlier where the proof is of absence.
  const at = Math.max(0, proof.length - 1 - (view.balance === null ? 0 : 8));
  proof[at]! ^= 1;
  return { ...view, proof: hexOf(proof) };
}

function rootOf(header: Uint8Array): string {
  return hexOf(header.subarray(At.STATE_ROOT, At.STATE_ROOT + 32));
}

/** Empty for anything that is no hexadecimal text: a proof of nothing then. */
function bytesOf(hex: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(hex)) return new Uint8Array(0);
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
