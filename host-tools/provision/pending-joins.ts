// Joins of provisioned boards: signed when the board is written, kept in its record, and brought to the ledger when a
// gateway next starts on the data directory. A nonce may have moved on by then; whoever holds the keys signs again.
import { nodeCrypto } from '../crypto/index.ts';
import type { ChainStore } from '../gateway/store/index.ts';
import type { Ledger } from '../ledger/index.ts';
import { decodeTx, moneyOf, PoolId, signJoin, TxCode, TxKind } from '../ledger/index.ts';
import { bookRoot } from '#protocol';
import type { Founding } from './found-desk.ts';
import { addressText } from './identity.ts';
import { findOwner, founderOf, type Owner } from './owners.ts';
import { readRecords, writeRecord, type ProvisionRecord } from './provision-files.ts';

/** What of an open data directory this needs; gateway/desk.ts has it all. */
export interface JoinPlace {
  directory: string;
  founding: Founding;
  ledger: Ledger;
  store: Pick<ChainStore, 'putBook'>;
}

export interface PendingJoins {
  /** In an order that is valid one after another, behind those that are queued already. */
  transactions: Uint8Array[];
  /** Sentences about boards whose join cannot be made. */
  problems: string[];
}

const YEAR_S = 365 * 86400;

/**
 * The joins that wait in the data directory, their chequebooks published. `queued`: transactions that go before them
 * and use up nonces. Never throws for what a single board's files say.
 */
export function pendingJoins(place: JoinPlace, queued: Uint8Array[]): PendingJoins {
  const nonces = new Nonces(place.ledger);
  for (const transaction of queued) nonces.count(transaction);
  const pending: PendingJoins = { transactions: [], problems: [] };
  for (const record of readRecords(place.directory)) {
    if (record.state !== 'written' || place.ledger.account(record.address) !== undefined) continue;
    try {
      pending.transactions.push(pendingJoin(place, record, nonces));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      pending.problems.push(`the join of ${record.name} (${addressText(record.address)}) waits: ${why}`);
    }
  }
  return pending;
}

function pendingJoin(place: JoinPlace, record: ProvisionRecord, nonces: Nonces): Uint8Array {
  const book = new Uint8Array(Buffer.from(record.book, 'base64'));
  const root = bytes(record.bookRoot);
  const id = { ledger: place.founding.ledgerId, address: record.address, generation: record.generation };
  if (Buffer.compare(bookRoot(nodeCrypto, id, book), root) !== 0)
    throw new Error('its chequebook is damaged');
  place.store.putBook(root, book);
  let transaction = bytes(record.join);
  if (!nonces.fit(transaction)) {
    const founder = founderOf(place.founding.ownerSeed);
    const owner = ownerNamed(place.directory, founder, record.owner);
    const guarantor = ownerNamed(place.directory, founder, record.guarantor);
    transaction = signedJoin(place, record, owner, guarantor, nonces);
    writeRecord(place.directory, { ...record, join: hex(transaction) });
  }
  nonces.count(transaction);
  return transaction;
}

function ownerNamed(directory: string, founder: Owner, name: string): Owner {
  const owner = findOwner(directory, founder, name);
  if (owner === undefined) throw new Error(`the key of its owner or guarantor "${name}" is missing`);
  return owner;
}

type Signable = Pick<ProvisionRecord, 'address' | 'linkKey' | 'bookRoot' | 'generation'>;

/** The join of a board that was just written, behind the joins that wait already. */
export function newJoin(
  place: Pick<JoinPlace, 'directory' | 'founding' | 'ledger'>,
  record: Signable,
  owner: Owner,
  guarantor: Owner,
): Uint8Array {
  const nonces = new Nonces(place.ledger);
  for (const { state, address, join } of readRecords(place.directory)) {
    const waits = state === 'written' && place.ledger.account(address) === undefined;
    if (waits && address !== record.address) nonces.count(bytes(join));
  }
  return signedJoin(place, record, owner, guarantor, nonces);
}

function signedJoin(
  { founding, ledger }: Pick<JoinPlace, 'founding' | 'ledger'>,
  record: Signable,
  owner: Owner,
  guarantor: Owner,
  nonces: Nonces,
): Uint8Array {
  return signJoin(
    founding.ledgerId,
    {
      address: record.address,
      owner: owner.key,
      linkKey: bytes(record.linkKey),
      bookRoot: bytes(record.bookRoot),
      generation: record.generation,
      home: founding.gatewayAddress,
      community: PoolId.FIRST_COMMUNITY,
      guarantor: guarantor.key,
      line: moneyOf(founding.params).creditLine,
      ownerNonce: nonces.next(owner.key),
      guarantorNonce: nonces.next(guarantor.key),
      // Kept offline for as long as it takes to carry a board somewhere.
      validUntil: ledger.height + Math.floor(YEAR_S / founding.params.blockIntervalS),
    },
    (message) => owner.sign(message),
    (message) => guarantor.sign(message),
  );
}

/** The nonce that each owner's next signature must carry. */
class Nonces {
  private readonly used = new Map<string, number>();

  constructor(private readonly ledger: Ledger) {}

  next(owner: Uint8Array): number {
    return (this.ledger.account(owner)?.nonce ?? 0) + (this.used.get(hex(owner)) ?? 0);
  }

  /** A join that will be applied before what comes next. */
  count(transaction: Uint8Array): void {
    const decoded = decodeTx(transaction);
    if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.JOIN) return;
    const { owner, guarantor } = decoded.tx;
    // When they are one person the nonce rises once (L7.1).
    for (const key of new Set([hex(owner), hex(guarantor)]))
      this.used.set(key, (this.used.get(key) ?? 0) + 1);
  }

  /** Whether the join can be applied next as it is. */
  fit(transaction: Uint8Array): boolean {
    const decoded = decodeTx(transaction);
    if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.JOIN) return false;
    const { owner, guarantor, ownerNonce, guarantorNonce, validUntil } = decoded.tx;
    if (validUntil <= this.ledger.height) return false;
    return ownerNonce === this.next(owner) && guarantorNonce === this.next(guarantor);
  }
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}
