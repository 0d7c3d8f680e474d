// Makes a board a node of the ledger: chooses or makes its identity on this computer, writes its files with proof,
// waits until it runs, and keeps its join. A repeat finishes what was cut off or changes nothing. An identity that is
// on a board is overwritten on demand only: its unclaimed credits go with it. Called by `fairhop provision`.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { radioOf } from '../ledger/index.ts';
import type { PacketClient } from '../serial/packet-protocol.ts';
import {
  RADIO_FILE,
  SETTINGS_FILE,
  eraseFiles,
  fairhopFiles,
  readSettings,
  requireFirmware,
  restart,
  settingsBytes,
  writeFiles,
} from './board-storage.ts';
import { FIELD_PACE, settingsOf } from './found-desk.ts';
import type { HomeLedger } from './home-ledger.ts';
import { addressText, keyTable, type Identity } from './identity.ts';
import { identityOf, keepJoin, newRecord, requirePeople, retire, sha256Hex } from './node-record.ts';
import { SETTABLE } from './node-settings.ts';
import { backupPath, readRecords, type ProvisionRecord } from './provision-files.ts';
import { radioSettings, type RadioWish } from './radio-channel.ts';

export interface ProvisionJob {
  home: HomeLedger;
  owner: string;
  guarantor: string;
  /** Undefined: the one it has, else one made of the address. */
  name: string | undefined;
  isReplacing: boolean;
  /** Seconds between two readings; undefined: as the board has it, else the usual. */
  readingS: number | undefined;
  radio: RadioWish;
  onProgress(text: string): void;
}

export interface ProvisionResult {
  outcome: 'provisioned' | 'updated' | 'unchanged';
  address: string;
  name: string;
  owner: string;
  guarantor: string;
  ledger: string;
  join: 'pending' | 'on-ledger';
  /** The encrypted copy of the board's secrets. */
  backup: string;
  /** The address that the board had before. */
  replaced: string | null;
}

const READING_S = 600;
type Settings = Record<string, unknown>;

/** Throws CliErrors, StoreErrors and PacketErrors. */
export async function provisionBoard(client: PacketClient, job: ProvisionJob): Promise<ProvisionResult> {
  await requireFirmware(client);
  const settings = await readSettings(client);
  const kept = settings === undefined || job.isReplacing ? undefined : knownRecord(job, settings);
  refuseRadioOfGateway(job, settings);
  if (kept !== undefined) return update(client, job, settings!, kept);
  return writeNew(client, job, settings);
}

/** The record of the node that the board is. Throws a CliError when it is none of this data directory's. */
function knownRecord(job: ProvisionJob, settings: Settings): ProvisionRecord {
  const { address, ledger } = settings;
  const own = ledgerText(job.home);
  const replace = 'give --replace to overwrite it; what it has earned and not claimed is lost';
  if (ledger !== own)
    throw refusal(`the board is a node of another ledger (${String(ledger).slice(0, 16)})`, replace);
  const record = readRecords(job.home.directory).find(
    (one) => one.address === address && one.state !== 'replaced',
  );
  if (record === undefined) {
    const who = typeof address === 'number' ? addressText(address) : '?';
    throw refusal(
      `the board is node ${who}, which was not provisioned with this data directory`,
      `use its own, or ${replace}`,
    );
  }
  if (record.owner !== job.owner)
    throw refusal(
      `the board is ${record.name} and belongs to ${record.owner}`,
      `name that owner, or ${replace}`,
    );
  return record;
}

function refuseRadioOfGateway({ home }: ProvisionJob, settings: Settings | undefined): void {
  if (settings?.address !== home.founding.gatewayAddress || settings.ledger !== ledgerText(home)) return;
  throw refusal(
    'the board is the radio of this gateway',
    'plug in another one, or empty it first: `fairhop flash --board ID --erase all`',
  );
}

/** The same node again: what differs is written, which mends and brings in the keys of newer nodes. */
async function update(
  client: PacketClient,
  job: ProvisionJob,
  settings: Settings,
  record: ProvisionRecord,
): Promise<ProvisionResult> {
  const { home } = job;
  const name = job.name ?? record.name;
  const identity = identityOf(home, { ...record, name });
  const files = filesOf(job, identity, settings);
  const hasRadio = (await fairhopFiles(client)).includes(RADIO_FILE);
  if (!hasRadio || job.radio.frequencyHz !== undefined || job.radio.txPowerDbm !== undefined)
    for (const [file, bytes] of radioFile((await restart(client)).board, job)) files.set(file, bytes);
  const written = await writeFiles(client, files, job.onProgress);
  if (written.length > 0) await restartAs(client, identity.address);
  const join = keepJoin(home, { ...record, name });
  const isSame = written.length === 0 && record.state === 'written' && record.name === name;
  return resultOf(job, join, isSame ? 'unchanged' : 'updated', null);
}

