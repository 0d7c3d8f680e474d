// Keys at rest: made, listed, copied and taken in by the commands; nothing secret in the clear, nothing overwritten,
// and every damaged file named.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { ExitCode } from '../../host-tools/cli/cli-error.ts';
import { ed25519PublicKey, verifyEd25519 } from '../../host-tools/crypto/index.ts';
import { ROOT } from '../../host-tools/firmware-build/paths.ts';
import { openKeyFile, parseKeyFile } from '../../host-tools/owner/key-file.ts';
import { KeyRing } from '../../host-tools/owner/key-ring.ts';
import { writeSecrets } from '../../host-tools/gateway/desk-files.ts';
import { findOwner, founderOf } from '../../host-tools/provision/owners.ts';
import { writeSealed } from '../../host-tools/provision/provision-files.ts';
import { OwnerWorld, PASSPHRASE, refusal, runCommand } from './owner-world.ts';

const root = mkdtempSync(join(tmpdir(), 'fairhop-keys-'));
after(() => rmSync(root, { recursive: true, force: true }));

let data = '';
let made = 0;
beforeEach(() => {
  data = join(root, String(made++));
  process.env.FAIRHOP_PASSPHRASE = PASSPHRASE;
});

const keys = (...words: string[]): Promise<any> => runCommand('keys', ...words, '--data', data);
const fileOf = (name: string): string => join(data, 'keys', `${name}.json`);

