// A node's record through its life: made with its secrets before the board hears of them, kept with its join once the
// board runs, retired when no board has it any more. Knows the data directory, not the board. Called by
// provision-board.ts.
import { createHash, randomBytes } from 'node:crypto';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type { HomeLedger } from './home-ledger.ts';
import { addressText, makeIdentity, type Identity } from './identity.ts';
import { findOwner, newOwner, type Owner } from './owners.ts';
import { newJoin } from './pending-joins.ts';
import {
  backupPath,
  readRecords,
  readSealed,
  writeRecord,
  writeSealed,
  type ProvisionRecord,
} from './provision-files.ts';

export interface NodeWish {
  owner: string;
  guarantor: string;
  /** Undefined: one made of the address. */
  name: string | undefined;
  /** An identity on the board, or another board of this name, may go. */
  isReplacing: boolean;
}

/** Guarantor and name must do; the owner may be new. `before`: the address that the board has now. */
export function requirePeople(home: HomeLedger, wish: NodeWish, before: unknown): void {
  const { guarantor, name } = wish;
  requireOwner(home, guarantor);
  const twin = readRecords(home.directory).find(
    (record) => record.name === name && record.state === 'written' && record.address !== before,
  );
  if (twin === undefined || wish.isReplacing) return;
  throw refusal(
    `there is a board called "${name}" already (${addressText(twin.address)})`,
    'choose another --name, or give --replace when that board has lost its flash',
  );
}

/** The new identity's record and its encrypted secrets, both on the disk before the board hears of them. */
export function newRecord(home: HomeLedger, wish: NodeWish): ProvisionRecord {
  if (wish.isReplacing) retire(home, ({ name }) => name === wish.name);
  const owner = findOwner(home.directory, home.founder, wish.owner) ?? newOwner(home.directory, wish.owner);
  const address = freeAddress(home, readRecords(home.directory));
  const name = wish.name ?? `node-${addressText(address)}`;
  const secrets = { linkSecret: random(32), paySecret: random(32) };
  const identity = makeIdentity(name, address, 0, home.founding.ledgerId, secrets);
  writeSealed(home.directory, backupPath(home.directory, address), {
    link: secrets.linkSecret,
    pay: secrets.paySecret,
  });
  const record: ProvisionRecord = {
    version: 1,
    state: 'writing',
    address,
    name,
    owner: owner.name,
    ownerKey: hex(owner.key),
    guarantor: wish.guarantor,
    generation: 0,
    linkKey: hex(identity.linkKey),
    bookRoot: hex(identity.bookRoot),
    book: Buffer.from(identity.book).toString('base64'),
    payHash: sha256Hex(secrets.paySecret),
    join: '',
    createdAt: new Date().toISOString(),
  };
  writeRecord(home.directory, record);
  return record;
}

function requireOwner(home: HomeLedger, name: string): Owner {
  const owner = findOwner(home.directory, home.founder, name);
  if (owner !== undefined) return owner;
  throw new CliError(
    `nobody here is called ${name}`,
    'name an owner of this data directory: founder, or one made by --owner',
    ExitCode.Usage,
  );
}

/** Never near the gateway's: the addresses that follow it are those of its virtual boards. */
function freeAddress(home: HomeLedger, records: ProvisionRecord[]): number {
  const taken = new Set([...home.peers.keys(), ...records.map(({ address }) => address)]);
  for (;;) {
    const address = randomBytes(4).readUInt32BE();
    const isNear = address >>> 8 === home.founding.gatewayAddress >>> 8;
    if (address !== 0 && address !== 0xffffffff && !isNear && !taken.has(address)) return address;
  }
}

export function identityOf(home: HomeLedger, record: ProvisionRecord): Identity {
  const path = backupPath(home.directory, record.address);
  const { link, pay } = readSealed(home.directory, path) ?? {};
  if (link === undefined || pay === undefined)
    throw refusal(
      `the secrets of ${record.name} (${path}) are missing`,
      'bring the file back, or give --replace',
    );
  const secrets = { linkSecret: link, paySecret: pay };
  return makeIdentity(record.name, record.address, record.generation, home.founding.ledgerId, secrets);
}

/** The record as it is from now on; its join is signed once and kept. */
export function keepJoin(home: HomeLedger, record: ProvisionRecord): ProvisionRecord {
  const join = record.join === '' ? signedFor(home, record) : record.join;
  const done: ProvisionRecord = { ...record, state: 'written', join };
  writeRecord(home.directory, done);
  return done;
}

function signedFor(home: HomeLedger, record: ProvisionRecord): string {
  const owner = requireOwner(home, record.owner);
  return hex(newJoin(home, record, owner, requireOwner(home, record.guarantor)));
}

/** Says in the records that fit that no board has these identities any more. */
export function retire(home: HomeLedger, fits: (record: ProvisionRecord) => boolean): void {
  for (const record of readRecords(home.directory))
    if (fits(record) && record.state === 'written')
      writeRecord(home.directory, { ...record, state: 'replaced' });
}

const random = (count: number): Uint8Array => new Uint8Array(randomBytes(count));

export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function refusal(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.CheckFailed);
}
