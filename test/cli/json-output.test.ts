// `--json` of every command there is, run for real: against a virtual board behind a pty, an emulated chip, a gateway
// with a ledger. Standard output holds JSON of the described form and nothing else, also when the command fails.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createProgram, leavesOf } from '../../host-tools/cli/program.ts';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { bench as flashBench } from '../flash/bench.ts';
import { runtimeFiles, writeRuntime } from '../flash/images.ts';
import { plugged, vmBoard, type Plugged } from '../monitor/bench.ts';
import { EARNER, GATEWAY, OwnerWorld, PASSPHRASE, PAYER } from '../owner/owner-world.ts';
import type { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { CommandsInTurn, type Ran } from './commands-in-turn.ts';
import { JSON_OUTPUT, jsonOf } from './json-schemas.ts';

const directory = mkdtempSync(join(tmpdir(), 'fairhop-json-'));
const file = (name: string): string => join(directory, name);
const hex = (number: number): string => number.toString(16).padStart(8, '0');
const seen = new Set<string>();
let commands: CommandsInTurn;
let plug: Plugged<VmBoard>;
let world: OwnerWorld;

/** Runs it with --json; every value has the form of JSON_OUTPUT. `name`: where words alone do not tell the form. */
async function json(
  words: string[],
  status = 0,
  name = words.slice(0, wordsOfCommand(words)).join(' '),
): Promise<any[]> {
  const ran = await commands.run(...words, '--json');
  assert.equal(ran.status, status, `${words.join(' ')}: ${ran.stderr}`);
  seen.add(words.slice(0, wordsOfCommand(words)).join(' '));
  return jsonOf(name, ran.stdout);
}

/** Fails: nothing on stdout, one line and its remedy on stderr. */
async function refused(words: string[], status: number): Promise<Ran> {
  const ran = await commands.run(...words, '--json');
  assert.deepEqual([ran.status, ran.stdout], [status, ''], words.join(' '));
  assert.match(ran.stderr, /^fairhop: [^\n]+(\n {2}[^\n]+)*\n {2}remedy: [^\n]+\n$/);
  return ran;
}

const paths = new Set(leavesOf(await createProgram()).map(({ path }) => path));

function wordsOfCommand(words: string[]): number {
  return [3, 2, 1].find((count) => paths.has(words.slice(0, count).join(' '))) ?? 0;
}

describe('--json', { concurrency: false }, () => {
  before(async () => {
    commands = new CommandsInTurn({ FAIRHOP_PASSPHRASE: PASSPHRASE });
    world = await OwnerWorld.start();
    plug = await plugged(vmBoard(directory, (await buildFirmware('linux-udp')).code));
  });
  after(async () => {
    commands.end();
    await plug.unplug();
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('of the computer and its ports', async () => {
    await json(['build', '--board', 'linux-udp']);
    await json(['boards']);
    const { status, stdout } = await commands.run('doctor', '--json');
    const [diagnosis] = jsonOf('doctor', stdout) as [{ exitCode: number }];
    assert.equal(status, diagnosis.exitCode);
    seen.add('doctor');
    const listed = await commands.run('ports', '--json');
    const [ports] = jsonOf('ports', listed.stdout) as [unknown[]];
    assert.equal(listed.status, ports.length === 0 ? 3 : 0);
    seen.add('ports');
    await refused(['build', '--board', 'nope'], 2);
  });

  it('of a board that is flashed', async (t) => {
    const runtime = writeRuntime(file('runtime'), runtimeFiles('esp32', 1));
    const { url } = await flashBench(t, { chip: 'esp32' });
    const common = ['flash', '--board', 'generic-esp32-rfm95', '--runtime', runtime, '--no-app'];
    const [[planned]] = await json([...common, '--port', url, '--dry-run', '--backup-dir', directory]);
    assert.equal(planned.outcome, 'planned');
    const [[done]] = await json([...common, '--port', url, '--backup-dir', directory]);
    assert.equal(done.outcome, 'flashed');
    const [[missing]] = await json([...common, '--port', '/dev/nowhere'], 3);
    assert.equal(missing.outcome, 'failed');
    await refused([...common, '--all', '--port', url], 2);
  });

  it('of a board that becomes a node', async () => {
    const port = ['--port', plug.path];
    const provision = ['provision', '--owner', 'founder', '--data', file('data')];
    const [[made]] = await json([...provision, ...port, '--name', 'shed']);
    assert.equal(made.outcome, 'provisioned');
    writeFileSync(file('boards.csv'), `port\n${plug.path}\n/dev/nowhere\n`);
    const [[again, nowhere]] = await json([...provision, '--csv', file('boards.csv')], 3);
    assert.deepEqual([again.ok, nowhere.ok, nowhere.address], [true, false, null]);
    await json(['node', 'config', 'get', ...port]);
    const [settings] = await json(['node', 'config', 'set', 'readingS=300', ...port]);
    assert.equal(settings.readingS, 300);
    const one = await commands.run('node', 'config', 'get', 'name', ...port, '--json');
    assert.deepEqual(JSON.parse(one.stdout), { name: 'shed' });
    await json(['repl', ...port, '--eval', '[1,"x"]', 'undefined', 'nobody.home'], 10);
    const [sent] = await json(['send', '0000beef', 'hello', ...port], 10);
    assert.equal(sent.outcome, 'unsendable');
    await json(['backup', file('shed.backup'), ...port]);
    await json(['restore', file('shed.backup'), ...port, '--yes', '--replace']);
    await refused(['restore', file('shed.backup'), ...port, '--yes'], 10);
    await refused(['repl', '--port', '/dev/nowhere', '--eval', '1'], 3);
  });

  it('of a log', async () => {
    const lines = [
      '{"t":"note","note":3,"who":1,"value":2}',
      'rst:0x1 (POWERON_RESET),boot:0x13 (SPI)',
      '{',
      'text',
    ];
    writeFileSync(file('board.log'), lines.join('\n'));
    const entries = await json(['monitor', '--replay', file('board.log')]);
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      ['payment', 'reset', 'text', 'text'],
    );
    await refused(['monitor', '--replay', file('nothing.log')], 2);
    // A file that is no log: cut into entries, not collected; and one that is no list, quoted without its controls.
    writeFileSync(file('zeros'), Buffer.alloc(1_000_000));
    assert.ok((await json(['monitor', '--replay', file('zeros')])).length > 20);
    writeFileSync(file('noise.csv'), `port\u001b[2J${'\u0007'.repeat(5000)}\n`);
    const noise = await refused(['provision', '--csv', file('noise.csv'), '--owner', 'alice'], 2);
    assert.doesNotMatch(noise.stderr, /[\u0007\u001b]/);
    assert.ok(noise.stderr.length < 1500);
  });

  it('of keys and money', async () => {
    const data = ['--data', world.directory];
    const at = [...data, '--http', world.server.url];
    await json(['keys', 'new', 'alice', ...data]);
    await json(['keys', 'list', ...data]);
    await json(['keys', 'export', 'alice', file('alice.json'), ...data]);
    await json(['keys', 'import', file('alice.json'), '--as', 'alice-two', ...data]);
    await json(['balance', ...at]);
    await json(['transfer', '10', '--from', hex(EARNER), '--to', 'owner', ...at]);
    await json(['transfer', '1', '--from', hex(EARNER), '--to', 'owner', '--no-wait', ...at]);
    await json(['node', 'list', '--all', ...at]);
    await json(['node', 'join', '0a0000f0', '--owner', 'alice', '--guarantor', 'owner', ...at]);
    await json(['node', 'publish', '0a0000f0', ...at]);
    await json(['node', 'rekey', '0a0000f0', ...at]);
    await json(['node', 'leave', '0a0000f0', ...at]);
    const [{ proposal }] = await json(['propose', 'set-rate', 'levy-local-per-mille', '50', ...at]);
    await json(['vote', ...at], 0, 'vote list');
    await json(['vote', String(proposal), 'yes', ...at]);
    await json(['params', ...at]);
    const payer = hex(PAYER);
    const [{ channels }] = await json(['channel', 'list', payer, ...at]);
    await json(['channel', 'close', payer, String(channels[0].chain), ...at]);
    await json(['node', 'name', payer, ...at]);
    await json(['node', 'home', payer, hex(GATEWAY), ...at]);
    await json(['node', 'unvouch', payer, ...at]);
    // What it prints for a fleet is held to its form where there is one (test/fleet).
    await refused(['fleet', 'status', '--http', 'http://127.0.0.1:9'], 11);
    seen.add('fleet status');
    await refused(['balance', 'nobody', ...at], 2);
    await refused(['params', ...data, '--http', 'http://127.0.0.1:9'], 11);
    assert.equal(world.ledger.totals().conserved, true);
  });

  it('of a stored chain', async () => {
    const data = ['--data', file('data')];
    const [verified] = await json(['chain', 'verify', ...data]);
    assert.deepEqual([verified.verified, verified.conserved], [true, true]);
    await json(['chain', 'stats', ...data]);
    await json(['chain', 'netting', ...data]);
    await json(['chain', 'export', file('chain.fhc'), ...data]);
    await json(['chain', 'import', file('chain.fhc'), '--data', file('copy')]);
    await refused(['chain', 'verify', '--data', file('nowhere')], 10);
    assert.ok(readFileSync(file('chain.fhc')).length > 0);
  });

  it('of simulations and figures', async () => {
    const short = ['--nodes', '4', '--hours', '0.02'];
    assert.equal((await json(['sim', 'honest', ...short])).length, 1);
    assert.equal((await json(['sim', 'compare', 'honest', 'no-incentive', ...short, '--threads', '1'])).length, 2);
    assert.equal((await json(['sim', 'sweep', 'honest', '--seeds', '1,2', ...short, '--threads', '1'])).length, 2);
    await refused(['sim', 'nobody'], 2);
    await json(['bench', '--only', 'overhead']);
    await refused(['bench', '--only', 'nothing'], 2);
  });

  it('no command was left out, and no form is without a command', async () => {
    const promised = leavesOf(await createProgram()).filter(({ command }) =>
      command.options.some(({ long }) => long === '--json'),
    );
    assert.deepEqual([...seen].sort(), promised.map(({ path }) => path).sort());
    for (const name of Object.keys(JSON_OUTPUT)) assert.ok(name === 'vote list' || seen.has(name), name);
  });
});
