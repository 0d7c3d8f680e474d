// A board becomes a node: on a virtual board in this process always, on the real interpreter when there is one. What
// the board holds afterwards is read back and compared with what the protocol asks for.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { x25519PublicKey } from '../../host-tools/crypto/index.ts';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { ChainService } from '../../host-tools/gateway/chain-service.ts';
import { identitiesOf, joinsFor, openDesk, signBlock } from '../../host-tools/gateway/desk.ts';
import { makeChequebook } from '../../host-tools/provision/chequebook.ts';
import { pendingJoins } from '../../host-tools/provision/pending-joins.ts';
import { backupPath, readRecords, readSealed } from '../../host-tools/provision/provision-files.ts';
import { PacketClient } from '../../host-tools/serial/packet-protocol.ts';
import { OpenPort } from '../../host-tools/serial/serial-port.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import { macKey } from '#protocol';
import { jsonOf } from '../cli/json-schemas.ts';
import { command, fairhop, inDirectory, plugged, vmBoard, type Ran } from '../monitor/bench.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';

interface Row {
  port: string;
  ok: boolean;
  outcome: string;
  address: string;
  name: string;
  join: string;
  uri: string;
  replaced: string | null;
  message: string | null;
}

function rowsOf(ran: Ran): Row[] {
  assert.equal(ran.status, 0, ran.stderr);
  return jsonOf('provision', ran.stdout)[0] as Row[];
}

type Read = (name: string) => Promise<Uint8Array | undefined>;

/** Through the serial port, so that no answer is left lying in it for the next program that opens it. */
async function overPort<T>(path: string, work: (read: Read) => Promise<T>): Promise<T> {
  const port = await OpenPort.open(path);
  const client = new PacketClient(port, { packetTimeoutMs: 10_000 });
  try {
    return await work((name) => client.readFile(name));
  } finally {
    client.close();
    await port.close();
  }
}

async function settingsOf(board: { readFile: Read }): Promise<Record<string, unknown>> {
  const bytes = await board.readFile('fh.node');
  assert.ok(bytes, 'fh.node is there');
  return JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;
}

const secretsIn = (directory: string): Buffer[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.json$/.test(name))
    .map((name) => readFileSync(join(directory, name)));

/** The addresses in a table of pairwise keys. */
function keysOf(table: Uint8Array): number[] {
  assert.equal(table.length % 52, 0);
  return Array.from({ length: table.length / 52 }, (_, i) => Buffer.from(table).readUInt32BE(52 * i));
}

/** What every provisioned board must hold; returns the secrets, for the search that must not find them. */
async function checkBoard(board: { readFile: Read }, row: Row, data: string): Promise<Uint8Array[]> {
  const settings = await settingsOf(board);
  assert.equal((settings.address as number).toString(16).padStart(8, '0'), row.address);
  assert.equal(settings.name, row.name);
  const desk = JSON.parse(readFileSync(join(data, 'desk.json'), 'utf8')) as { gateway: number };
  assert.equal(settings.home, desk.gateway);
  const record = readRecords(data).find(({ address }) => address === settings.address)!;
  const paySecret = (await board.readFile('fh.pay'))!;
  const id = {
    ledger: new Uint8Array(Buffer.from(settings.ledger as string, 'hex')),
    address: record.address,
    generation: 0,
  };
  const { book, checkpoints } = makeChequebook(macKey(paySecret), id);
  assert.equal(record.book, Buffer.from(book).toString('base64'));
  assert.deepEqual(Buffer.from((await board.readFile('fh.cp'))!), Buffer.from(checkpoints));
  const keys = (await board.readFile('fh.keys'))!;
  assert.ok(keysOf(keys).includes(desk.gateway), 'it shares a key with its home');
  return [paySecret, Uint8Array.from(Buffer.from(settings.networkKey as string, 'hex'))];
}