describe('fairhop keys', { timeout: 60_000 }, () => {
  it('makes a key that signs, in a file that tells nothing of it', async () => {
    const made = await keys('new', 'alice');
    assert.equal(made.file, fileOf('alice'));
    assert.equal(statSync(made.file).mode & 0o777, 0o600);
    assert.equal(statSync(join(data, 'keys')).mode & 0o777, 0o700);
    assert.deepEqual((await keys('list')).keys, [{ name: 'alice', publicKey: made.publicKey }]);
    const text = readFileSync(made.file, 'utf8');
    const { seed } = openKeyFile(parseKeyFile(text)!, PASSPHRASE);
    assert.equal(Buffer.from(ed25519PublicKey(seed!)).toString('hex'), made.publicKey);
    for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const)
      assert.ok(!(text + JSON.stringify(made)).includes(Buffer.from(seed!).toString(form)));
    const signer = await new KeyRing(data, async () => PASSPHRASE).open('alice');
    const message = new Uint8Array([1, 2, 3]);
    assert.ok(verifyEd25519(signer.key, message, signer.sign(message)));
    assert.deepEqual(readdirSync(join(data, 'keys')), ['alice.json'], 'no half-written file is left');
  });

  it('copies a key to another directory, encrypted all the way', async () => {
    const { publicKey } = await keys('new', 'alice');
    const copy = join(root, `copy-${made}.json`);
    await keys('export', 'alice', copy);
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    assert.equal((await refusal(() => keys('export', 'alice', copy))).exitCode, ExitCode.Usage);
    data += '-other';
    assert.deepEqual(await keys('import', copy), { name: 'alice', publicKey });
    assert.deepEqual(await keys('import', copy, '--as', 'a2'), { name: 'a2', publicKey });
    assert.equal((await refusal(() => keys('import', copy))).exitCode, ExitCode.Usage);
    process.env.FAIRHOP_PASSPHRASE = 'another passphrase';
    assert.match((await refusal(() => keys('import', copy, '--as', 'a3'))).message, /wrong passphrase/);
    assert.equal((await keys('list')).keys.length, 2);
  });

  it('never overwrites a key, and refuses names that would be mistaken', async () => {
    await keys('new', 'alice');
    const before = readFileSync(fileOf('alice'));
    assert.match((await refusal(() => keys('new', 'alice'))).message, /exists already/);
    assert.deepEqual(readFileSync(fileOf('alice')), before);
    for (const name of ['owner', 'founder', 'Alice', '../alice', 'a/b', '', 'deadbeef', '1a', 'node-x', 'x'.repeat(33)])
      assert.equal((await refusal(() => keys('new', name))).exitCode, ExitCode.Usage, name);
    assert.deepEqual(readdirSync(join(data, 'keys')), ['alice.json']);
  });

  it('names a damaged file, a wrong passphrase, and one that is too short', async () => {
    const { file } = await keys('new', 'alice');
    const good = JSON.parse(readFileSync(file, 'utf8'));
    const ring = new KeyRing(data, async () => 'not the passphrase');
    assert.match((await refusal(() => ring.open('alice'))).message, /wrong passphrase/);
    const bad: object[] = [
      { ...good, version: 2 }, { ...good, publicKey: 'xy' }, { ...good, name: 'bob' }, { ...good, keystore: null }, [],
      { ...good, keystore: { ...good.keystore, kdf: { ...good.keystore.kdf, n: 3 } } },
      { ...good, publicKey: 'ab'.repeat(32) },
    ];
    for (const content of bad) {
      writeFileSync(file, JSON.stringify(content));
      const error = await refusal(() => new KeyRing(data, async () => PASSPHRASE).open('alice'));
      assert.equal(error.exitCode, ExitCode.CheckFailed, JSON.stringify(content).slice(0, 80));
      assert.match(error.message, /alice\.json/);
    }
    writeFileSync(file, Buffer.alloc(1 << 20, 'x'));
    assert.equal((await refusal(() => keys('list'))).exitCode, ExitCode.CheckFailed);
    rmSync(file);
    process.env.FAIRHOP_PASSPHRASE = 'short';
    assert.match((await refusal(() => keys('new', 'bob'))).message, /fewer than 8/);
    assert.match((await refusal(() => keys('import', join(data, 'none')))).message, /there is no file/);
  });

  it('knows the founder of a gateway by name, and can take its key elsewhere', async (t) => {
    const world = await OwnerWorld.start({ still: true });
    t.after(() => world.close());
    const listed = (await world.run('keys', 'list')).keys;
    assert.deepEqual(listed, [{ name: 'founder', publicKey: world.founderKey }]);
    const copy = join(root, 'founder.json');
    await world.run('keys', 'export', 'owner', copy);
    const refused = await refusal(() => keys('import', copy));
    assert.equal(refused.exitCode, ExitCode.Usage, '"founder" is the gateway\'s own');
    const taken = await keys('import', copy, '--as', 'me');
    assert.equal(taken.publicKey, world.founderKey);
    const both = [world.directory, data].map((directory) => new KeyRing(directory, async () => PASSPHRASE));
    const message = new Uint8Array(8);
    const [there, here] = [await both[0]!.open('founder'), await both[1]!.open('me')];
    assert.deepEqual(there.sign(message), here.sign(message));
    // A keystore of another ledger beside this desk.json is found out before anything is signed with it.
    writeSecrets(world.directory, { owner: new Uint8Array(32).fill(1) });
    assert.equal((await refusal(() => both[0]!.open('owner'))).exitCode, ExitCode.CheckFailed);
  });

  it('takes in an owner\'s key that an older version kept beside the boards, once, and the same one', async (t) => {
    const world = await OwnerWorld.start({ still: true });
    t.after(() => world.close());
    const { directory } = world;
    const seed = new Uint8Array(32).fill(77);
    const old = join(directory, 'provision', 'owner-alice.json');
    writeSealed(directory, old, { owner: seed });
    const founder = founderOf(world.founding.ownerSeed);
    assert.deepEqual(findOwner(directory, founder, 'alice')!.key, ed25519PublicKey(seed));
    assert.equal(existsSync(old), false);
    const listed = (await world.run('keys', 'list')).keys as { name: string }[];
    assert.deepEqual(listed.map(({ name }) => name), ['founder', 'alice']);
    const ring = new KeyRing(directory, async () => PASSPHRASE);
    assert.deepEqual((await ring.open('alice')).key, ed25519PublicKey(seed));
    // A name that has another key here already: both stay, and whoever signed before signs on.
    await world.run('keys', 'new', 'bob');
    writeSealed(directory, join(directory, 'provision', 'owner-bob.json'), { owner: seed });
    assert.deepEqual(findOwner(directory, founder, 'bob')!.key, ed25519PublicKey(seed));
    assert.equal(existsSync(join(directory, 'provision', 'owner-bob.json')), true, 'no key is thrown away');
    assert.deepEqual(findOwner(directory, founder, 'owner')!.key, founder.key);
  });

  it('keeps the secrets of a node where it finds them again', async () => {
    const ring = new KeyRing(data, async () => PASSPHRASE);
    const first = await ring.nodeSecrets('0a000001', 0);
    assert.deepEqual(await ring.nodeSecrets('0a000001', 0), first);
    assert.notDeepEqual(await ring.nodeSecrets('0a000001', 1), first);
    assert.equal(ring.hasNodeSecrets('0a000001', 1), true);
    assert.equal(ring.hasNodeSecrets('0a000001', 2), false);
    assert.deepEqual((await keys('list')).keys, [], 'they are no keys of owners');
    copyFileSync(fileOf('node-0a000001-0'), fileOf('node-0a000001-2'));
    await refusal(() => ring.nodeSecrets('0a000001', 2));
  });

  it('without a terminal and without FAIRHOP_PASSPHRASE says so and makes nothing', () => {
    mkdirSync(data);
    const { FAIRHOP_PASSPHRASE: _none, ...env } = process.env;
    const program = join(ROOT, 'host-tools', 'cli', 'fairhop.js');
    const words = [program, 'keys', 'new', 'alice', '--data', data];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { env, encoding: 'utf8', input: 'secret\n' });
    assert.equal(status, ExitCode.Usage);
    assert.equal(stdout, '');
    assert.match(stderr, /FAIRHOP_PASSPHRASE/);
    assert.doesNotMatch(stderr, /\n\s+at /);
    assert.deepEqual(readdirSync(data), []);
  });
});
