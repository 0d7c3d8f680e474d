// How LevelDB's files write numbers, checksums and compressed blocks: varints, masked CRC-32C (RFC 3720, B.4; masked as
// in LevelDB's util/crc32c.h) and Snappy (its format_description.txt). Used by level-files.ts alone.
import { DAMAGED } from './sealed-value.ts';
import { StoreError } from './store.ts';

const CRC_TABLE = Int32Array.from({ length: 256 }, (_, value) => {
  let crc = value;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});
const MASK_DELTA = 0xa282ead8;

function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

/** Rotated and shifted, as it stands in the files. */
export function crc32c(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = CRC_TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return masked(~crc);
}

/** Whether some beginning of `bytes` has this checksum: then only its length was not known. */
export function beginsWithSum(bytes: Uint8Array, sum: number): boolean {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) {
    crc = CRC_TABLE[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
    if (masked(~crc) === sum) return true;
  }
  return false;
}

/** Reads numbers of seven bits a byte, and byte strings with their length in front. Throws a StoreError at the end. */
export class Varints {
  private at = 0;

  constructor(private readonly from: Buffer) {}

  get left(): number {
    return this.from.length - this.at;
  }

  next(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.take(1)[0]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  bytes(): Buffer {
    return this.take(this.next());
  }

  take(count: number): Buffer {
    if (count > this.left) throw new StoreError('a file of the store ends too early', DAMAGED);
    return this.from.subarray(this.at, (this.at += count));
  }
}

/** Literals, and copies of what was written before. */
export function unsnappy(compressed: Buffer): Buffer {
  const input = new Varints(compressed);
  const output = Buffer.alloc(input.next());
  let used = 0;
  while (input.left > 0) {
    const tag = input.take(1)[0]!;
    const high = tag >> 2;
    if ((tag & 3) === 0) {
      const length = high < 60 ? high + 1 : input.take(high - 59).readUIntLE(0, high - 59) + 1;
      used += input.take(length).copy(output, used);
      continue;
    }
    const isNear = (tag & 3) === 1;
    const length = isNear ? (high & 7) + 4 : high + 1;
    const back = isNear ? ((tag >> 5) << 8) | input.take(1)[0]! : numberOf(input.take((tag & 3) === 2 ? 2 : 4));
    for (let i = 0; i < length; i++, used++) output[used] = output[used - back]!;
  }
  return output;
}

function numberOf(bytes: Buffer): number {
  return bytes.readUIntLE(0, bytes.length);
}
