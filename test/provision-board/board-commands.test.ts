// The commands that talk to one provisioned board, as a user runs them, against a virtual board on a pseudo terminal:
// settings, backup and restore, send, repl. Every `--json` is held against a schema.
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { buildFirmware } from '../../host-tools/firmware-build/build-firmware.ts';
import { EspruinoBoard } from '../../host-tools/virtual/espruino-board.ts';
import type { VmBoard } from '../../host-tools/virtual/vm-board.ts';
import { jsonOf } from '../cli/json-schemas.ts';
import { INTERPRETER_REMEDY, interpreterPath } from '../device/interpreter.ts';
import { command, fairhop, inDirectory, plugged, vmBoard, type Plugged, type Ran } from '../monitor/bench.ts';

const env = { FAIRHOP_PASSPHRASE: 'correct horse' };
function checked(ran: Ran, name: string, status = 0): Record<string, unknown> {
  assert.equal(ran.status, status, ran.stderr);
  return jsonOf(name, ran.stdout)[0] as Record<string, unknown>;
}

describe('a provisioned board', { concurrency: false }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-commands-'));
  let plug: Plugged<VmBoard>;
  let port: string[];
  let own = '';

  before(async () => {
    const { code } = await buildFirmware('linux-udp');
    plug = await plugged(vmBoard(directory, code));
    port = ['--port', plug.path];
    const args = [
      'provision',
      ...port,
      '--owner',
      'founder',
      '--name',
      'shed',
      '--data',
      join(directory, 'data'),
      '--json',
    ];
    const ran = await fairhop(args);
    assert.equal(ran.status, 0, ran.stderr);
    own = (JSON.parse(ran.stdout) as [{ address: string }])[0].address;
  });
  after(async () => {
    await plug.unplug();
    rmSync(directory, { recursive: true, force: true });
  });

  it('shows its settings without the secret one, and takes new ones that make sense', async () => {
    const shown = checked(await command(['node', 'config', 'get', ...port, '--json']), 'node config get');
    assert.equal(shown.networkKey, '(secret)');
    assert.equal(shown.name, 'shed');
    const set = await command(['node', 'config', 'set', 'price=20', 'name=barn', ...port, '--json']);
    const changed = checked(set, 'node config set');
    assert.deepEqual([changed.price, changed.name, changed.address], [20, 'barn', shown.address]);
    assert.equal((await command(['node', 'config', 'get', 'price', ...port])).stdout, '20\n');
    for (const wrong of ['address=5', 'price=0', 'helloMinMs=99999999', 'price', 'helloMinMs=600000']) {
      const ran = await command(['node', 'config', 'set', wrong, ...port]);
      assert.deepEqual([ran.status, ran.stdout], [2, ''], wrong);
    }
  });

  it('is copied into an encrypted file and comes back from it', async () => {
    const file = join(directory, 'shed.backup');
    const made = checked(await command(['backup', file, ...port, '--json'], env), 'backup');
    assert.equal(made.address, own);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const names = made.files as string[];
    const kept = new Map(names.map((name) => [name, Buffer.from(plug.board.flash.read(name)!)]));
    assert.ok(!readFileSync(file, 'utf8').includes(kept.get('fh.pay')!.toString('hex')));
    assert.equal((await command(['backup', file, ...port], env)).status, 2);

    plug.board.flash.write('fh.zz', Buffer.from('stale'));
    assert.equal((await command(['restore', file, ...port, '--yes'], env)).status, 10);
    assert.equal((await command(['restore', file, ...port, '--replace'], env)).status, 2);
    const wrong = await command(['restore', file, ...port, '--yes'], { FAIRHOP_PASSPHRASE: 'wrong' });
    assert.match(wrong.stderr, /wrong passphrase/);
    for (const name of names) if (name !== 'fh.radio') plug.board.flash.erase(name);
    const restored = checked(await command(['restore', file, ...port, '--yes', '--json'], env), 'restore');
    assert.equal(restored.address, own);
    // What the node writes itself moves on as soon as it runs again.
    for (const name of ['fh.node', 'fh.keys', 'fh.pay', 'fh.cp'])
      assert.deepEqual(Buffer.from(plug.board.flash.read(name)!), kept.get(name), name);
    assert.equal(plug.board.flash.read('fh.zz'), undefined);

    writeFileSync(file, readFileSync(file, 'utf8').replace(/"box": "..../, '"box": "AAAA'));
    assert.equal((await command(['restore', file, ...port, '--yes'], env)).status, 10);
  });

  it('sends a text, and says when that cannot work', async () => {
    const ran = await command(['send', '0000beef', 'hello', ...port, '--json']);
    const nobody = checked(ran, 'send', 10);
    assert.deepEqual([nobody.outcome, nobody.to, nobody.seq], ['unsendable', '0000beef', null]);
    assert.match(nobody.text as string, /no key of the destination/);
    const home = (JSON.parse(Buffer.from(plug.board.flash.read('fh.node')!).toString()) as { home: number }).home;
    const alone = checked(
      await command(['send', home.toString(16).padStart(8, '0'), 'x', ...port, '--json']),
      'send',
      10,
    );
    assert.match(alone.text as string, /no route|no receipt/);
    assert.equal((await command(['send', 'beef', 'x', ...port])).status, 2);
  });

  it('answers in the repl', async () => {
    const input = '1+2\nvar kept={a:[1,"x"]}\nkept\nnobody.home\n"well again"\n';
    const ran = await fairhop(['repl', ...port, '--json'], { input });
    assert.equal(ran.status, 10);
    const rows = jsonOf('repl', ran.stdout) as { value: unknown; error: string | null }[];
    assert.deepEqual(
      rows.map(({ value }) => value),
      [3, null, { a: [1, 'x'] }, null, 'well again'],
    );
    assert.match(rows[3]!.error!, /nobody is not defined/);
    const plain = await fairhop(['repl', ...port, '--eval', 'kept.a', 'print']);
    assert.match(plain.stdout, /^\[1,"x"\]\n"function /);
  });
});

it('a text that arrived, one that did not, and a board that does not listen are told apart', () =>
  inDirectory(async (directory) => {
    // Receipts of another node's packet and of an earlier one to the same node come first.
    const code =
      'E.on("packet",function(p){function note(n,w,v){print(JSON.stringify({t:"note",note:n,who:w,value:v}))}' +
      'print(JSON.stringify({t:"sent",dst:p.dst,seq:7}));note(1,5,7);note(1,p.dst,6);' +
      'note(atob(p.data).length>3?1:2,p.dst,7)})';
    const { board, path, unplug } = await plugged(vmBoard(directory, code));
    try {
      const port = ['--port', path, '--json'];
      const good = checked(await command(['send', '0000beef', 'long enough', ...port]), 'send');
      assert.deepEqual(
        [good.outcome, good.seq, good.text],
        ['delivered', 7, 'packet 7 to 0000beef delivered, receipt in'],
      );
      const lost = checked(await command(['send', '0000beef', 'x', ...port]), 'send', 10);
      assert.equal(lost.outcome, 'lost');
      const late = checked(await command(['send', '0000beef', 'x', ...port, '--wait', '0']), 'send');
      assert.deepEqual([late.outcome, late.seq], ['sent', 7]);
      board.powerOff();
      board.flash.write('.bootcde', Buffer.from('print("deaf")'));
      board.powerOn();
      const deaf = await command(['send', '0000beef', 'x', ...port]);
      assert.equal(deaf.status, 10);
      assert.match(deaf.stderr, /takes no messages/);
    } finally {
      await unplug();
    }
  }));

const skip = interpreterPath() === undefined ? INTERPRETER_REMEDY : false;

it('the repl evaluates on the real interpreter', { skip }, () =>
  inDirectory(async (directory) => {
    const { path, unplug } = await plugged(
      new EspruinoBoard({
        name: 'real',
        interpreter: interpreterPath()!,
        directory: join(directory, 'real'),
      }),
    );
    try {
      const input = '6*7\nvar kept={a:[1,"x"]}\nkept\nnobody.home\nprocess.env.BOARD\n';
      const ran = await fairhop(['repl', '--port', path, '--json'], { input });
      const rows = ran.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { value: unknown; error: string | null });
      // A declaration has no value in JavaScript; this interpreter gives the variable's.
      rows.splice(1, 1);
      assert.deepEqual(
        rows.map(({ value }) => value),
        [42, { a: [1, 'x'] }, null, 'LINUX'],
        ran.stderr,
      );
      assert.match(rows[2]!.error!, /"nobody" is not defined/);
    } finally {
      await unplug();
    }
  }),
);
