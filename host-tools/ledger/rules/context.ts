// What every rule works on: the state, the parameters, the height being built, and the one function that moves
// money. A rule refuses first and edits last; it returns a code and never throws because of a transaction.
import type { Crypto } from '#protocol';
import type { GenesisParams, Money } from '../genesis.ts';
import type { Account, Node, Owner } from '../records.ts';
import { PoolId } from '../constants.ts';
import { isZero } from '../layout.ts';
import type { State } from '../state.ts';
import type { ClaimWalks } from './claim-walks.ts';
import { TxCode } from '../codes.ts';
import { signedMessage } from '../tx.ts';

export interface Transfer {
  from: Account;
  to: Account;
  amount: number;
}

/** Injected by the host: hashing, and strict Ed25519 verification (canonical A and R, no small order, S < L). */
export interface LedgerDeps {
  crypto: Pick<Crypto, 'sha256'>;
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface Context {
  state: State;
  deps: LedgerDeps;
  ledgerId: Uint8Array;
  params: GenesisParams;
  money: Money;
  /** Height of the block these rules work for. */
  height: number;
  /** The walked chains of the block's claims. */
  walks: ClaimWalks;
  /** Everything moved by the transaction or epoch step under way. */
  transfers: Transfer[];
}

/** The only place where a balance changes, so the sum of all balances cannot. Zero moves nothing. */
export function move(context: Context, from: Account, to: Account, amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 0) throw new RangeError(`amount ${amount}`);
  if (amount === 0) return;
  context.state.edit(from).balance -= amount;
  context.state.edit(to).balance += amount;
  context.transfers.push({ from, to, amount });
}

/** Never used up: the owner's nonce could not rise any more. */
export const NONCE_END = 0xffffffff;

/** Checks one signature of an owner with its nonce and last height; the caller raises the nonce at the end. */
export function checkSigned(
  context: Context,
  owner: Owner,
  tx: { nonce: number; validUntil: number; signature: Uint8Array },
  bytes: Uint8Array,
): TxCode {
  if (tx.validUntil < context.height) return TxCode.TOO_LATE;
  if (tx.nonce !== owner.nonce || tx.nonce === NONCE_END) return TxCode.BAD_NONCE;
  const message = signedMessage(context.ledgerId, bytes);
  return context.deps.verify(owner.key, message, tx.signature) ? TxCode.OK : TxCode.BAD_SIGNATURE;
}

/** The guarantor's account: an owner, or the treasury when the key is all zeros. */
export function guarantorOf(context: Context, key: Uint8Array): Account | undefined {
  return isZero(key) ? context.state.pools.get(PoolId.TREASURY) : context.state.owner(key);
}

export function ownerOf(context: Context, node: Node): Owner {
  const owner = context.state.owner(node.owner);
  if (owner === undefined) throw new Error('a node without an owner');
  return owner;
}
