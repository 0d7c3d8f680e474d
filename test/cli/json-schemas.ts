// What each command prints with --json, by the words that lead to the command: one JSON value, or one a line. Every
// field is named; one that is missing, or not named here, is an error. Held against real output by json-output.test.ts
// and by the tests of the commands themselves.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { OPENAPI } from '../../host-tools/gateway/http/openapi.ts';
import { KINDS } from '../../host-tools/monitor/entry.ts';
import { SETTABLE } from '../../host-tools/provision/node-settings.ts';
import { mismatch } from '../gateway/http/json-schema.ts';

const text = { type: 'string' };
const maybeText = { type: ['string', 'null'] };
const count = { type: 'integer', minimum: 0 };
const maybeCount = { type: ['integer', 'null'], minimum: 0 };
const credits = { type: 'integer' };
const number = { type: 'number' };
const truth = { type: 'boolean' };
const anything = { type: ['string', 'number', 'boolean', 'object', 'array', 'null'] };
const form = (pattern: string): object => ({ type: 'string', pattern });
const hex = (digits: number): object => form(`^[0-9a-f]{${digits}}$`);
const address = hex(8);
const oneOf = (...words: string[]): object => ({ type: 'string', enum: words });
const list = (items: object, minItems = 0): object => ({ type: 'array', items, minItems });
const record = (properties: Record<string, object>, optional: Record<string, object> = {}): object => ({
  type: 'object',
  properties: { ...properties, ...optional },
  required: Object.keys(properties),
});
const orNull = (schema: object): object => ({ ...schema, type: [(schema as { type: string }).type, 'null'] });
const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });

const sent = { id: hex(64), state: oneOf('included', 'waiting'), height: count, code: count, text };
const joined = { ...sent, address, generation: count, bookRoot: hex(64), keyFile: text };
const key = { name: text, publicKey: hex(64) };
const region = record({
  region: text,
  address: count,
  bytes: count,
  state: oneOf('same', 'differs'),
  bytesToWrite: count,
});
const profile = record({
  spreadingFactor: count,
  bandwidthHz: count,
  codingRate: count,
  preambleSymbols: count,
  explicitHeader: truth,
  crc: truth,
});
/** What belongs to the ledger and to the board; the rest is its owner's, SETTABLE. */
const settings = record({
  name: text,
  address: count,
  home: count,
  ledger: hex(16),
  networkKey: oneOf('(secret)'),
  generation: count,
  endOnHost: truth,
  profile,
  linkValue: count,
  levyPerMille: count,
  windowCode: count,
  epochHeights: count,
  blockIntervalS: count,
  ...Object.fromEntries(Object.keys(SETTABLE).map((name) => [name, count])),
});
const ledger = {
  ledgerId: hex(16),
  height: count,
  tip: hex(64),
  stateRoot: hex(64),
  nodes: count,
  openChannels: count,
  claims: count,
  settledCredits: credits,
  supply: credits,
  sum: credits,
  conserved: truth,
};
const share = { type: ['number', 'null'] };
const verdict = oneOf('held', 'missed', 'does not apply');
const outcome = record({
  scenario: text,
  seed: count,
  nodes: count,
  params: { type: 'object' },
  pathPrice: count,
  honestDeliveryRatio: number,
  honestDelivery: number,
  baselineDelivery: number,
  starvedHonest: count,
  freeRiderDelivery: share,
  specialDelivery: share,
  attackerNetGain: number,
  attackerTaken: number,
  honestTaken: number,
  attackerAllowance: number,
  honestAllowance: number,
  attackerBound: number,
  attackers: count,
  attackerWeight: share,
  gini: number,
  moneyPerActiveNode: number,
  airtime: record({ payload: number, routing: number, receipts: number, payments: number, control: number }),
  ledgerBytesPerPacket: number,
  ledger: record({ blocks: count, opens: count, claims: count, refused: count, headerBytesPerBlock: number }),
  packets: record({ sent: count, delivered: count, backedShare: number }),
  deliveryByHops: list(record({ hops: count, sent: count, delivered: count, baseline: number })),
  series: record({ delivery: list(number), baseline: list(number), gini: list(number), money: list(number) }),
  steps: count,
  conserved: truth,
  violations: list(text),
  targets: record({
    'honest-delivery': verdict,
    starvation: verdict,
    'free-riders': verdict,
    'attacker-gain': verdict,
  }),
  verdict: oneOf('held', 'missed'),
});
const BOARD = JSON.parse(readFileSync(join(ROOT, 'boards', 'board.schema.json'), 'utf8')) as object;

