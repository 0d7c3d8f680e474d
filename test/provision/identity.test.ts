// What provisioning makes: the fast chequebook against the protocol's own, identities in any number, and key tables
// that agree on both sides.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyRecord } from '#mesh';
import { Book, bookRoot, macKey, makeBook, payPrefix, putU32, toHex, walk } from '#protocol';
import { nodeCrypto, x25519PublicKey } from '../../host-tools/crypto/index.ts';
import { makeChequebook } from '../../host-tools/provision/chequebook.ts';
import { addressText, boardFiles, keyTable, makeIdentity } from '../../host-tools/provision/identity.ts';
import { makeIdentities } from '../../host-tools/provision/make-identities.ts';
import { founding, random } from '../gateway/desk-world.ts';

const jobs = [1, 2, 3].map((i) => ({
  name: `board-${i}`,
  address: 0xfffffff0 + i,
  generation: i,
  ledgerId: founding.ledgerId,
  secrets: { linkSecret: random(32), paySecret: random(32) },
}));

test('the chequebook is the protocol\'s, byte for byte', () => {
  const secret = macKey(jobs[0]!.secrets.paySecret);
  const id = { ledger: founding.ledgerId, address: jobs[0]!.address, generation: 255 };
  assert.deepEqual(makeChequebook(secret, id), makeBook(nodeCrypto, secret, id));
});

test('many identities are those made one by one, in order', async () => {
  const told: number[] = [];
  const made = await makeIdentities(jobs, (done) => told.push(done));
  assert.deepEqual(told, [1, 2, 3]);
  const single = jobs.map(({ name, address, generation, ledgerId, secrets }) =>
    makeIdentity(name, address, generation, ledgerId, secrets));
  assert.deepEqual(made, single);
  assert.deepEqual(await makeIdentities([], () => assert.fail()), []);
  await assert.rejects(makeIdentities(jobs, () => { throw new Error('stop'); }), /stop/);
});

test('checkpoints lead to the anchors in the book, and the book to its root', () => {
  const { address, generation, ledgerId, secrets, name } = jobs[1]!;
  const made = makeIdentity(name, address, generation, ledgerId, secrets);
  const id = { ledger: ledgerId, address, generation };
  for (const chain of [0, 7, 255]) {
    for (let segment = 0; segment < Book.SEGMENTS; segment++) {
      const at = (chain * Book.SEGMENTS + segment) * Book.LINK;
      const checkpoint = made.checkpoints.slice(at, at + Book.LINK);
      const anchor = walk(nodeCrypto, payPrefix(id, chain), checkpoint, Book.SEGMENT * (segment + 1));
      assert.deepEqual(Uint8Array.from(anchor), made.book.slice(chain * Book.LEAF, chain * Book.LEAF + Book.LINK));
    }
  }
  assert.deepEqual(made.bookRoot, bookRoot(nodeCrypto, id, made.book));
  assert.deepEqual(made.linkKey, x25519PublicKey(secrets.linkSecret));
});

test('two boards find the same three keys for each other, and different ones for a third', () => {
  const people = jobs.map(({ address, secrets: { linkSecret } }) => ({
    address, linkSecret, linkKey: x25519PublicKey(linkSecret),
  }));
  const tables = people.map((own) => keyTable(own.linkSecret, people.filter((peer) => peer !== own)));
  const keysOf = (owner: number, peer: number): string => {
    const address = new Uint8Array(4);
    putU32(address, 0, people[peer]!.address);
    const at = Buffer.from(tables[owner]!).indexOf(address);
    assert.equal(at % KeyRecord.SIZE, 0);
    return toHex(tables[owner]!, at + KeyRecord.LINK, KeyRecord.SIZE - KeyRecord.LINK);
  };
  const pairs = [[0, 1], [0, 2], [1, 2]] as const;
  for (const [a, b] of pairs) assert.equal(keysOf(a, b), keysOf(b, a));
  assert.equal(new Set(pairs.map(([a, b]) => keysOf(a, b))).size, 3);
  const [link, mac, cipher] = [0, 32, 64].map((at) => keysOf(0, 1).slice(at, at + 32));
  assert.equal(new Set([link, mac, cipher]).size, 3, 'one use, one key');
  assert.throws(() => keyTable(people[0]!.linkSecret, [{ address: 9, linkKey: new Uint8Array(32) }]), /00000009/);
});

test('the settings of a board come last', () => {
  const files = boardFiles({ name: 'x' } as Parameters<typeof boardFiles>[0], new Uint8Array(1), new Uint8Array(2));
  assert.deepEqual([...files.keys()], ['fh.keys', 'fh.pay', 'fh.node']);
  assert.equal(addressText(0x0a), '0000000a');
});