async function writeNew(
  client: PacketClient,
  job: ProvisionJob,
  before: Settings | undefined,
): Promise<ProvisionResult> {
  const { home, onProgress } = job;
  // Whatever may be refused is refused while the board is still as it was.
  requirePeople(home, job, before?.address);
  const { board } = await restart(client);
  const radio = radioFile(board, job);
  const payHash = before === undefined ? await payHashOn(client) : undefined;
  const unfinished = readRecords(home.directory).find(
    (one) => one.state === 'writing' && one.payHash === payHash,
  );
  const replaced = before === undefined ? null : await forget(client, home, before);
  const record = unfinished ?? newRecord(home, job);
  onProgress(
    unfinished === undefined ? `new node ${addressText(record.address)}` : `going on with ${record.name}`,
  );
  const identity = identityOf(home, record);
  const files = new Map([...filesOf(job, identity, {}), ...radio]);
  // Counters and channels of an earlier identity must not be taken for this one's.
  const keep = unfinished === undefined ? [RADIO_FILE] : [RADIO_FILE, ...files.keys()];
  await eraseFiles(
    client,
    (await fairhopFiles(client)).filter((name) => !keep.includes(name)),
  );
  // The pay secret first: by it the board is known again when the rest is cut off.
  await writeFiles(client, new Map([['fh.pay', identity.paySecret]]), () => {});
  await writeFiles(client, files, onProgress);
  await restartAs(client, identity.address);
  return resultOf(job, keepJoin(home, record), 'provisioned', replaced);
}

async function payHashOn(client: PacketClient): Promise<string | undefined> {
  const secret = await client.readFile('fh.pay');
  return secret === undefined ? undefined : sha256Hex(secret);
}

/** The old identity off the board, which then does not start again and change files under our hands. */
async function forget(client: PacketClient, home: HomeLedger, before: Settings): Promise<string | null> {
  await eraseFiles(client, [SETTINGS_FILE]);
  const { address, ledger } = before;
  if (ledger === ledgerText(home)) retire(home, (record) => record.address === address);
  await restart(client);
  return typeof address === 'number' ? addressText(address) : null;
}

function filesOf(job: ProvisionJob, identity: Identity, before: Settings): Map<string, Uint8Array> {
  const { home } = job;
  const fromLedger = settingsOf(home.founding, identity, home.networkKey, {
    ...FIELD_PACE,
    readingS: READING_S,
  });
  // What the owner has set survives a repeat; the rest follows from the ledger.
  const kept = Object.keys(SETTABLE).filter((key) => typeof before[key] === 'number');
  const own = kept.map((key) => [key, before[key]]);
  const settings = {
    ...fromLedger,
    ...Object.fromEntries(own),
    ...(job.readingS !== undefined && { readingS: job.readingS }),
  };
  const peers = [...home.peers.values()].filter(({ address }) => address !== identity.address);
  peers.sort((a, b) => a.address - b.address);
  return new Map([
    ['fh.pay', identity.paySecret],
    ['fh.keys', keyTable(identity.linkSecret, peers)],
    ['fh.cp', identity.checkpoints],
    [SETTINGS_FILE, settingsBytes(settings)],
  ]);
}

/** Empty for a board whose radio has nothing to be set. */
function radioFile(board: string, { home, radio }: ProvisionJob): Map<string, Uint8Array> {
  const { params } = home.founding;
  const bytes = radioSettings(board, params.region, radioOf(params), radio);
  return new Map(bytes === undefined ? [] : [[RADIO_FILE, bytes]]);
}

async function restartAs(client: PacketClient, address: number): Promise<void> {
  const boot = await restart(client);
  if (boot.address === address) return;
  throw refusal(
    `the board starts as ${addressText(boot.address)}, not as ${addressText(address)}`,
    'repeat the command',
  );
}

function resultOf(
  { home }: ProvisionJob,
  record: ProvisionRecord,
  outcome: ProvisionResult['outcome'],
  replaced: string | null,
): ProvisionResult {
  return {
    outcome,
    address: addressText(record.address),
    name: record.name,
    owner: record.owner,
    guarantor: record.guarantor,
    ledger: ledgerText(home),
    join: home.ledger.account(record.address) === undefined ? 'pending' : 'on-ledger',
    backup: backupPath(home.directory, record.address),
    replaced,
  };
}

const ledgerText = (home: HomeLedger): string => Buffer.from(home.founding.ledgerId).toString('hex');

function refusal(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.CheckFailed);
}
