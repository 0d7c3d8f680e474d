// The serial loader of the emulated chip: mask ROM, and the stub's behaviour acted out once a stub has been
// "started" (its machine code is not run). Frames in, frames out; no port, no reset lines. Op numbers and
// layouts: ESP-IDF serial protocol description. Called by the emulated board while in download mode.
import type { ChipModel } from './chips.ts';
import type { Faults } from './faults.ts';
import { FlashWriter } from './flash-writer.ts';
import type { NorFlash } from './nor-flash.ts';
import type { RegisterFile } from './registers.ts';

const enum Op {
  FlashBegin = 0x02,
  FlashData = 0x03,
  FlashEnd = 0x04,
  MemBegin = 0x05,
  MemEnd = 0x06,
  MemData = 0x07,
  Sync = 0x08,
  WriteReg = 0x09,
  ReadReg = 0x0a,
  SpiSetParams = 0x0b,
  SpiAttach = 0x0d,
  ChangeBaud = 0x0f,
  DeflBegin = 0x10,
  DeflData = 0x11,
  DeflEnd = 0x12,
  Md5 = 0x13,
  SecurityInfo = 0x14,
  EraseFlash = 0xd0,
  EraseRegion = 0xd1,
  ReadFlash = 0xd2,
}

const STATUS_INVALID_MESSAGE = 0x05;
const STATUS_FAILED = 0x06;
const STATUS_BAD_CHECKSUM = 0x07;
const STATUS_DEFLATE = 0x0b;
const CHECKSUM_SEED = 0xef;
const SECURE_DOWNLOAD_ENABLE = 1 << 2;
const REQUEST_HEADER_BYTES = 8;
const DATA_HEADER_BYTES = 16;
/** The ROM answers SYNC eight times and repeats the answer to an op it does not know as often. */
const ROM_REPEATS = 8;
/** The ROM's flash block; the stub takes 16 KiB. Refused above it, as no client in use sends the ROM more. */
const ROM_BLOCK_BYTES = 0x400;

export interface LoaderPorts {
  send(frame: Uint8Array): void;
  setBaud(baud: number): void;
  /** The cable is pulled. */
  unplug(): void;
}

interface FlashRead {
  address: number;
  end: number;
  next: number;
  blockBytes: number;
  inFlightMax: number;
}

export class Loader {
  private stub = false;
  private lastRegister = 0;
  private ramBlocksLeft = 0;
  private writer: FlashWriter | null = null;
  private flashRead: FlashRead | null = null;
  private blocksSeen = 0;
  private baud = 115200;
  private readonly spent = new Set<keyof Faults>();

  constructor(
    private readonly chip: ChipModel,
    private readonly flash: NorFlash,
    private readonly registers: RegisterFile,
    private readonly faults: Faults,
    private readonly ports: LoaderPorts,
  ) {}

  /** A reset: the stub and every running transfer are gone; one-time faults that fired stay spent. */
  reset(): void {
    this.stub = false;
    this.writer = null;
    this.flashRead = null;
    this.ramBlocksLeft = 0;
    this.baud = 115200;
  }

  receive(frame: Uint8Array): void {
    if (this.faults.silentAfterBlocks !== undefined && this.blocksSeen >= this.faults.silentAfterBlocks)
      return;
    if (this.flashRead !== null && frame.length === 4) return this.continueRead(frame);
    if (frame.length < REQUEST_HEADER_BYTES || frame[0] !== 0) return;
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const length = view.getUint16(2, true);
    if (frame.length - REQUEST_HEADER_BYTES !== length) {
      this.reply(frame[1]!, STATUS_INVALID_MESSAGE);
      return;
    }
    const data = frame.subarray(REQUEST_HEADER_BYTES);
    if (frame[1] === Op.FlashData || frame[1] === Op.DeflData) {
      this.flashData(frame[1], data, view.getUint32(4, true));
    } else this.dispatch(frame[1]!, data, view.getUint32(4, true));
  }

