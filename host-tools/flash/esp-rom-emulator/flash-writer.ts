// One running flash download of the emulated loader: plain (ops 02-04) or deflated (ops 10-12).
// The stub erases sector by sector as data arrives, the ROM erases everything at the start; both leave a
// half-written region when the cable is pulled. Called by the loader only.
import { constants, inflateSync } from 'node:zlib';
import type { NorFlash } from './nor-flash.ts';
import { SECTOR_BYTES } from './nor-flash.ts';

export type WriteResult = 'ok' | 'too-much-data' | 'inflate-error';

export class FlashWriter {
  private compressed = Buffer.alloc(0);
  private written = 0;
  private erasedTo: number;

  constructor(
    private readonly flash: NorFlash,
    readonly address: number,
    /** Uncompressed bytes announced by the begin command. */
    private readonly announcedBytes: number,
    private readonly deflated: boolean,
    eraseAtOnce: boolean,
  ) {
    this.erasedTo = Math.floor(address / SECTOR_BYTES) * SECTOR_BYTES;
    if (eraseAtOnce) this.eraseUpTo(address + announcedBytes);
  }

  get complete(): boolean {
    return this.written >= this.announcedBytes;
  }

  add(data: Uint8Array): WriteResult {
    if (!this.deflated) return this.program(data);
    this.compressed = Buffer.concat([this.compressed, data]);
    try {
      const all = inflateSync(this.compressed, { finishFlush: constants.Z_SYNC_FLUSH });
      return this.program(all.subarray(this.written));
    } catch {
      return 'inflate-error';
    }
  }

  private program(data: Uint8Array): WriteResult {
    // The plain form pads its last block with 0xFF to the block size; that tail is not data.
    const room = Math.max(0, this.announcedBytes - this.written);
    if (this.deflated && data.length > room) return 'too-much-data';
    const fitting = data.subarray(0, room);
    this.eraseUpTo(this.address + this.written + fitting.length);
    this.flash.program(this.address + this.written, fitting);
    this.written += fitting.length;
    return 'ok';
  }

  private eraseUpTo(end: number): void {
    if (end <= this.erasedTo) return;
    this.flash.erase(this.erasedTo, end - this.erasedTo);
    this.erasedTo = Math.ceil(end / SECTOR_BYTES) * SECTOR_BYTES;
  }
}
