// The owner's commands against a running gateway with a real ledger: what each prints as JSON, what it does to the
// money, and what it says when it cannot.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { ExitCode } from '../../host-tools/cli/cli-error.ts';
import { jsonOf } from '../cli/json-schemas.ts';
import { EARNER, GATEWAY, OwnerWorld, PAYER, runCommand, refusal } from './owner-world.ts';

/** Runs a command and checks the form of what it prints. */
async function run(world: OwnerWorld, name: string, ...words: string[]): Promise<any> {
  const command = name === 'vote list' ? ['vote'] : name.split(' ');
  const answer = await world.run(...command, ...words);
  jsonOf(name, JSON.stringify(answer));
  return answer;
}

const address = (number: number): string => number.toString(16).padStart(8, '0');

describe('the owner\'s commands', { timeout: 120_000 }, () => {
  let world: OwnerWorld;
  before(async () => {
    world = await OwnerWorld.start();
  });
  after(() => world.close());

  it('balance shows the own keys and their nodes, or any account', async () => {
    const all = await run(world, 'balance');
    assert.deepEqual(all.accounts.map(({ id }: { id: string }) => id), [
      `owner:${world.founderKey}`, `node:${address(EARNER)}`, `node:${address(PAYER)}`,
    ]);
    assert.equal(all.accounts[0].name, 'founder');
    const [node] = (await run(world, 'balance', address(EARNER))).accounts;
    assert.equal(node.free, node.balance + node.line - node.escrow - node.guaranteed);
    assert.equal(node.transferable, Math.min(node.balance, node.free));
    const [pool] = (await run(world, 'balance', 'pool:0')).accounts;
    assert.ok(pool.balance > 0 && pool.transferable === 0);
    assert.equal((await world.refused('balance', '0b000000')).exitCode, ExitCode.Refused);
    assert.equal((await world.refused('balance', 'nobody')).exitCode, ExitCode.Usage);
  });

  it('transfer moves what was earned, says in which block, and no more', async () => {
    const [before, founder] = [world.balanceOf(EARNER), `owner:${world.founderKey}`];
    const moved = await run(world, 'transfer', '100', '--from', address(EARNER), '--to', 'owner');
    assert.equal(moved.state, 'included');
    assert.ok(moved.height > 0 && moved.height <= world.ledger.height);
    assert.equal(moved.from, `node:${address(EARNER)}`);
    assert.equal(moved.to, founder);
    assert.equal(world.balanceOf(EARNER), before - 100);
    const back = await run(world, 'transfer', '40', '--to', address(EARNER));
    assert.equal(back.from, founder);
    assert.equal(world.balanceOf(EARNER), before - 60);
    const short = await world.refused('transfer', '61', '--to', address(EARNER));
    assert.equal(short.exitCode, ExitCode.Refused);
    assert.match(short.message, /can transfer 60 credits, not 61/);
    assert.equal(world.balanceOf(EARNER), before - 60);
    for (const amount of ['0', '1.5', '1e3', 'x', '', '99999999999999999'])
      assert.equal((await world.refused('transfer', amount, '--to', address(PAYER))).exitCode, ExitCode.Usage);
    assert.equal((await world.refused('transfer', '1', '--from', 'pool:0', '--to', 'owner')).exitCode, ExitCode.Usage);
    assert.equal((await world.refused('transfer', '1', '--to', 'owner')).exitCode, ExitCode.Usage);
    const stranger = await world.refused('transfer', '1', '--to', 'ab'.repeat(32));
    assert.equal(stranger.exitCode, ExitCode.Refused);
    assert.match(stranger.message, /no such owner/);
  });

  it('transfer --no-wait hands in and leaves', async () => {
    const before = world.balanceOf(PAYER);
    const handed = await run(world, 'transfer', '7', '--from', address(EARNER), '--to', address(PAYER), '--no-wait');
    assert.equal(handed.state, 'waiting');
    assert.equal(handed.height, 0);
    while (world.owners.transaction(handed.id, 0)?.state === 'waiting') await new Promise((wake) => setImmediate(wake));
    assert.equal(world.owners.transaction(handed.id, 0)?.state, 'included');
    assert.equal(world.balanceOf(PAYER), before + 7);
  });

  it('a node joins for another owner, is rekeyed and leaves; its chequebook is published', async () => {
    const carol = await world.run('keys', 'new', 'carol');
    const line = String(world.ledger.money.creditLine - 1);
    const people = ['--owner', 'carol', '--guarantor', 'owner'];
    const joined = await run(world, 'node join', '0a0000f0', ...people, '--line', line);
    assert.equal(joined.state, 'included');
    const node = world.ledger.account(0x0a0000f0)!;
    assert.equal(Buffer.from(node.owner).toString('hex'), carol.publicKey);
    assert.equal(node.line, Number(line));
    assert.equal(Buffer.from(node.bookRoot).toString('hex'), joined.bookRoot);
    assert.equal(world.store.book(node.bookRoot)?.length, 8192);
    assert.equal((await world.refused('node', 'join', '0a0000f0')).exitCode, ExitCode.Refused);
    const published = await run(world, 'node publish', '0a0000f0');
    assert.equal(published.bookRoot, joined.bookRoot, 'the same secrets make the same chequebook again');
    const rekeyed = await run(world, 'node rekey', '0a0000f0');
    assert.equal(rekeyed.generation, 1);
    assert.equal(Buffer.from(node.nextBookRoot).toString('hex'), rekeyed.bookRoot);
    assert.equal(world.store.book(node.nextBookRoot)?.length, 8192);
    assert.match((await world.refused('node', 'rekey', '0a0000f0')).message, /notice/);
    const left = await run(world, 'node leave', '0a0000f0');
    assert.equal(left.address, '0a0000f0');
    const { nodes } = await run(world, 'node list');
    const shown = nodes.find((one: { address: string }) => one.address === '0a0000f0');
    assert.equal(shown.status, 'leaving');
    assert.ok(shown.leavesAt > left.height);
    assert.equal((await run(world, 'node list', '--all')).nodes.length, 3);
    // The payer still pays on a channel.
    const open = await world.refused('node', 'leave', address(PAYER));
    assert.equal(open.exitCode, ExitCode.Refused);
    assert.match(open.message, /open channels/);
    assert.equal((await world.refused('node', 'leave', '0b000001')).exitCode, ExitCode.Refused);
    const large = String(world.ledger.money.creditLine + 1);
    assert.match((await world.refused('node', 'join', '0a0000f1', '--line', large)).message, /line exceeds/);
  });

  it('a line is taken back, a node named and unnamed, its home changed, its channel closed', async () => {
    const payer = address(PAYER);
    const node = world.ledger.account(PAYER)!;
    const { channels } = await run(world, 'channel list', payer);
    assert.deepEqual(channels.map((one: { payer: string; chain: number; closing: boolean }) =>
      [one.payer, one.chain, one.closing]), [[payer, 0, false]]);
    assert.equal((await run(world, 'channel close', payer, '0')).chain, 0);
    assert.equal(world.ledger.channel(PAYER, 1, 0)!.closing, 1);
    assert.match((await world.refused('channel', 'close', payer, '0')).message, /closing/);
    assert.match((await world.refused('channel', 'close', payer, '7')).message, /pays on no channel 7/);
    assert.equal((await run(world, 'node name', payer)).named, true);
    assert.equal(node.named, 1);
    assert.match((await world.refused('node', 'name', payer)).message, /already running/);
    assert.equal((await run(world, 'node name', payer, '--off')).named, false);
    assert.equal(node.named, 0);
    assert.equal((await run(world, 'node home', payer, address(GATEWAY))).home, address(GATEWAY));
    assert.equal((await world.refused('node', 'home', payer, '0b000001')).exitCode, ExitCode.Refused);
    const unvouched = await run(world, 'node unvouch', payer);
    assert.ok(node.unvouchedAt > unvouched.height);
    assert.match((await world.refused('node', 'unvouch', payer)).message, /already running/);
  });

  it('a proposal is voted on, counted and takes effect', async () => {
    const proposed = await run(world, 'propose', 'set-rate', 'levy-local-per-mille', '50');
    assert.equal(proposed.proposal, 1);
    const voted = await run(world, 'vote', '1', 'yes');
    assert.equal(voted.choice, 'yes');
    const twice = await world.refused('vote', '1', 'no');
    assert.equal(twice.exitCode, ExitCode.Refused);
    assert.match(twice.message, /already voted/);
    for (let i = 0; i < 3; i++) world.endEpoch();
    const params = await run(world, 'params');
    const rate = params.rates.find((one: { name: string }) => one.name === 'levy-local-per-mille');
    assert.deepEqual(rate, { name: 'levy-local-per-mille', number: 5, value: 50, low: 0, high: 200 });
    const listed = await run(world, 'propose', 'admit-member', 'carol', '16');
    const open = (await run(world, 'vote list')).proposals;
    assert.deepEqual(open.map((one: { number: number }) => one.number), [listed.proposal]);
  });

  it('what cannot be proposed or voted is refused before it is signed', async () => {
    const wrong: string[][] = [
      ['propose', 'abolish'], ['propose', 'set-rate', 'levy-local-per-mille'], ['propose', 'set-rate', 'tax', '1'],
      ['propose', 'set-rate', 'levy-global-per-mille', '9'], ['propose', 'admit-member', 'carol', '17'],
      ['propose', 'release', 'carol', '0'], ['propose', 'set-share', '3', '1'], ['propose', 'admit-gateway', 'xyz'],
      ['vote', '1'], ['vote', '1', 'maybe'], ['vote', 'x', 'yes'], ['transfer', '1', '--to', 'owner', '--timeout', '0'],
    ];
    for (const words of wrong) assert.equal((await world.refused(...words)).exitCode, ExitCode.Usage, words.join(' '));
    assert.match((await world.refused('vote', '77', 'yes')).message, /no such proposal/);
    assert.match((await world.refused('vote', '1', 'yes', '--from', 'carol')).message, /no such|no vote|ended/);
  });

  it('says what to do when the gateway is away, is another program, or refuses the token', async () => {
    const data = ['--data', world.directory];
    const away = await refusal(() => runCommand('params', ...data, '--http', 'http://127.0.0.1:9'));
    assert.equal(away.exitCode, ExitCode.NoGateway);
    assert.match(away.remedy, /fairhop up/);
    const none = await refusal(() => runCommand('params', ...data, '--http', 'ftp://x'));
    assert.equal(none.exitCode, ExitCode.Usage);
    const before = world.balanceOf(EARNER);
    const words = ['transfer', '1', '--from', address(EARNER), '--to', 'owner'];
    const wrong = await world.refused(...words, '--token', 'f'.repeat(32));
    assert.equal(wrong.exitCode, ExitCode.Permission);
    assert.match(wrong.message, /token/);
    assert.equal(world.balanceOf(EARNER), before);
    const elsewhere = ['--http', world.server.url, '--data', join(world.directory, 'empty')];
    const keyless = await refusal(() => runCommand(...words.slice(0, 4), '--to', address(PAYER), ...elsewhere));
    assert.equal(keyless.exitCode, ExitCode.CheckFailed);
    assert.match(keyless.message, /that key is not here/);
    const nobody = await refusal(() => runCommand('transfer', '1', '--to', address(PAYER), ...elsewhere));
    assert.equal(nobody.exitCode, ExitCode.Usage);
  });
});

describe('waiting for a block', { timeout: 60_000 }, () => {
  it('ends after its time with the id, and the transaction still counts once', async (t) => {
    const world = await OwnerWorld.start({ still: true });
    t.after(() => world.close());
    const words = ['transfer', '5', '--from', address(EARNER), '--to', 'owner', '--timeout', '1'];
    const before = world.balanceOf(EARNER);
    const late = await world.refused(...words);
    assert.equal(late.exitCode, ExitCode.NotIncluded);
    assert.match(late.message, /[0-9a-f]{64}/);
    // The same nonce again: one of the two counts.
    await world.refused(...words);
    world.block();
    assert.equal(world.balanceOf(EARNER), before - 5);
    world.block();
    assert.equal(world.balanceOf(EARNER), before - 5);
  });
});
