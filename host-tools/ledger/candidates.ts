// Transactions before they are applied: decoded, the chains of their claims walked, and in the order to try them.
import { TxKind } from './constants.ts';
import { TxCode } from './codes.ts';
import { Book } from '#protocol';
import { channelNumber } from './records.ts';
import { ClaimWalks } from './rules/claim-walks.ts';
import type { State } from './state.ts';
import type { ClaimTx, Decoded } from './tx.ts';
import { decodeTx } from './tx.ts';

/** A transaction on its way into a block; of a claim also the number of its walk. */
export interface Candidate {
  bytes: Uint8Array;
  decoded: Decoded;
  walk: number | undefined;
}

export interface Prepared {
  candidates: Candidate[];
  walks: ClaimWalks;
}

/** Decodes, and walks the chains of all claims together. */
export function prepare(state: State, ledgerId: Uint8Array, transactions: Uint8Array[]): Prepared {
  const walks = new ClaimWalks(ledgerId, transactions.length);
  const candidates = transactions.map((bytes): Candidate => {
    const decoded = decodeTx(bytes);
    const isClaim = decoded.code === TxCode.OK && decoded.tx.kind === TxKind.CLAIM;
    return { bytes, decoded, walk: isClaim ? walkOf(state, walks, decoded.tx as ClaimTx) : undefined };
  });
  walks.run();
  return { candidates, walks };
}

/** The walk that will prove a claim as the state is now; undefined for a claim that is refused without hashing. */
function walkOf(state: State, walks: ClaimWalks, tx: ClaimTx): number | undefined {
  const channel = state.channels.get(channelNumber(tx.payer, tx.generation, tx.chain));
  if (channel === undefined || tx.number < channel.settled || tx.number > Book.LINKS) return undefined;
  return walks.add(tx, Math.min(tx.number, channel.limit), channel.settled);
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
