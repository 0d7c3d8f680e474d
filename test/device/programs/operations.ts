// Times the protocol's operations on the interpreter: one line each, `name nanoseconds`, the mean of some
// calls in the best of forty rounds, each after a garbage collection. Started by `fairhop bench --only
// device`. Data: { calls }. Compiled by the pipeline only.
import vectors from '#vectors';
import { nativeCrypto } from '../../../firmware/src/drivers/native-crypto.ts';
import {
  Book,
  Data,
  Flag,
  FrameType,
  Link,
  OneTime,
  Receipt,
  SegmentWalker,
  Wire,
  checkFrame,
  checkPayload,
  hmac,
  keyFromSignature,
  lockOf,
  macKey,
  micOf,
  packetNonce,
  payPrefix,
  preimage,
  step,
  trailerBytes,
  verifyProof,
} from '../../../firmware/src/protocol/index.ts';

const ROUNDS = 40;
const calls: number = vectors.calls;
const LEDGER = new Uint8Array(Wire.LEDGER_ID);
const ID = { ledger: LEDGER, address: 0x01020304, generation: 0 };
const KEY = new Uint8Array(Wire.KEY);
const MAC_KEY = macKey(KEY);
const PREFIX = payPrefix(ID, 0);
const LINK = new Uint8Array(Book.LINK);
const X = new Uint8Array(Wire.LOCK);
const READING = new Uint8Array(21);
const FRAME = new Uint8Array(Data.OVERHEAD + READING.length);
FRAME[Link.TYPE] = FrameType.DATA | Flag.PAIRWISE;
const RECEIPT = new Uint8Array(Link.BODY + 1 + Receipt.SIZE + Wire.MIC);
const CLAIM = new Uint8Array(25);
CLAIM[0] = 5;
const PROOF = new Uint8Array(2 + 2 + 16 * Wire.HASH + 40);
PROOF[0] = 16;
PROOF[1] = 1;
PROOF[2] = 255;
PROOF[3] = 255;

/** The quickest of some rounds: whatever else the computer does can only make a round slower. */
function time(name: string, count: number, operation: () => void): void {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    process.memory();
    const start = getTime();
    for (let i = 0; i < count; i++) operation();
    const nanoseconds = Math.floor(((getTime() - start) * 1000000000) / count);
    if (round === 0 || nanoseconds < best) best = nanoseconds;
  }
  print(name + ' ' + String(best));
}

time('call and loop', calls, () => undefined);
time('SHA-256 of 32 bytes', calls, () => nativeCrypto.sha256([LINK, LINK]));
time('chain step', calls, () => step(nativeCrypto, PREFIX, LINK));
time('HMAC of 32 bytes', calls, () => hmac(nativeCrypto, MAC_KEY, [LINK, LINK]));
time('HMAC key', calls, () => macKey(KEY));
time('AES-CTR of 21 bytes', calls, () => nativeCrypto.aesCtr(KEY, packetNonce(1, 2, 3), READING));
time('structure of DATA', calls, () => checkFrame(FRAME));
time('structure of a payload', calls, () => checkPayload(CLAIM));
time('trailers of DATA', calls, () => trailerBytes(FRAME));
time('MIC of 49 bytes', calls, () => micOf(nativeCrypto, KEY, 1, 0, FRAME, Wire.MIC));
time('preimage of 21 bytes', calls, () => preimage(nativeCrypto, MAC_KEY, 0, 1, 2, 3, READING));
time('lock', calls, () => lockOf(nativeCrypto, LEDGER, 1, 2, 3, X));
time('relay a packet and its receipt', calls, () => {
  checkFrame(FRAME);
  micOf(nativeCrypto, KEY, 1, 0, FRAME, Wire.MIC);
  micOf(nativeCrypto, KEY, 2, 0, FRAME, Wire.MIC);
  micOf(nativeCrypto, KEY, 3, 0, RECEIPT, Wire.MIC);
  lockOf(nativeCrypto, LEDGER, 1, 2, 3, X);
  micOf(nativeCrypto, KEY, 2, 0, RECEIPT, Wire.MIC);
});
const walker = new SegmentWalker(nativeCrypto, PREFIX);
walker.load(LINK, 0);
time('segment, a slice of 8 hashes', 15, () => {
  if (walker.work(8)) walker.load(LINK, 0);
});
walker.load(LINK, 0);
while (!walker.work(8));
time('link, the farthest from a pebble', calls, () => walker.link(1));
time('one-time signature, checked', Math.ceil(calls / 50), () =>
  keyFromSignature(nativeCrypto, ID, 0, READING.subarray(0, OneTime.MESSAGE), new Uint8Array(OneTime.SIGNATURE)),
);
time('state proof of 16 levels', Math.ceil(calls / 10), () =>
  verifyProof(nativeCrypto, KEY, 16, new Uint8Array(32), PROOF),
);
