// Runs one vector: what the code makes of a case's input, as text. The same module on Node and on the
// interpreter, with the cryptography of the place, so it keeps to the board's subset. It judges nothing;
// the tests compare.
import type { BookId, Checked, Crypto } from '../../firmware/src/protocol/index.ts';
import {
  ErrorCode,
  Flag,
  Header,
  HeaderChain,
  Link,
  Reassembly,
  SegmentWalker,
  StatePayload,
  Wire,
  addAmounts,
  bindingKey,
  bookLeaf,
  chainTop,
  checkFrame,
  checkPayload,
  cut,
  digitsOf,
  equalBytes,
  fragmentsOf,
  fromHex,
  getI48,
  getU16,
  getU32,
  hmac,
  keyFromSignature,
  lockOf,
  macKey,
  micOf,
  moveBalance,
  mulDivAmount,
  openMessage,
  packetNonce,
  payPrefix,
  preimage,
  recordKey,
  rootFromPath,
  sign,
  subtractAmounts,
  timeOnAirUs,
  toHex,
  trailerBytes,
  verifyProof,
  walk,
  writeHeader,
} from '../../firmware/src/protocol/index.ts';
import { hkdf } from '../../firmware/src/crypto/index.ts';
import type { Field } from './field-tables.ts';
import { frameFields, payloadFields } from './field-tables.ts';

/** A case's input; byte strings are hexadecimal. */
export interface Given {
  [name: string]: any;
}

type Operation = (crypto: Crypto, given: Given) => string;

function bytes(text: string): Uint8Array {
  return fromHex(text) as Uint8Array;
}

function hex(value: Uint8Array | undefined): string {
  return value === undefined ? '' : toHex(value, 0, value.length);
}

function bookId(given: Given): BookId {
  return { ledger: bytes(given.ledger), address: given.address, generation: given.generation };
}

function readFields(fields: Field[], from: Uint8Array): string {
  const words: string[] = [];
  for (let i = 0; i < fields.length; i++) {
    const at = fields[i][1];
    const size = fields[i][2];
    let value = toHex(from, at, size);
    if (size === 1) value = String(from[at]);
    if (size === 2) value = String(getU16(from, at));
    if (size === 4) value = String(getU32(from, at));
    words.push(fields[i][0] + '=' + value);
  }
  return words.join(' ');
}

function segment(crypto: Crypto, given: Given): string {
  const walker = new SegmentWalker(crypto, payPrefix(bookId(given), given.chain));
  walker.load(bytes(given.checkpoint), given.segment);
  while (!walker.work(7));
  return hex(walker.link(given.number));
}

function checkSignature(crypto: Crypto, given: Given): string {
  const message = openMessage(given.payee, given.window);
  const key = keyFromSignature(crypto, bookId(given), given.chain, message, bytes(given.signature));
  return String(equalBytes(key, 0, bytes(given.key), 0, key.length) ? ErrorCode.OK : ErrorCode.BAD_SIGNATURE);
}

function checkMic(crypto: Crypto, given: Given): string {
  const frame = bytes(given.frame);
  const mic = micOf(crypto, bytes(given.key), given.sender, given.high, frame, given.size);
  return String(
    equalBytes(mic, 0, frame, frame.length - given.size, given.size) ? ErrorCode.OK : ErrorCode.BAD_MIC,
  );
}

function lock(crypto: Crypto, given: Given): Uint8Array {
  return lockOf(crypto, bytes(given.ledger), given.src, given.dst, given.seq % 65536, bytes(given.x));
}

function reassemble(given: Given): string {
  const messages = new Reassembly();
  let text = '';
  for (let i = 0; i < given.pieces.length; i++) {
    const piece = given.pieces[i];
    text += hex(messages.add(piece[0], bytes(piece[2]), piece[1]));
  }
  return text;
}

/** `offer/work` for each header heard, then `height:root` for each height asked for. */
function headers(crypto: Crypto, given: Given): string {
  const chain = new HeaderChain(
    crypto,
    bookId(given),
    given.slotMs,
    given.anchorSlot,
    bytes(given.anchorKey),
  );
  const words: string[] = [];
  for (let i = 0; i < given.steps.length; i++) {
    const offered = chain.offer(bytes(given.steps[i][0]), given.steps[i][1], given.steps[i][2]);
    words.push(String(offered) + '/' + String(chain.work(given.work)));
  }
  for (let i = 0; i < given.heights.length; i++) {
    words.push(String(given.heights[i]) + ':' + hex(chain.root(given.heights[i])));
  }
  return words.join(' ');
}

function gatewayHeader(crypto: Crypto, given: Given): string {
  const frame = new Uint8Array(Header.SIZE);
  const [before, key] = [bytes(given.keyBefore), bytes(given.slotKey)];
  writeHeader(crypto, bookId(given), given.slot, given.height, bytes(given.root), before, key, frame);
  return toHex(frame, Header.GATEWAY, Header.SIZE - Wire.MIC - Header.GATEWAY);
}

function proof(crypto: Crypto, given: Given): string {
  const root = bytes(given.root);
  const verdict = verifyProof(crypto, root, root.length, bytes(given.key), bytes(given.proof));
  return String(verdict.code) + ' ' + (verdict.value === undefined ? 'absent' : hex(verdict.value));
}