interface Form {
  schema: object;
  /** One JSON value a line instead of a single one. */
  isLines?: boolean;
}

/** Filled below; `fairhop boards` prints files that have a schema of their own. */
export const JSON_OUTPUT: Record<string, Form> = {
  build: {
    schema: record({
      file: text,
      rebuilt: truth,
      board: text,
      app: text,
      bundleBytes: count,
      functions: count,
      jsVars: record({ total: count, functions: count, names: count, values: count }),
      budget: record({ jsVars: count, bundleBytes: count }),
    }),
  },
  boards: { schema: list(BOARD, 1) },
  ports: {
    schema: list(
      record({
        path: text,
        stableName: maybeText,
        usb: orNull(
          record({
            vendorId: count,
            productId: count,
            serialNumber: maybeText,
            manufacturer: maybeText,
            product: maybeText,
          }),
        ),
        bridge: maybeText,
        likelyBoards: list(text),
        group: maybeText,
        accessible: { type: ['boolean', 'null'] },
        holders: list(record({ pid: count, command: text })),
      }),
    ),
  },
  doctor: {
    schema: record({
      exitCode: count,
      findings: list(
        record({
          check: oneOf('board', 'driver', 'permission', 'group', 'busy', 'modem-manager', 'brltty', 'udev'),
          status: oneOf('ok', 'warning', 'problem'),
          message: text,
          remedy: maybeText,
        }),
        1,
      ),
    }),
  },
  flash: {
    schema: list(
      record({
        port: text,
        outcome: oneOf('flashed', 'already-there', 'planned', 'failed'),
        exitCode: count,
        message: maybeText,
        remedy: maybeText,
        chip: orNull(oneOf('esp32', 'esp32s3', 'esp32c3')),
        mac: orNull(form('^([0-9a-f]{2}:){5}[0-9a-f]{2}$')),
        flashBytes: maybeCount,
        baud: maybeCount,
        regions: list(region),
        bytesWritten: count,
        storageBytesUsed: maybeCount,
        backupFile: maybeText,
        interpreter: maybeText,
        uploadedFiles: list(text),
        seconds: number,
      }),
      1,
    ),
  },
  provision: {
    schema: list(
      record({
        port: text,
        ok: truth,
        exitCode: count,
        outcome: orNull(oneOf('provisioned', 'updated', 'unchanged')),
        address: orNull(address),
        name: maybeText,
        owner: maybeText,
        guarantor: maybeText,
        ledger: orNull(hex(16)),
        join: orNull(oneOf('pending', 'on-ledger')),
        backup: maybeText,
        replaced: orNull(address),
        uri: orNull(form('^fairhop:[0-9a-f]{8}@[0-9a-f]{16}$')),
        message: maybeText,
      }),
      1,
    ),
  },
  monitor: {
    isLines: true,
    schema: record({
      at: { type: 'string', format: 'date-time' },
      kind: oneOf(...KINDS),
      level: oneOf('info', 'warn', 'error'),
      text,
      fields: { type: 'object' },
      raw: maybeText,
    }),
  },
  send: {
    schema: record({
      to: address,
      seq: maybeCount,
      outcome: oneOf('delivered', 'lost', 'unsendable', 'sent'),
      text,
    }),
  },
  'node config get': { schema: settings },
  'node config set': { schema: settings },
  repl: { isLines: true, schema: record({ expression: text, value: anything, error: maybeText }) },
  backup: { schema: record({ file: text, address, name: text, files: list(text, 4) }) },
  restore: { schema: record({ address, name: text, written: list(text) }) },
  'keys new': { schema: record({ ...key, file: text }) },
  'keys list': { schema: record({ keys: list(record(key)) }) },
  'keys export': { schema: record({ ...key, file: text }) },
  'keys import': { schema: record(key) },
  balance: {
    schema: record({
      height: count,
      total: credits,
      accounts: list(
        record({
          id: text,
          name: maybeText,
          known: truth,
          balance: credits,
          line: credits,
          escrow: credits,
          guaranteed: credits,
          free: credits,
          transferable: credits,
        }),
      ),
    }),
  },
  transfer: { schema: record({ ...sent, from: text, to: text, amount: credits }) },
  'node list': { schema: record({ height: count, nodes: list(ref('LedgerNode')) }) },
  'node join': { schema: record(joined) },
  'node rekey': { schema: record(joined) },
  'node leave': { schema: record({ ...sent, address }) },
  'node unvouch': { schema: record({ ...sent, address }) },
  'node home': { schema: record({ ...sent, address, home: address }) },
  'node name': { schema: record({ ...sent, address, named: truth }) },
  'channel list': { schema: record({ height: count, channels: list(ref('LedgerChannel')) }) },
  'channel close': { schema: record({ ...sent, payer: address, chain: count }) },
  'node publish': { schema: record({ address, bookRoot: hex(64) }) },
  propose: { schema: record({ ...sent, proposal: maybeCount, action: text, value: count }) },
  vote: { schema: record({ ...sent, proposal: count, choice: oneOf('yes', 'no') }) },
  'vote list': { schema: record({ height: count, epoch: count, proposals: list(ref('Proposal')) }) },
  params: { schema: ref('Params') },
  'chain verify': {
    schema: record({ verified: truth, ...ledger, transactions: count, books: count, verifiedFrom: count }),
  },
  'chain netting': {
    schema: record({
      epoch: count,
      trees: list(record({ community: count, guarantor: hex(64), in: count, out: count, net: credits })),
    }),
  },
  'chain stats': {
    schema: record({ ...ledger, oldestBlock: count, entries: count, bytesOnDisk: count, packets: count }),
  },
  'chain export': { schema: record({ file: text, bytes: count }) },
  'chain import': { schema: record({ imported: truth, ...ledger, transactions: count }) },
  'fleet status': {
    schema: record({
      gateway: address,
      height: count,
      lag: count,
      sequence: count,
      turn: list(address),
      pool: count,
      unacknowledged: count,
      blocks: record({ applied: count, own: count }),
      peers: list(
        record({
          gateway: address,
          admitted: truth,
          strikes: count,
          height: maybeCount,
          differs: truth,
          skipped: { type: 'object' },
          leftOut: count,
        }),
      ),
      evidence: list(record({ gateway: address, slot: count })),
      alarm: maybeText,
      engine: record({ connected: truth, replicas: count, current: count }, { leader: text }),
    }),
  },
  sim: { isLines: true, schema: outcome },
  'sim compare': { isLines: true, schema: outcome },
  'sim sweep': { isLines: true, schema: outcome },
  bench: {
    schema: list(record({ name: text, value: number, unit: text }, { baseline: number, ratio: number }), 1),
  },
};

/** The JSON values in what the command printed. Throws when it printed anything else, or they have another form. */
export function jsonOf(name: string, stdout: string): unknown[] {
  const { schema, isLines = false } = JSON_OUTPUT[name]!;
  const parts = isLines ? stdout.trimEnd().split('\n') : [stdout];
  return parts.map((part) => {
    const value: unknown = JSON.parse(part);
    const wrong = mismatch(value, schema, name === 'boards' ? BOARD : OPENAPI);
    if (wrong !== null) throw new Error(`${name} --json: ${wrong}`);
    return value;
  });
}