  private dispatch(op: number, data: Uint8Array, checksum: number): void {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const word = (index: number): number =>
      index * 4 + 4 <= data.length ? view.getUint32(index * 4, true) : 0;
    if (this.faults.secureDownload === true && !allowedInSecureDownload(op)) return this.unsupported();
    switch (op) {
      case Op.Sync:
        return this.sync();
      case Op.SecurityInfo:
        return this.securityInfo();
      case Op.ReadReg:
        this.lastRegister = this.registers.read(word(0));
        return this.reply(op, 0);
      case Op.WriteReg:
        for (let i = 0; i + 16 <= data.length; i += 16) {
          this.registers.write(word(i / 4), word(i / 4 + 1), word(i / 4 + 2));
        }
        return this.reply(op, 0);
      case Op.SpiAttach:
      case Op.SpiSetParams:
        return this.reply(op, 0);
      case Op.MemBegin:
        this.ramBlocksLeft = word(1);
        return this.reply(op, 0);
      case Op.MemData:
        return this.memData(op, data, checksum);
      case Op.MemEnd:
        return this.memEnd(op, word(0));
      case Op.ChangeBaud:
        this.reply(op, 0);
        this.baud = word(0);
        return this.ports.setBaud(this.baud);
      case Op.FlashBegin:
        return this.begin(op, word(0), word(2), word(3), false);
      case Op.DeflBegin:
        return this.begin(op, word(0), word(2), word(3), true);
      case Op.FlashEnd:
      case Op.DeflEnd:
        return this.end(op);
      case Op.Md5:
        return this.md5(op, word(0), word(1));
      default:
        return this.stub ? this.stubOnly(op, word) : this.unsupported();
    }
  }

  private stubOnly(op: number, word: (index: number) => number): void {
    if (op === Op.EraseFlash) {
      this.flash.erase(0, this.flash.sizeBytes);
      return this.reply(op, 0);
    }
    if (op === Op.EraseRegion && this.flash.contains(word(0), word(1))) {
      this.flash.erase(word(0), word(1));
      return this.reply(op, 0);
    }
    if (op === Op.ReadFlash && this.flash.contains(word(0), word(1))) {
      const [address, size, blockBytes, inFlightMax] = [word(0), word(1), word(2), word(3)];
      this.flashRead = { address, end: address + size, next: address, blockBytes, inFlightMax };
      this.reply(op, 0);
      return this.continueRead(new Uint8Array(4));
    }
    this.reply(op, op === Op.EraseRegion || op === Op.ReadFlash ? STATUS_FAILED : STATUS_INVALID_MESSAGE);
  }

  private sync(): void {
    // The stub answers once with value 0; the ROM eight times with bytes of the request
    // (capture: 01 08 04 00 07 12 55 55 00 00 00 00).
    if (this.stub) return this.send(Op.Sync, 0, new Uint8Array(2));
    for (let i = 0; i < ROM_REPEATS; i++) this.send(Op.Sync, 0x55551207, new Uint8Array(4));
  }

  private securityInfo(): void {
    if (!this.chip.hasSecurityInfo) return this.unsupported();
    const info = new Uint8Array(20);
    const view = new DataView(info.buffer);
    view.setUint32(0, this.faults.secureDownload === true ? SECURE_DOWNLOAD_ENABLE : 0, true);
    view.setUint32(12, this.chip.imageChipId, true);
    this.reply(Op.SecurityInfo, 0, info);
  }

  private memData(op: number, data: Uint8Array, checksum: number): void {
    if (xorSum(data.subarray(DATA_HEADER_BYTES)) !== checksum) return this.reply(op, STATUS_BAD_CHECKSUM);
    this.ramBlocksLeft--;
    this.reply(op, 0);
  }

  private memEnd(op: number, stayInLoader: number): void {
    if (this.ramBlocksLeft !== 0) return this.reply(op, STATUS_FAILED);
    this.reply(op, 0);
    if (stayInLoader !== 0) return;
    if (this.faults.deadStub === true) return;
    this.stub = true;
    this.ports.send(Buffer.from('OHAI'));
  }

  private begin(op: number, bytes: number, blockBytes: number, address: number, deflated: boolean): void {
    this.writer = null;
    if (!this.stub && blockBytes > ROM_BLOCK_BYTES) return this.reply(op, STATUS_FAILED);
    // Size 0 is how a client asks the loader to leave flash mode; nothing is erased.
    if (!this.flash.contains(address, Math.min(bytes, this.flash.sizeBytes - address))) {
      return this.reply(op, STATUS_FAILED);
    }
    if (bytes > 0) this.writer = new FlashWriter(this.flash, address, bytes, deflated, !this.stub);
    this.reply(op, 0);
  }

