// Transactions before they are applied: decoded, the chains of their claims walked, and in the order to try them.
import { TxKind } from './constants.ts';
import { TxCode } from './codes.ts';
import { Book } from '#protocol';
import { channelNumber } from './records.ts';
import { ClaimWalks } from './rules/claim-walks.ts';
import type { State } from './state.ts';
import type { ClaimTx, Decoded } from './tx.ts';
import { decodeTx } from './tx.ts';

/** A transaction on its way into a block; of a claim also the number of its walk and the links that it may settle. */
export interface Candidate {
  bytes: Uint8Array;
  decoded: Decoded;
  walk: number | undefined;
  links: number;
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
    const candidate: Candidate = { bytes, decoded, walk: undefined, links: 0 };
    if (decoded.code === TxCode.OK && decoded.tx.kind === TxKind.CLAIM) addWalk(state, walks, decoded.tx, candidate);
    return candidate;
  });
  walks.run();
  return { candidates, walks };
}

/** The walk that will prove a claim as the state is now; none for a claim that is refused without hashing. */
function addWalk(state: State, walks: ClaimWalks, tx: ClaimTx, candidate: Candidate): void {
  const channel = state.channels.get(channelNumber(tx.payer, tx.generation, tx.chain));
  if (channel === undefined || tx.number < channel.settled || tx.number > Book.LINKS) return;
  const to = Math.min(tx.number, channel.limit);
  candidate.walk = walks.add(tx, to, channel.settled);
  candidate.links = to - channel.settled;
}

/**
 * The order in which candidates are tried (SPEC L5.4). The first `waited` have waited long enough to go before the
 * others; of both the claims come last.
 */
export function trialOrder(candidates: Candidate[], waited: number): number[] {
  const old = orderOf(candidates, 0, Math.min(waited, candidates.length));
  return old.concat(orderOf(candidates, old.length, candidates.length));
}

function orderOf(candidates: Candidate[], from: number, to: number): number[] {
  const others: number[] = [];
  const claims: { index: number; number: number; links: number }[] = [];
  for (let index = from; index < to; index++) {
    const { decoded, links } = candidates[index]!;
    if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.CLAIM) others.push(index);
    else claims.push({ index, number: decoded.tx.number, links });
  }
  claims.sort((a, b) => b.links - a.links || b.number - a.number || a.index - b.index);
  return others.concat(claims.map((claim) => claim.index));
}
