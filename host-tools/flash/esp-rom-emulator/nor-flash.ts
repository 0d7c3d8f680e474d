// A NOR flash chip: erasing sets a 4 KiB sector to ones, programming can only clear bits (datasheet of any
// 25-series part). That is why an interrupted write leaves neither the old nor the new bytes.
// It knows nothing of serial lines; the emulated loader writes it and tests inspect it.
import { createHash } from 'node:crypto';

export const SECTOR_BYTES = 4096;

export class NorFlash {
  readonly bytes: Uint8Array;
  /** Bytes programmed since the start: tests check with it that only what differs was written. */
  programmedBytes = 0;

  constructor(readonly sizeBytes: number) {
    this.bytes = new Uint8Array(sizeBytes).fill(0xff);
  }

  contains(address: number, length: number): boolean {
    return address >= 0 && length >= 0 && address + length <= this.sizeBytes;
  }

  /** Erases every sector touched by the range. The range must lie inside the chip. */
  erase(address: number, length: number): void {
    const from = Math.floor(address / SECTOR_BYTES) * SECTOR_BYTES;
    const to = Math.min(this.sizeBytes, Math.ceil((address + length) / SECTOR_BYTES) * SECTOR_BYTES);
    this.bytes.fill(0xff, from, to);
  }

  program(address: number, data: Uint8Array): void {
    for (let i = 0; i < data.length; i++) this.bytes[address + i]! &= data[i]!;
    this.programmedBytes += data.length;
  }

  md5(address: number, length: number): Buffer {
    return createHash('md5')
      .update(this.bytes.subarray(address, address + length))
      .digest();
  }

  /** JEDEC id as RDID (0x9F) answers it: Winbond 0xEF, type 0x40, log2 of the size. */
  jedecId(): number {
    return 0xef | (0x40 << 8) | (Math.log2(this.sizeBytes) << 16);
  }
}
