// A board's prompt for the page: real virtual boards, a real pty as a port, and what must be refused.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { RealScheduler } from '../../host-tools/ether/scheduler.ts';
import type { PortLine } from '../../host-tools/gateway/insight/insight-view.ts';
import { Repl, ReplError, type ReplBoards } from '../../host-tools/gateway/repl.ts';
import { joinStreams } from '../../host-tools/serial/byte-stream.ts';
import { PacketClient, PacketError } from '../../host-tools/serial/packet-protocol.ts';
import { openPty, ptyMakers, type Pty } from '../../host-tools/serial/pty.ts';
import { VmBoard } from '../../host-tools/virtual/vm-board.ts';

const skip = ptyMakers().length > 0 ? false : 'needs socat: apt-get install socat';
const port = (path: string, change: Partial<PortLine> = {}): PortLine => ({
  path,
  stableName: null,
  likelyBoards: [],
  bridge: null,
  accessible: true,
  holders: [],
  ours: false,
  ...change,
});

describe("a board's prompt", { skip, timeout: 120_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'fairhop-repl-'));
  const scheduler = new RealScheduler();
  const board = (name: string): VmBoard => 
    new VmBoard({ name, scheduler, directory: join(root, name), evalMsMax: 300, callbackMsMax: 300 });
  const [own, far, plugged] = [board('gateway'), board('barn'), board('plugged')];
  const client = new PacketClient(own.console);
  let pty: Pty;
  let ports: PortLine[];
  const boards: ReplBoards = {
    own: { address: '00000001', client: () => client },
    virtual: [{ address: '00000002', name: 'barn', board: far }],
    isVirtual: true,
    isLocal: true,
  };
  const repl = (change: Partial<ReplBoards> = {}): Repl => {
    const made = new Repl(async () => ports);
    made.attach({ ...boards, ...change });
    return made;
  };
  const refusal = async (asked: Promise<unknown>): Promise<number> => {
    const error = await asked.then(
      () => assert.fail('it was answered'),
      (cause: unknown) => cause,
    );
    assert.ok(error instanceof ReplError, String(error));
    assert.ok(error.remedy.length > 0);
    return error.status;
  };
  before(async () => {
    for (const one of [own, far, plugged]) await one.start();
    pty = await openPty();
    joinStreams(pty.stream, plugged.console);
    ports = [
      port(pty.path),
      port('/dev/ttyOURS', { ours: true }),
      port('/dev/ttyBUSY', { holders: ['minicom (1)'] }),
      port('/dev/ttyLOCKED', { accessible: false }),
    ];
  });
  after(async () => {
    for (const one of [own, far, plugged]) await one.stop();
    client.close();
    await pty.close();
    scheduler.close();
    rmSync(root, { recursive: true, force: true });
  });

  it('names whoever can be talked to', async () => {
    assert.deepEqual(await repl().targets(), [
      { where: '00000001', name: 'gateway', kind: 'own' },
      { where: '00000002', name: 'barn', kind: 'virtual' },
      { where: pty.path, name: pty.path, kind: 'port' },
    ]);
  });

  it('gives values, texts of functions, refusals and what was printed', async () => {
    for (const where of ['00000001', '00000002', pty.path]) {
      const asked = repl();
      const answer = await asked.evaluate(where, 'var seen=[1,"\u00fc\u202e<b>"];print("hello");seen');
      assert.deepEqual(answer, { where, value: '[1,"\u00fc\u202e<b>"]', error: null, printed: ['hello'] }, where);
      assert.equal((await asked.evaluate(where, 'seen.length')).value, '2', 'the board remembers');
      assert.match((await asked.evaluate(where, '(function(){return 5})')).value!, /^"function .*return 5/);
      assert.match((await asked.evaluate(where, 'nothing.there')).error!, /nothing/);
      assert.match((await asked.evaluate(where, '"unfinished')).error!, /\S/);
    }
  });

  it('bounds what comes back, and breaks out of a line that does not end', async () => {
    const asked = repl();
    const long = await asked.evaluate('00000002', '"x".repeat?"x".repeat(7000):new Array(7001).join("x")');
    assert.equal(long.value!.length, 4000);
    const many = await asked.evaluate('00000002', 'for(var i=0;i<500;i++)print("line "+i)');
    assert.equal(many.printed.length, 40);
    assert.match((await asked.evaluate('00000002', 'while(true);')).error!, /\S/);
    assert.equal((await asked.evaluate('00000002', '1+1')).value, '2', 'it goes on');
    // The interpreter has no async functions; Node has, and what comes after `await` runs apart from the line.
    await asked.evaluate('00000002', '(async function(){await 0;while(true);})()');
    await asked.evaluate('00000002', 'setTimeout(function(){while(true);},1)').catch(() => {});
    for (let value: string | null = null; value !== '4'; )
      value = (await asked.evaluate('00000002', '2+2').catch(() => null))?.value ?? null;
  });

  it('refuses what is not there, not free, or asked twice at once', async () => {
    const asked = repl();
    for (const [where, status] of [
      ['00000009', 404],
      ['/etc/passwd', 404],
      ['/dev/ttyOURS', 409],
      ['/dev/ttyBUSY', 409],
      ['/dev/ttyLOCKED', 409],
    ] as const)
      assert.equal(await refusal(asked.evaluate(where, '1')), status, where);
    const pulled = join(root, 'gone');
    const late = new Repl(async () => [port(pulled)]);
    assert.equal(await refusal(late.evaluate(pulled, '1')), 502);
    const first = asked.evaluate('00000002', '1');
    assert.equal(await refusal(asked.evaluate('00000002', '2')), 409);
    assert.equal((await first).value, '1');
    const away = repl({
      own: {
        address: '00000001',
        client: () => {
          throw new PacketError('closed', 'away');
        },
      },
    });
    assert.equal(await refusal(away.evaluate('00000001', '1')), 502);
    await far.stop();
    const hasty = new Repl(async () => [], 200);
    hasty.attach(boards);
    assert.equal(await refusal(hasty.evaluate('00000002', '1')), 504);
    await far.start();
    assert.equal((await asked.evaluate('00000002', '3')).value, '3');
  });

  it('keeps virtual boards from whoever asks from another computer', async () => {
    const open = repl({ isLocal: false });
    assert.deepEqual(
      (await open.targets()).map(({ kind }) => kind),
      ['port'],
    );
    for (const where of ['00000001', '00000002']) assert.equal(await refusal(open.evaluate(where, '1')), 403);
    const real = repl({ isLocal: false, isVirtual: false, virtual: [] });
    assert.equal((await real.evaluate('00000001', '4')).value, '4', 'a real board harms only itself');
  });
});
