// Properties of the wire under random input (SPEC 3 to 5): what is written is read again, a changed byte of
// an authenticated frame is noticed, and no byte string whatever throws, loops or fills memory.
// FAIRHOP_FUZZ_RUNS sets how many byte strings are tried: 200,000 by default, 10 million in the nightly
// form.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  Data,
  ErrorCode,
  Flag,
  FragmentPayload,
  FrameType,
  Header,
  HeaderChain,
  Link,
  Payload,
  Pay,
  Reassembly,
  Receipt,
  Wire,
  checkFrame,
  checkPayload,
  equalBytes,
  fragmentsOf,
  getI48,
  getU16,
  getU32,
  isFlooded,
  micOf,
  namedSender,
  putI48,
  putU16,
  putU32,
  trailerBytes,
  verifyProof,
} from '#protocol';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { readVectors } from '../vectors/vector-files.ts';
import { frameFields, payloadFields, type Field } from '../vectors/field-tables.ts';

const FUZZ_RUNS = Number(process.env.FAIRHOP_FUZZ_RUNS ?? 200_000);
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));
const goodOf = (file: string, op: string): [string, Uint8Array][] =>
  readVectors(file)
    .filter((c) => c.op === op)
    .map((c) => [c.name, hex(c.in['bytes'] as string)]);
const FRAMES = goodOf('frames', 'read-frame');
const PAYLOADS = goodOf('payloads', 'read-payload');

/** xorshift32: fast and the same everywhere, so that a failure names its seed. */
function generator(seed: number): () => number {
  let x = seed;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
}

test('integers: what is written is read again', () => {
  const at = new Uint8Array(10);
  fc.assert(
    fc.property(
      fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }),
      fc.nat(0xffffffff),
      fc.nat(0xffff),
      (wide, word, half) => {
        putI48(at, 2, wide);
        assert.equal(getI48(at, 2), wide);
        putU32(at, 1, word);
        assert.equal(getU32(at, 1), word);
        putU16(at, 3, half);
        assert.equal(getU16(at, 3), half);
      },
    ),
    { numRuns: 5000 },
  );
  for (const value of [-(2 ** 47), -1, 0, 1, 2 ** 32, 2 ** 47 - 1]) {
    putI48(at, 0, value);
    assert.equal(getI48(at, 0), value);
  }
});

function write(fields: Field[], into: Uint8Array, values: Uint8Array[]): void {
  fields.forEach(([, at, size], i) => into.set(values[i]!.subarray(0, size), at));
}

test('every message: fields of any value are read back, none touches another', () => {
  const messages: [string, Uint8Array, Field[]][] = [
    ...FRAMES.map(([name, b]): [string, Uint8Array, Field[]] => [
      name,
      b,
      frameFields(b[0]! & Flag.TYPE, b.length),
    ]),
    ...PAYLOADS.map(([name, b]): [string, Uint8Array, Field[]] => [name, b, payloadFields(b)]),
  ];
  assert.ok(messages.length > 50);
  for (const [name, bytes, fields] of messages) {
    const values = fields.map(([, , size]) => fc.uint8Array({ minLength: size, maxLength: size }));
    fc.assert(
      fc.property(fc.tuple(...values), (drawn) => {
        const copy = new Uint8Array(bytes);
        write(fields, copy, drawn);
        fields.forEach(([field, at, size], i) =>
          assert.ok(equalBytes(copy, at, drawn[i]!, 0, size), `${name}: ${field}`),
        );
        const covered = new Set(
          fields.flatMap(([, at, size]) => Array.from({ length: size }, (_, i) => at + i)),
        );
        assert.ok(
          copy.every((byte, i) => covered.has(i) || byte === bytes[i]),
          `${name}: a byte outside the fields`,
        );
      }),
      { numRuns: 20 },
    );
  }
});

test('DATA: any body, any trailers are found again from the end', () => {
  const entries = fc
    .uint8Array({ minLength: 0, maxLength: 8 * Receipt.SIZE })
    .map((b) => b.subarray(0, b.length & ~7));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), entries, fc.boolean(), (body, receipts, pays) => {
      const count = receipts.length / Receipt.SIZE;
      const trailer = count === 0 ? [] : [receipts, Uint8Array.of(count)];
      const pay = pays ? [new Uint8Array(Pay.SIZE)] : [];
      const frame = new Uint8Array(
        Buffer.concat([new Uint8Array(Data.BODY), body, ...trailer, ...pay, new Uint8Array(Wire.MIC)]),
      );
      frame[Link.TYPE] =
        FrameType.DATA | Flag.PAIRWISE | (count > 0 ? Flag.RECEIPTS : 0) | (pays ? Flag.PAY : 0);
      assert.equal(checkFrame(frame), ErrorCode.OK);
      assert.equal(frame.length - Wire.MIC - trailerBytes(frame) - Data.BODY, body.length);
    }),
    { numRuns: 2000 },
  );
});

