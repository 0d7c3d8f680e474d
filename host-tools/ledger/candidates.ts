// Transactions before they are applied: decoded, the chains of their claims walked, and in the order to try them.
import { TxKind } from './constants.ts';
import { TxCode } from './codes.ts';
import { shaEngine } from './hash/sha-engine.ts';
import type { Walk } from './hash/sha-engine.ts';
import { claimWalk } from './rules/channel.ts';
import type { State } from './state.ts';
import type { Decoded } from './tx.ts';
import { decodeTx } from './tx.ts';

/** A transaction on its way into a block; of a claim also its chain, walked ahead of time. */
export interface Candidate {
  bytes: Uint8Array;
  decoded: Decoded;
  walk: Walk | undefined;
}

/** Decodes, and walks the chains of all claims together, which is where most of a block's time would go. */
export function prepare(state: State, ledgerId: Uint8Array, transactions: Uint8Array[]): Candidate[] {
  const candidates = transactions.map((bytes): Candidate => ({ bytes, decoded: decodeTx(bytes), walk: undefined }));
  const walks: Walk[] = [];
  for (const candidate of candidates) {
    const { decoded } = candidate;
    if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.CLAIM) continue;
    candidate.walk = claimWalk(state, ledgerId, decoded.tx);
    if (candidate.walk !== undefined) walks.push(candidate.walk);
  }
  shaEngine().walkAll(walks);
  return candidates;
}

/**
 * The order in which candidates are tried: claims last, the highest number first. Of several claims on one channel
 * only one counts, and a false one with a high number must not keep a true one out.
 */
export function trialOrder(candidates: Candidate[]): number[] {
  const others: number[] = [];
  const claims: { index: number; number: number }[] = [];
  candidates.forEach(({ decoded }, index) => {
    if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.CLAIM) others.push(index);
    else claims.push({ index, number: decoded.tx.number });
  });
  claims.sort((a, b) => b.number - a.number || a.index - b.index);
  return others.concat(claims.map((claim) => claim.index));
}
