// What a relayed packet costs a board in hashes (SPEC 4 to 6): at most eight, payments included, because
// each takes milliseconds in an interpreter. Counts the calls of the protocol functions a relay makes, with
// the default batches.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  Book,
  Data,
  Flag,
  FrameType,
  Link,
  Pay,
  Receipt,
  SegmentWalker,
  Wire,
  lockOf,
  micOf,
  payPrefix,
  step,
  walk,
} from '#protocol';
import type { Crypto } from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';

class CountingCrypto implements Crypto {
  hashes = 0;

  sha256(parts: Uint8Array[]): Uint8Array {
    this.hashes += 1;
    return nodeCrypto.sha256(parts);
  }

  aesCtr(key: Uint8Array, counter: Uint8Array, data: Uint8Array): Uint8Array {
    return nodeCrypto.aesCtr(key, counter, data);
  }
}

const LEDGER = new Uint8Array(Wire.LEDGER_ID).fill(9);
const KEY = new Uint8Array(Wire.KEY).fill(3);
const BOOK = { ledger: LEDGER, address: 1, generation: 0 };

function frameOf(type: FrameType, size: number): Uint8Array {
  const frame = new Uint8Array(size);
  frame[Link.TYPE] = type | Flag.PAIRWISE;
  return frame;
}

/** Forwarding without money: check the MIC, make the next one. */
function forward(crypto: Crypto): void {
  const frame = frameOf(FrameType.DATA, Data.OVERHEAD + 20);
  for (const sender of [1, 2]) micOf(crypto, KEY, sender, 0, frame, Wire.MIC);
}

/** A RECEIPT in and out for a batch of packets: two MICs, and a lock for each. */
function settle(crypto: Crypto, packets: number): void {
  const receipt = frameOf(FrameType.RECEIPT, Link.BODY + 1 + packets * Receipt.SIZE + Wire.MIC);
  for (const sender of [3, 2]) micOf(crypto, KEY, sender, 0, receipt, Wire.MIC);
  for (let i = 0; i < packets; i++) lockOf(crypto, LEDGER, 1, 2, i, new Uint8Array(Wire.LOCK));
}

test('a packet alone and its receipt alone take five hashes, a payment of four links four more', () => {
  const crypto = new CountingCrypto();
  forward(crypto);
  settle(crypto, 1);
  assert.equal(crypto.hashes, 5);
  // Payments ride as trailers on DATA, under MICs already counted. What is left are the links.
  walk(crypto, payPrefix(BOOK, 0), new Uint8Array(Book.LINK), 4);
  assert.equal(crypto.hashes, 9);
});

test('with the default batches a relayed packet costs at most eight hashes, payments included', () => {
  const crypto = new CountingCrypto();
  const prefix = payPrefix(BOOK, 0);
  const packets = 768;
  const [receiptBatch, linksPerBatch] = [Receipt.BATCH_MAX, 4];
  // A relay in the middle of three hops is owed about a third of P, two thirds of a link, for each packet
  // and owes half of that; both sides are taken as a whole link here.
  const walker = new SegmentWalker(crypto, prefix);
  let highest = 0;
  for (let packet = 1; packet <= packets; packet++) {
    forward(crypto);
    if (packet % receiptBatch === 0) settle(crypto, receiptBatch);
    if (packet % linksPerBatch !== 0) continue;
    walk(crypto, prefix, new Uint8Array(Book.LINK), linksPerBatch);
    if ((packet - 1) % Book.SEGMENT < linksPerBatch) {
      walker.load(new Uint8Array(Book.LINK), Math.floor((packet - 1) / Book.SEGMENT));
      while (!walker.work(4));
    }
    const before = crypto.hashes;
    assert.ok(walker.link(packet) !== undefined);
    highest = Math.max(highest, crypto.hashes - before);
  }
  const perPacket = crypto.hashes / packets;
  assert.ok(perPacket <= 8, `${perPacket} hashes a packet`);
  assert.ok(highest <= 7, `${highest} hashes for one link`);
  // The figure itself: 2 MICs, 1 lock, a quarter MIC for receipts, 1 link in, 1 to walk a segment, 1 to
  // reach a link.
  assert.ok(perPacket > 5 && perPacket < 6.5, `${perPacket} hashes a packet`);
});

test('a segment is walked in slices of the size asked for, and every link is right', () => {
  const crypto = new CountingCrypto();
  const prefix = payPrefix(BOOK, 7);
  const top = new Uint8Array(Book.LINK).fill(0x77);
  const links: Uint8Array[] = [top];
  for (let i = 0; i < Book.SEGMENT; i++) links.unshift(step(nodeCrypto, prefix, links[0]!));
  const walker = new SegmentWalker(crypto, prefix);
  assert.equal(walker.work(100), false, 'nothing is loaded');
  assert.equal(walker.link(1), undefined);
  walker.load(top, 3);
  let slices = 0;
  for (let done = false; !done; slices++) {
    const before = crypto.hashes;
    done = walker.work(5);
    assert.ok(crypto.hashes - before <= 5);
    const upper = walker.link(3 * Book.SEGMENT + Book.SEGMENT);
    assert.deepEqual(upper, top, 'what is walked already can be had already');
  }
  assert.equal(slices, 24);
  for (let i = 1; i <= Book.SEGMENT; i++)
    assert.deepEqual(walker.link(3 * Book.SEGMENT + i), links[i], `link ${i}`);
  assert.equal(walker.link(3 * Book.SEGMENT), undefined);
  assert.equal(walker.link(4 * Book.SEGMENT + 1), undefined);
  walker.load(top, 0);
  assert.equal(walker.link(1), undefined, 'the old pebbles are not those of the new segment');
});

test('a payment trailer has the size that the count above assumes', () =>
  assert.equal(Pay.SIZE, Book.LINK + 1));