test('a frame with any byte changed fails its MIC', () => {
  const key = new Uint8Array(Wire.KEY).fill(0x42);
  const random = generator(7);
  for (const [name, original] of FRAMES) {
    const type = original[0]! & Flag.TYPE;
    const micSize = type === FrameType.SYNC || type === FrameType.SYNCACK ? Wire.MIC_SYNC : Wire.MIC;
    const counterHigh = original[0]! & Flag.PAIRWISE ? 5 : 0;
    const sender = (frame: Uint8Array): number =>
      isFlooded(frame[0]! & Flag.TYPE) || (frame[0]! & Flag.TYPE) === FrameType.HELLO
        ? namedSender(frame)
        : 0xa1b2c3d4;
    const verifies = (frame: Uint8Array): boolean => {
      if (checkFrame(frame) !== ErrorCode.OK) return false;
      const mic = micOf(nodeCrypto, key, sender(frame), counterHigh, frame, micSize);
      return equalBytes(mic, 0, frame, frame.length - micSize, micSize);
    };
    const frame = new Uint8Array(original);
    frame.set(
      micOf(nodeCrypto, key, sender(frame), counterHigh, frame, micSize).subarray(0, micSize),
      frame.length - micSize,
    );
    assert.ok(verifies(frame), name);
    for (let i = 0; i < frame.length; i++) {
      const changed = new Uint8Array(frame);
      changed[i]! ^= 1 + (random() % 255);
      assert.ok(!verifies(changed), `${name}, byte ${i}`);
    }
    assert.ok(!verifies(frame.subarray(0, frame.length - 1)), `${name}, cut`);
  }
});

test('messages of any length survive being cut into fragments, in any order', () => {
  const message = fc.uint8Array({ minLength: 2, maxLength: FragmentPayload.TOTAL_MAX });
  fc.assert(
    fc.property(
      message,
      fc.integer({ min: 1, max: 200 }),
      fc.nat(255),
      fc.nat(),
      (text, bodyMax, id, seed) => {
        if (text[0] === Payload.FRAGMENT) text[0] = Payload.PROOF;
        const pieces = fragmentsOf(text, id, bodyMax);
        const count = Math.ceil(text.length / bodyMax);
        assert.equal(pieces === undefined, count < 2 || count > FragmentPayload.COUNT_MAX);
        if (pieces === undefined) return;
        const random = generator(seed + 1);
        const order = pieces.map((piece) => ({ piece, at: random() })).sort((a, b) => a.at - b.at);
        const reassembly = new Reassembly();
        const made = order.map(({ piece }) => {
          assert.equal(checkPayload(piece), ErrorCode.OK);
          assert.ok(piece.length - FragmentPayload.BODY <= bodyMax);
          return reassembly.add(1, piece, 0);
        });
        assert.deepEqual(
          made.slice(0, -1).filter((m) => m !== undefined),
          [],
        );
        assert.deepEqual(made.at(-1), text);
      },
    ),
    { numRuns: 500 },
  );
});

/** A byte string: half of them noise, half a good message with a few bytes changed, cut or added. */
function fuzzed(random: () => number, good: [string, Uint8Array][]): Uint8Array {
  if (random() % 2 === 0) {
    const bytes = new Uint8Array(random() % 258);
    for (let i = 0; i < bytes.length; i++) bytes[i] = random();
    return bytes;
  }
  const base = good[random() % good.length]![1];
  const bytes = new Uint8Array(Math.max(0, base.length - 3 + (random() % 7)));
  bytes.set(base.subarray(0, bytes.length));
  for (let changes = random() % 4; changes > 0 && bytes.length > 0; changes--)
    bytes[random() % bytes.length] = random();
  return bytes;
}

test(`${FUZZ_RUNS} byte strings: every decoder answers with a code and never throws`, () => {
  const random = generator(0x5eed);
  const reassembly = new Reassembly();
  const id = { ledger: new Uint8Array(8), address: 1, generation: 0 };
  let chain = new HeaderChain(nodeCrypto, id, 1000, 100, new Uint8Array(16));
  const codes = new Set<number>();
  for (let run = 0; run < FUZZ_RUNS; run++) {
    const frame = fuzzed(random, FRAMES);
    const code = checkFrame(frame);
    codes.add(code);
    if (code === ErrorCode.OK && (frame[0]! & Flag.TYPE) === FrameType.DATA) {
      const trailer = trailerBytes(frame);
      assert.ok(trailer >= 0 && Data.BODY + trailer + Wire.MIC <= frame.length);
    }
    if (code === ErrorCode.OK && (frame[0]! & Flag.TYPE) === FrameType.HEADER) {
      const slot = frame[Header.SLOT]! + 256 * (random() % 6);
      codes.add(chain.offer(frame, slot * 1000, slot * 1000 + (random() % 1500)));
      codes.add(chain.work(random() % 2000));
    }
    if (run % 5000 === 0) chain = new HeaderChain(nodeCrypto, id, 1000, 100, new Uint8Array(16));
    const payload = fuzzed(random, PAYLOADS);
    codes.add(checkPayload(payload));
    if (checkPayload(payload) === ErrorCode.OK && payload[0] === Payload.FRAGMENT) {
      const whole = reassembly.add(random() % 3, payload, run);
      assert.ok(whole === undefined || whole.length <= FragmentPayload.TOTAL_MAX);
    }
    if (run % 16 === 0)
      codes.add(verifyProof(nodeCrypto, new Uint8Array(32), 16, new Uint8Array(32), payload).code);
  }
  assert.ok(
    [...codes].every((code) => Number.isInteger(code) && code in ErrorCodes),
    'only codes of SPEC 9',
  );
  assert.ok(codes.size > 15, 'the fuzzer reaches the checks behind the first one');
});

const ErrorCodes = Object.fromEntries(
  Array.from({ length: ErrorCode.NEGATIVE + 1 }, (_, code) => [code, true]),
);