function fragments(given: Given): string {
  const made = fragmentsOf(bytes(given.message), given.id, given.bodyMax);
  const words: string[] = [];
  for (let i = 0; made !== undefined && i < made.length; i++) words.push(hex(made[i]));
  return words.join(' ');
}

function amountResult(given: Given): Checked {
  switch (given.kind) {
    case 'add':
      return addAmounts(given.a, given.b);
    case 'subtract':
      return subtractAmounts(given.a, given.b);
    case 'move':
      return moveBalance(given.a, given.b);
    default:
      return mulDivAmount(given.a, given.b, given.c);
  }
}

/** In decimal through two halves: the interpreter prints no more than eleven digits of a large number. */
function decimal(value: number): string {
  const sign = value < 0 ? '-' : '';
  const size = Math.abs(value);
  const high = Math.floor(size / 1000000);
  const low = String(size - high * 1000000);
  return sign + (high === 0 ? low : String(high) + low.padStart(6, '0'));
}

function amountText(given: Given): string {
  const result = amountResult(given);
  return result.ok ? decimal(result.value) : 'code ' + String(result.code);
}

function airtimeUs(given: Given): string {
  return decimal(
    timeOnAirUs(
      {
        spreadingFactor: given.sf,
        bandwidthHz: given.bw,
        codingRate: given.cr,
        preambleSymbols: given.preamble,
        explicitHeader: given.explicit,
        crc: given.crc,
      },
      given.size,
    ),
  );
}

const OPERATIONS: { [op: string]: Operation } = {
  sha256: (crypto, g) => hex(crypto.sha256([bytes(g.data)])),
  hmac: (crypto, g) => hex(hmac(crypto, macKey(bytes(g.key)), [bytes(g.data)])),
  hkdf: (crypto, g) => hex(hkdf(crypto, bytes(g.salt), bytes(g.ikm), bytes(g.info), g.length)),
  'aes-ctr': (crypto, g) => hex(crypto.aesCtr(bytes(g.key), bytes(g.counter), bytes(g.data))),
  'chain-top': (crypto, g) => hex(chainTop(crypto, macKey(bytes(g.secret)), bookId(g), g.chain)),
  walk: (crypto, g) => hex(walk(crypto, payPrefix(bookId(g), g.chain), bytes(g.link), g.count)),
  segment: segment,
  'binding-key': (crypto, g) => hex(bindingKey(crypto, macKey(bytes(g.secret)), bookId(g), g.chain)),
  digits: (_crypto, g) => hex(digitsOf(openMessage(g.payee, g.window))),
  sign: (crypto, g) =>
    hex(sign(crypto, macKey(bytes(g.secret)), bookId(g), g.chain, openMessage(g.payee, g.window))),
  'check-signature': checkSignature,
  'book-leaf': (crypto, g) => hex(bookLeaf(crypto, bookId(g), g.chain, bytes(g.anchor), bytes(g.key))),
  'root-from-path': (crypto, g) =>
    hex(rootFromPath(crypto, bookId(g), g.chain, bytes(g.leaf), bytes(g.path))),
  encrypt: (crypto, g) => hex(crypto.aesCtr(bytes(g.key), packetNonce(g.src, g.dst, g.seq), bytes(g.text))),
  preimage: (crypto, g) =>
    hex(
      cut(
        preimage(crypto, macKey(bytes(g.key)), g.klass, g.src, g.dst, g.seq, bytes(g.cipher)),
        0,
        Wire.LOCK,
      ),
    ),
  lock: (crypto, g) => hex(lock(crypto, g)),
  'check-preimage': (crypto, g) =>
    String(
      equalBytes(lock(crypto, g), 0, bytes(g.lock), 0, Wire.LOCK) ? ErrorCode.OK : ErrorCode.BAD_PREIMAGE,
    ),
  'check-mic': checkMic,
  'check-frame': (_crypto, g) => String(checkFrame(bytes(g.bytes))),
  'read-frame': (_crypto, g) => {
    const frame = bytes(g.bytes);
    return readFields(frameFields(frame[Link.TYPE] & Flag.TYPE, frame.length), frame);
  },
  trailers: (_crypto, g) => String(trailerBytes(bytes(g.bytes))),
  'check-payload': (_crypto, g) => String(checkPayload(bytes(g.bytes))),
  'read-payload': (_crypto, g) => readFields(payloadFields(bytes(g.bytes)), bytes(g.bytes)),
  balance: (_crypto, g) => decimal(getI48(bytes(g.bytes), StatePayload.BALANCE)),
  'fragments-of': (_crypto, g) => fragments(g),
  reassemble: (_crypto, g) => reassemble(g),
  headers: headers,
  'write-header': gatewayHeader,
  'record-key': (crypto, g) => hex(recordKey(crypto, g.kind, bytes(g.id))),
  proof: proof,
  amount: (_crypto, g) => amountText(g),
  airtime: (_crypto, g) => airtimeUs(g),
};

/** What must equal the text form of the case's `out`. */
export function runCase(crypto: Crypto, op: string, given: Given): string {
  return OPERATIONS[op](crypto, given);
}
