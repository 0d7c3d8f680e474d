// Receipts on the air: matched with their packet by the lock alone, in frames of their own and in trailers, hop by hop
// and with their time; what fits no packet is passed over.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nodeCrypto } from '../../host-tools/crypto/index.ts';
import { AirTrace } from '../../host-tools/gateway/air-trace.ts';
import { ReceiptTrace } from '../../host-tools/gateway/receipt-trace.ts';
import { Class, Data, Flag, FrameType, Link, lockOf, Pay, putU16, putU32, Receipt, Wire } from '#protocol';

const [GATEWAY, NEAR, FAR] = [1, 2, 3];
const LEDGER = new Uint8Array(8).fill(7);
const X = new Uint8Array([1, 2, 3, 4, 5, 6]);

function data(
  seq16: number,
  hopsLeft: number,
  x: Uint8Array,
  trailers = new Uint8Array(0),
  flags = 0,
): Uint8Array {
  const frame = new Uint8Array(Data.OVERHEAD + 10 + trailers.length);
  frame[Link.TYPE] = FrameType.DATA | Flag.PAIRWISE | flags;
  putU32(frame, Data.SRC, FAR);
  putU32(frame, Data.DST, GATEWAY);
  putU16(frame, Data.SEQ, seq16);
  frame[Data.CLASS] = Class.BACKED | hopsLeft;
  frame.set(lockOf(nodeCrypto, LEDGER, FAR, GATEWAY, seq16, x), Data.LOCK);
  frame.set(trailers, Data.BODY + 10);
  return frame;
}

function entry(seq16: number, x: Uint8Array, claimed = x): Uint8Array {
  const bytes = new Uint8Array(Receipt.SIZE);
  bytes.set(lockOf(nodeCrypto, LEDGER, FAR, GATEWAY, seq16, x).subarray(0, Receipt.PREIMAGE));
  bytes.set(claimed, Receipt.PREIMAGE);
  return bytes;
}

function receipt(...entries: Uint8Array[]): Uint8Array {
  const frame = new Uint8Array(Link.BODY + 1 + entries.length * Receipt.SIZE + Wire.MIC);
  frame[Link.TYPE] = FrameType.RECEIPT | Flag.PAIRWISE;
  frame[Link.BODY] = entries.length;
  entries.forEach((bytes, i) => frame.set(bytes, Link.BODY + 1 + i * Receipt.SIZE));
  return frame;
}

/** A packet from far over near to the gateway, which heard it at 100. */
function arrived(seq16 = 9): AirTrace {
  const trace = new AirTrace(GATEWAY, () => 64, new ReceiptTrace(nodeCrypto, LEDGER, GATEWAY));
  trace.frame(FAR, data(seq16, 5, X), [NEAR], 50);
  trace.frame(NEAR, data(seq16, 4, X), [GATEWAY, FAR], 100);
  return trace;
}

const steps = (trace: AirTrace, seq16 = 9): [string, string, number][] | undefined =>
  trace.receipt(FAR, seq16)?.steps.map(({ from, to, afterMs }) => [from.at(-1)!, to.at(-1)!, afterMs]);

describe('the way back of a receipt', () => {
  it('is told hop by hop, from frames of its own and from trailers', () => {
    const trace = arrived();
    assert.deepEqual(trace.receipt(FAR, 9), { steps: [], complete: false });
    trace.frame(GATEWAY, receipt(entry(5, X), entry(9, X)), [NEAR], 1100);
    assert.deepEqual(steps(trace), [['1', '2', 1000]]);
    assert.equal(trace.receipt(FAR, 9)!.complete, false);
    // A payment behind it, as carrier.ts writes them.
    const trailers = new Uint8Array(Receipt.SIZE + 1 + Pay.SIZE);
    trailers.set(entry(9, X));
    trailers[Receipt.SIZE] = 1;
    trace.frame(NEAR, data(10, 4, X, trailers, Flag.RECEIPTS | Flag.PAY), [FAR], 1600);
    trace.frame(NEAR, receipt(entry(9, X)), [FAR], 9000);
    assert.deepEqual(steps(trace), [
      ['1', '2', 1000],
      ['2', '3', 1500],
    ]);
    assert.equal(trace.receipt(FAR, 9)!.complete, true);
  });

  it('is not made of what nobody heard, came from elsewhere or does not open the lock', () => {
    const trace = arrived();
    trace.frame(GATEWAY, receipt(entry(9, X)), [FAR], 1100);
    trace.frame(NEAR, receipt(entry(9, X)), [FAR], 1200);
    trace.frame(GATEWAY, receipt(entry(9, X, new Uint8Array(6))), [NEAR], 1300);
    trace.frame(GATEWAY, receipt(entry(8, X)), [NEAR], 1400);
    assert.deepEqual(steps(trace), []);
  });

  it('survives frames cut short and counts that lie', () => {
    const trace = arrived();
    const whole = receipt(entry(9, X));
    for (let length = 0; length < whole.length; length++)
      trace.frame(GATEWAY, whole.subarray(0, length), [NEAR], 1100);
    const lying = receipt(entry(8, X));
    lying[Link.BODY] = 255;
    trace.frame(GATEWAY, lying, [NEAR], 1100);
    assert.deepEqual(steps(trace), []);
  });

  it('belongs to the newest packet of a number, and is remembered for a bounded time', () => {
    const trace = arrived();
    trace.frame(GATEWAY, receipt(entry(9, X)), [NEAR], 1100);
    const other = X.slice().reverse();
    trace.frame(FAR, data(9, 5, other), [NEAR], 2000);
    trace.frame(NEAR, data(9, 4, other), [GATEWAY], 2100);
    assert.deepEqual(steps(trace), [], 'the receipt was of another packet');
    for (let seq16 = 100; seq16 < 700; seq16++) trace.frame(FAR, data(seq16, 5, X), [NEAR], 3000);
    assert.equal(trace.receipt(FAR, 9), undefined);
    assert.equal(trace.receipt(FAR, 12345), undefined);
  });
});
