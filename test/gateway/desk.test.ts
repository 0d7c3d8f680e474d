// The data directory: founded whatever interrupts it, opened again as it was, and each damage named with its remedy.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ChainService } from '../../host-tools/gateway/chain-service.ts';
import { fileError } from '../../host-tools/gateway/desk-files.ts';
import { identitiesOf, joinsFor, openDesk, signBlock, type Desk } from '../../host-tools/gateway/desk.ts';
import { StoreError } from '../../host-tools/gateway/store/index.ts';
import { cutBefore } from './founding-victim.ts';

const VICTIM = fileURLToPath(new URL('founding-victim.ts', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'fairhop-desk-'));
after(() => rmSync(root, { recursive: true, force: true }));
delete process.env.FAIRHOP_PASSPHRASE;
let count = 0;
const fresh = (): string => join(root, `data-${count++}`);

async function inDesk<T>(directory: string, work: (desk: Desk) => T | Promise<T>): Promise<T> {
  const desk = await openDesk(directory);
  try {
    return await work(desk);
  } finally {
    await desk.store.close();
  }
}

async function refused(directory: string, message: RegExp, remedy: RegExp): Promise<void> {
  await assert.rejects(openDesk(directory), (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.match(error.message, message);
    assert.match(error.remedy, remedy);
    assert.equal(error.message.includes('\n'), false);
    return true;
  });
}

/** What must never change once somebody has seen it. */
function portrait({ ledger, founding, members, networkKey }: Desk): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const { ownerSeed, blockSeed } = founding;
  return JSON.stringify([...[ledger.ledgerId, ownerSeed, blockSeed, networkKey].map(hex), members]);
}

/** A directory with a block in its chain, whose three boards have joined. */
async function lived(): Promise<string> {
  const directory = fresh();
  await inDesk(directory, async (desk) => {
    desk.seat(3);
    const chain = new ChainService(desk.ledger, desk.store, desk.founding.gatewayAddress, signBlock(desk));
    chain.submitAll(joinsFor(desk, await identitiesOf(desk, desk.members, () => {})));
    assert.equal(chain.makeBlock(Math.floor(Date.now() / 1000))!.transactions.length, 3);
    assert.equal(desk.ledger.totals().conserved, true);
  });
  return directory;
}

/** The start after the cut is complete. */
function continues(directory: string): Promise<string> {
  return inDesk(directory, (desk) => {
    desk.seat(3);
    assert.equal(desk.members.length, 3);
    for (const { address } of desk.members) assert.equal(desk.paySecretOf(address).length, 32);
    return portrait(desk);
  });
}

test('cut off before any write of the founding, the next start completes it', async () => {
  let cuts = 0;
  for (let number = 1; cuts === number - 1; number++) {
    const directory = fresh();
    const restore = cutBefore(directory, number, () => {
      cuts++;
      throw new Error('power cut');
    });
    await inDesk(directory, (desk) => desk.seat(3)).catch((error: Error) => assert.match(error.message, /power cut/));
    restore();
    await continues(directory);
  }
  assert.ok(cuts >= 8, `only ${cuts} writes were cut`);
});

test('the same with SIGKILL, which leaves locks behind', async () => {
  const directory = fresh();
  const run = spawnSync(process.execPath, ['--import', 'tsx', VICTIM, directory, '7'], { encoding: 'utf8' });
  assert.equal(run.signal, 'SIGKILL', run.stderr);
  assert.ok(existsSync(join(directory, 'keystore.json')) && !existsSync(join(directory, 'desk.json')));
  const first = await continues(directory);
  assert.equal(await inDesk(directory, portrait), first);
});

test('a founding that got as far as the chain keeps its ledger', async () => {
  const directory = fresh();
  const before = await inDesk(directory, ({ ledger }) => Buffer.from(ledger.ledgerId).toString('hex'));
  rmSync(join(directory, 'desk.json'));
  const after = await inDesk(directory, ({ ledger }) => Buffer.from(ledger.ledgerId).toString('hex'));
  assert.equal(after, before);
});