  private flashData(op: number, data: Uint8Array, checksum: number): void {
    this.blocksSeen++;
    if (this.faults.unplugAfterBlocks === this.blocksSeen) return this.ports.unplug();
    if (this.once('loseDataBlock')) return;
    const block = data.slice(DATA_HEADER_BYTES);
    const damaged =
      this.once('flipWireByteInBlock') || this.baud > (this.faults.damagedAboveBaud ?? Infinity);
    if (damaged && block.length > 0) block[block.length >> 1]! ^= 0x10;
    if (xorSum(block) !== checksum) return this.reply(op, STATUS_BAD_CHECKSUM);
    if (this.writer === null) return this.reply(op, STATUS_FAILED);
    const result = this.writer.add(block);
    this.damageFlash();
    if (this.once('loseReplyToBlock')) return;
    this.reply(op, result === 'ok' ? 0 : result === 'inflate-error' ? STATUS_DEFLATE : STATUS_FAILED);
  }

  private damageFlash(): void {
    const flip = this.faults.flipFlash;
    const written = this.writer;
    if (flip === undefined || flip.times <= 0 || written === null || !written.complete) return;
    if (flip.address < written.address || this.flash.bytes[flip.address] === 0xff) return;
    this.flash.bytes[flip.address]! ^= 0x01;
    flip.times--;
  }

  private end(op: number): void {
    const complete = this.writer === null || this.writer.complete;
    this.writer = null;
    this.reply(op, complete ? 0 : STATUS_FAILED);
  }

  private md5(op: number, address: number, size: number): void {
    if (!this.flash.contains(address, size)) return this.reply(op, STATUS_FAILED);
    const digest = this.flash.md5(address, size);
    // The ROM answers 32 hexadecimal digits, the stub 16 bytes.
    this.reply(op, 0, this.stub ? digest : Buffer.from(digest.toString('hex'), 'latin1'));
  }

  /** Sends blocks while fewer than the client's window are unacknowledged, then the MD5 of everything. */
  private continueRead(acknowledged: Uint8Array): void {
    const read = this.flashRead!;
    const total = new DataView(acknowledged.buffer, acknowledged.byteOffset, 4).getUint32(0, true);
    const windowEnd = read.address + total + read.inFlightMax * read.blockBytes;
    while (read.next < read.end && read.next < windowEnd) {
      const to = Math.min(read.end, read.next + read.blockBytes);
      this.ports.send(this.flash.bytes.slice(read.next, to));
      read.next = to;
    }
    if (read.address + total < read.end) return;
    this.flashRead = null;
    this.ports.send(this.flash.md5(read.address, read.end - read.address));
  }

  private once(fault: 'loseDataBlock' | 'loseReplyToBlock' | 'flipWireByteInBlock'): boolean {
    if (this.spent.has(fault) || this.faults[fault] !== this.blocksSeen) return false;
    this.spent.add(fault);
    return true;
  }

  private unsupported(): void {
    // Clients recognise "unknown op" by an answer for a different op with status 01 05.
    const status = Uint8Array.of(1, STATUS_INVALID_MESSAGE, 0, 0);
    for (let i = 0; i < ROM_REPEATS; i++) this.send(0, 0, status);
  }

  private reply(op: number, error: number, data: Uint8Array = new Uint8Array(0)): void {
    const status = new Uint8Array(this.stub ? 2 : 4);
    if (error !== 0) status.set([1, error]);
    this.send(op, this.lastRegister, Buffer.concat([data, status]));
  }

  private send(op: number, value: number, data: Uint8Array): void {
    const frame = new Uint8Array(8 + data.length);
    const view = new DataView(frame.buffer);
    frame[0] = 1;
    frame[1] = op;
    view.setUint16(2, data.length, true);
    view.setUint32(4, value, true);
    frame.set(data, 8);
    this.ports.send(frame);
  }
}

function allowedInSecureDownload(op: number): boolean {
  // ESP-IDF "UART ROM download mode": memory and register access are closed, plain flash writes stay.
  const closed = [Op.ReadReg, Op.WriteReg, Op.MemBegin, Op.MemData, Op.MemEnd, Op.Md5, Op.ChangeBaud];
  return !closed.includes(op);
}

function xorSum(data: Uint8Array): number {
  let sum = CHECKSUM_SEED;
  for (const byte of data) sum ^= byte;
  return sum;
}
