// The ESP application image format: header, segments, checksum byte, appended SHA-256 (ESP-IDF guide,
// "App Image Format"). Owns reading and judging one; knows nothing of ports. Called before anything is
// erased, so that a damaged download never reaches a board, and by the emulator's boot check.
import { createHash } from 'node:crypto';

const MAGIC = 0xe9;
const HEADER_BYTES = 24;
const SEGMENT_HEADER_BYTES = 8;
const CHECKSUM_SEED = 0xef;
const DIGEST_BYTES = 32;
const SEGMENTS_MAX = 16;

/** Bytes of flash per value of the header's size nibble. */
const FLASH_BYTES_BY_CODE = [1, 2, 4, 8, 16, 32, 64, 128].map((megabytes) => megabytes * 1024 * 1024);

export type EspImage =
  | {
      readonly ok: true;
      readonly chipId: number;
      /** Flash size the image was built for; a bootloader refuses to run on a smaller chip. */
      readonly flashBytes: number;
      /** Length with checksum and digest; what follows is not part of the image. */
      readonly imageBytes: number;
      readonly digest: 'sha256' | 'checksum';
    }
  | { readonly ok: false; readonly problem: string };

/** Reads the image at the start of `bytes` (more may follow) and verifies its checksum and digest. */
export function parseEspImage(bytes: Uint8Array): EspImage {
  const wrong = (problem: string): EspImage => ({ ok: false, problem });
  if (bytes.length < HEADER_BYTES || bytes[0] !== MAGIC) return wrong('no image magic byte 0xE9');
  const segmentCount = bytes[1]!;
  if (segmentCount === 0 || segmentCount > SEGMENTS_MAX) return wrong(`${segmentCount} segments`);
  const flashBytes = FLASH_BYTES_BY_CODE[bytes[3]! >> 4];
  if (flashBytes === undefined) return wrong('unknown flash size code');

  const body = readSegments(bytes, segmentCount);
  if (body === null) return wrong('a segment runs past the end');
  // The checksum byte is the last of a 16-byte line, after at least zero bytes of padding.
  const checksumAt = body.end + (15 - (body.end % 16));
  if (checksumAt >= bytes.length) return wrong('the checksum is missing');
  if (bytes[checksumAt] !== body.checksum) return wrong('checksum mismatch');

  const chipId = bytes[12]! | (bytes[13]! << 8);
  const dataBytes = checksumAt + 1;
  if (bytes[23] !== 1) return { ok: true, chipId, flashBytes, imageBytes: dataBytes, digest: 'checksum' };
  if (dataBytes + DIGEST_BYTES > bytes.length) return wrong('the SHA-256 is missing');
  const digest = createHash('sha256').update(bytes.subarray(0, dataBytes)).digest();
  if (digest.compare(bytes, dataBytes, dataBytes + DIGEST_BYTES) !== 0) return wrong('SHA-256 mismatch');
  return { ok: true, chipId, flashBytes, imageBytes: dataBytes + DIGEST_BYTES, digest: 'sha256' };
}

function readSegments(bytes: Uint8Array, count: number): { end: number; checksum: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = HEADER_BYTES;
  let checksum = CHECKSUM_SEED;
  for (let segment = 0; segment < count; segment++) {
    if (offset + SEGMENT_HEADER_BYTES > bytes.length) return null;
    const length = view.getUint32(offset + 4, true);
    const dataAt = offset + SEGMENT_HEADER_BYTES;
    if (length > bytes.length - dataAt) return null;
    for (let i = dataAt; i < dataAt + length; i++) checksum ^= bytes[i]!;
    offset = dataAt + length;
  }
  return { end: offset, checksum };
}