test('more boards and fewer boards than before: everybody keeps name, address and keys', async () => {
  const directory = await lived();
  const five = await inDesk(directory, (desk) => {
    const before = desk.members.map(({ address }) => desk.linkSecretOf(address));
    desk.seat(5);
    assert.deepEqual(desk.members.slice(0, 3).map(({ address }) => desk.linkSecretOf(address)), before);
    assert.deepEqual(desk.members.map(({ address }) => desk.hasJoined(address)), [true, true, true, false, false]);
    return portrait(desk);
  });
  await inDesk(directory, (desk) => {
    desk.seat(2);
    assert.deepEqual(desk.members.map(({ name }) => name), ['gateway', 'board-1']);
  });
  const again = await inDesk(directory, (desk) => {
    desk.seat(5);
    return portrait(desk);
  });
  assert.equal(again, five);
  assert.equal(statSync(join(directory, 'keystore.json')).mode & 0o077, 0, 'secrets are their owner\'s only');
  assert.equal(statSync(join(directory, 'passphrase')).mode & 0o077, 0);
});

test('two gateways do not share a directory', async () => {
  const directory = fresh();
  const desk = await openDesk(directory);
  await refused(directory, /in use by process \d+/, /--data/);
  await desk.store.close();
  await inDesk(directory, () => {});
});

test('the passphrase', async () => {
  const directory = await lived();
  process.env.FAIRHOP_PASSPHRASE = 'not this one';
  await refused(directory, /wrong passphrase/, /FAIRHOP_PASSPHRASE/);
  delete process.env.FAIRHOP_PASSPHRASE;
  const kept = readFileSync(join(directory, 'passphrase'), 'utf8');
  rmSync(join(directory, 'passphrase'));
  await refused(directory, /needs its passphrase/, /FAIRHOP_PASSPHRASE/);
  assert.equal(existsSync(join(directory, 'passphrase')), false, 'and none is made up');
  process.env.FAIRHOP_PASSPHRASE = kept;
  await inDesk(directory, (desk) => assert.equal(desk.ledger.height, 1));
  delete process.env.FAIRHOP_PASSPHRASE;
  const own = fresh();
  process.env.FAIRHOP_PASSPHRASE = 'gr\u00fc\u00df dich';
  await inDesk(own, () => {});
  process.env.FAIRHOP_PASSPHRASE = 'gru\u0308\u00df dich';
  await inDesk(own, () => {});
  delete process.env.FAIRHOP_PASSPHRASE;
});

test('damaged and missing files are named, and nothing is written over them', async () => {
  const directory = await lived();
  const whole = fresh();
  cpSync(directory, whole, { recursive: true });
  const other = await lived();
  const wholeDesk = readFileSync(join(whole, 'desk.json'), 'utf8');
  const cases: [file: string, content: string | undefined, message: RegExp][] = [
    ['desk.json', '{', /desk\.json is damaged/],
    ['desk.json', 'null', /desk\.json is damaged/],
    ['desk.json', wholeDesk.replace('board-1', '../board'), /desk\.json is damaged/],
    ['desk.json', wholeDesk.replace('"gateway": ', '"gateway": -'), /desk\.json is damaged/],
    ['desk.json', readFileSync(join(other, 'desk.json'), 'utf8'), /different ledgers/],
    ['desk.json', undefined, /desk\.json is missing/],
    ['keystore.json', 'not json', /keystore/],
    ['keystore.json', undefined, /keystore\.json\) is missing/],
    ['chain.mdb', undefined, /chain\.mdb or chain\.level\) is missing/],
    ['chain.mdb', 'x'.repeat(40_000), /damaged/],
  ];
  for (const [file, content, message] of cases) {
    if (content === undefined) rmSync(join(directory, file));
    else writeFileSync(join(directory, file), content);
    await refused(directory, message, /Restore|restore/);
    copyFileSync(join(whole, file), join(directory, file));
  }
  await inDesk(directory, (desk) => assert.equal(desk.ledger.height, 1));
});

test('a keystore of another ledger is refused', async () => {
  const [one, two] = [await lived(), await lived()];
  for (const file of ['keystore.json', 'passphrase']) copyFileSync(join(two, file), join(one, file));
  await refused(one, /keystore and the chain belong to different ledgers/, /Restore/);
});

test('what the operating system refuses has a remedy, what is our own fault passes', () => {
  const system = (code: string): unknown =>
    fileError('desk.json', Object.assign(new Error('x'), { code, syscall: 'open' }));
  for (const code of ['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'EPERM', 'EIO']) {
    const error = system(code);
    assert.ok(error instanceof StoreError && error.remedy.length > 10, code);
  }
  const bug = new TypeError('ours');
  assert.equal(fileError('desk.json', bug), bug);
});