/** As `fairhop up` does: its own members first, which use up the founder's nonces. */
async function joinAll(data: string, addresses: number[]): Promise<void> {
  const desk = await openDesk(data);
  try {
    desk.seat(3);
    const joins = joinsFor(desk, await identitiesOf(desk, desk.members, () => {}));
    const pending = pendingJoins(desk, joins);
    assert.deepEqual(pending.problems, []);
    assert.equal(pending.transactions.length, addresses.length);
    const chain = new ChainService(desk.ledger, desk.store, desk.founding.gatewayAddress, signBlock(desk));
    chain.submitAll([...joins, ...pending.transactions]);
    const made = chain.makeBlock(desk.ledger.params.createdS + 10)!;
    assert.deepEqual(made.refused, []);
    for (const address of addresses) {
      const node = desk.ledger.account(address)!;
      assert.ok(desk.store.book(node.bookRoot), 'its chequebook is published');
    }
    assert.equal(desk.ledger.totals().conserved, true);
    assert.deepEqual(pendingJoins(desk, []).transactions, []);
  } finally {
    await desk.store.close();
  }
}

describe('a board is provisioned', { concurrency: false }, () => {
  it('once, again without a change, mended, never overwritten unasked', () =>
    inDirectory(async (directory) => {
      const { code } = await buildFirmware('linux-udp');
      const data = join(directory, 'data');
      const { board, path, unplug } = await plugged(vmBoard(directory, code));
      const args = ['provision', '--port', path, '--owner', 'alice', '--data', data, '--json'];
      try {
        const first = await fairhop([...args, '--name', 'hill barn']);
        const [made] = rowsOf(first);
        assert.deepEqual([made!.outcome, made!.join, made!.name], ['provisioned', 'pending', 'hill barn']);
        const secrets = await checkBoard(board, made!, data);
        const files = secretsIn(data);
        for (const secret of secrets.slice(0, 1)) {
          const hex = Buffer.from(secret).toString('hex');
          for (const text of [first.stdout, first.stderr, ...files.map(String)]) assert.ok(!text.includes(hex));
        }

        const [again] = rowsOf(await command(args));
        assert.deepEqual([again!.outcome, again!.address], ['unchanged', made!.address]);
        await board.writeFile('fh.keys', new Uint8Array(52));
        const [mended] = rowsOf(await command([...args, '--reading', '30']));
        assert.deepEqual([mended!.outcome, mended!.address], ['updated', made!.address]);
        assert.equal((await settingsOf(board)).readingS, 30);
        await checkBoard(board, mended!, data);

        const other = await command([...args, '--data', join(directory, 'other')]);
        assert.equal(other.status, 10);
        assert.match(other.stderr, /node of another ledger[^]*remedy: give --replace/);
        const bob = await command(['provision', '--port', path, '--owner', 'bob', '--data', data]);
        assert.match(bob.stderr, /belongs to alice/);
        assert.equal((await settingsOf(board)).name, 'hill barn');

        await board.writeFile('fh.w', new Uint8Array(8));
        const [replaced] = rowsOf(await command([...args, '--replace', '--name', 'hill barn']));
        assert.deepEqual([replaced!.outcome, replaced!.replaced], ['provisioned', made!.address]);
        assert.notEqual(replaced!.address, made!.address);
        assert.equal(await board.readFile('fh.w'), undefined);
        await checkBoard(board, replaced!, data);
        assert.deepEqual(
          readRecords(data)
            .map(({ state }) => state)
            .sort(),
          ['replaced', 'written'],
        );
        // A board that has lost its flash is new; its name is free for whoever says so.
        for (const name of board.flash.list()) if (name.startsWith('fh.')) board.flash.erase(name);
        assert.match((await command([...args, '--name', 'hill barn'])).stderr, /called "hill barn" already/);
        rowsOf(await command([...args, '--name', 'hill barn', '--replace']));
        assert.equal(readRecords(data).filter(({ state }) => state === 'written').length, 1);
      } finally {
        await unplug();
      }
    }));

  it('in two, the second start finishing what the first began', () =>
    inDirectory(async (directory) => {
      const { code } = await buildFirmware('linux-udp');
      const data = join(directory, 'data');
      const { board, path, unplug } = await plugged(vmBoard(directory, code));
      try {
        const args = ['provision', '--port', path, '--owner', 'founder', '--data', data, '--json'];
        const [made] = rowsOf(await command(args));
        // As after a pulled cable: the pay secret is there, the settings are not, and the record says so.
        board.flash.erase('fh.node');
        board.flash.erase('fh.cp');
        const file = join(data, 'provision', `${made!.address}.json`);
        writeFileSync(file, readFileSync(file, 'utf8').replace('"written"', '"writing"'));
        const [finished] = rowsOf(await command(args));
        assert.deepEqual([finished!.outcome, finished!.address], ['provisioned', made!.address]);
        await checkBoard(board, finished!, data);
      } finally {
        await unplug();
      }
    }));

  it('and its join, with those of others, comes into the first block of the gateway', () =>
    inDirectory(async (directory) => {
      const { code } = await buildFirmware('linux-udp');
      const data = join(directory, 'data');
      const plugs = await Promise.all(['a', 'b', 'c'].map((name) => plugged(vmBoard(directory, code, name))));
      try {
        const csv = join(directory, 'boards.csv');
        const rows = plugs.map(({ path }, i) => `${path},"board ""${i}""",${i === 1 ? 'alice' : ''}`);
        writeFileSync(csv, `port,name,owner\n${rows.join('\n')}\n/dev/nowhere,,\n`);
        const ran = await command([
          ...['provision', '--csv', csv, '--owner', 'founder'],
          ...['--data', data, '--json'],
        ]);
        assert.equal(ran.status, 3, ran.stderr);
        const reports = JSON.parse(ran.stdout) as Row[];
        assert.deepEqual(
          reports.map(({ ok }) => ok),
          [true, true, true, false],
        );
        assert.match(reports[3]!.message!, /no such port/);

        await joinAll(
          data,
          reports.slice(0, 3).map(({ address }) => parseInt(address, 16)),
        );
        const [again] = rowsOf(
          await command([
            ...['provision', '--port', plugs[0]!.path, '--owner', 'founder'],
            ...['--data', data, '--json'],
          ]),
        );
        // The boards that came later are in its key table now.
        assert.deepEqual([again!.outcome, again!.join], ['updated', 'on-ledger']);
        const known = keysOf((await plugs[0]!.board.readFile('fh.keys'))!);
        for (const { address } of reports.slice(1, 3)) assert.ok(known.includes(parseInt(address, 16)));
      } finally {
        for (const { unplug } of plugs) await unplug();
      }
    }));

  const skip = interpreterPath() === undefined ? INTERPRETER_REMEDY : false;
  it('on the real interpreter, read back file by file', { skip }, () =>
    inDirectory(async (directory) => {
      const { code } = await buildFirmware('linux-udp');
      const data = join(directory, 'data');
      const interpreter = interpreterPath()!;
      const real = new EspruinoBoard({ name: 'real', interpreter, directory: join(directory, 'real'), code });
      const { path, unplug } = await plugged(real);
      try {
        const args = ['provision', '--port', path, '--owner', 'founder', '--data', data, '--json'];
        const [made] = rowsOf(await command(args));
        await overPort(path, (readFile) => checkBoard({ readFile }, made!, data));
        const [again] = rowsOf(await command(args));
        assert.deepEqual([again!.outcome, again!.address], ['unchanged', made!.address]);
      } finally {
        await unplug();
      }
    }),
  );
});

it('the link key in the record is that of the secret', () =>
  inDirectory(async (directory) => {
    const { code } = await buildFirmware('linux-udp');
    const data = join(directory, 'data');
    const { path, unplug } = await plugged(vmBoard(directory, code));
    try {
      const ran = await command(['provision', '--port', path, '--owner', 'founder', '--data', data]);
      assert.equal(ran.status, 0, ran.stderr);
      assert.match(ran.stdout, /fairhop:[0-9a-f]{8}@[0-9a-f]{16}/);
      const [record] = readRecords(data);
      const { link } = readSealed(data, backupPath(data, record!.address))!;
      assert.equal(Buffer.from(x25519PublicKey(link!)).toString('hex'), record!.linkKey);
    } finally {
      await unplug();
    }
  }));
