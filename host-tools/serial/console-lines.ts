// What a board's console says, sorted: lines of text apart from the packet protocol's bytes and the prompt's
// noise. A byte transform that never sees a port. Bounded: a line longer than the limit is cut and reported
// as it is. Used by the packet client, the gateway's link and the virtual boards.
import { Listeners } from './byte-stream.ts';

/** A packet from the board: a RESPONSE to an EVAL or DATA of a file. */
export interface BoardPacket {
  /** The upper three bits of the header, in place (0x0000 RESPONSE, 0x8000 DATA). */
  type: number;
  data: Uint8Array;
}

const ACK = 0x06;
const NAK = 0x15;
const DLE = 0x10;
const SOH = 0x01;
const ESC = 0x1b;
const TYPE_MASK = 0xe000;
/** The longest line a firmware prints is a frame of 255 bytes in hexadecimal with some fields around it. */
const LINE_BYTES_MAX = 8192;

const enum State {
  Text,
  Dle,
  LengthHigh,
  LengthLow,
  Payload,
  Escape,
  Sequence,
}

export class ConsoleLines {
  private state = State.Text;
  private line = '';
  private header = 0;
  private payload = new Uint8Array(0);
  private filled = 0;
  private readonly lines = new Listeners<string>();
  private readonly acks = new Listeners<boolean>();
  private readonly packets = new Listeners<BoardPacket>();

  /** Complete lines without their end; empty ones are left out. */
  onLine(listener: (line: string) => void): () => void {
    return this.lines.add(listener);
  }

  /** true for ACK, false for NAK. */
  onAck(listener: (ok: boolean) => void): () => void {
    return this.acks.add(listener);
  }

  onPacket(listener: (packet: BoardPacket) => void): () => void {
    return this.packets.add(listener);
  }

  push(bytes: Uint8Array): void {
    for (const byte of bytes) this.byte(byte);
  }

  /** The port was lost or the board started anew: what was half received is worthless. */
  reset(): void {
    this.state = State.Text;
    this.line = '';
  }

  private byte(byte: number): void {
    switch (this.state) {
      case State.Text:
        return this.text(byte);
      case State.Dle:
        this.state = byte === SOH ? State.LengthHigh : State.Text;
        if (byte !== SOH) this.text(byte);
        return;
      case State.LengthHigh:
        this.header = byte << 8;
        this.state = State.LengthLow;
        return;
      case State.LengthLow:
        this.header |= byte;
        this.payload = new Uint8Array(this.header & ~TYPE_MASK);
        this.filled = 0;
        this.state = State.Payload;
        if (this.payload.length === 0) this.packet();
        return;
      case State.Payload:
        this.payload[this.filled++] = byte;
        if (this.filled === this.payload.length) this.packet();
        return;
      case State.Escape:
        this.state = byte === 0x5b ? State.Sequence : State.Text;
        return;
      case State.Sequence:
        // A control sequence ends with a letter (ECMA-48, 5.4).
        if (byte >= 0x40) this.state = State.Text;
    }
  }

  private text(byte: number): void {
    if (byte === DLE) this.state = State.Dle;
    else if (byte === ESC) this.state = State.Escape;
    else if (byte === ACK || byte === NAK) this.acks.emit(byte === ACK);
    else if (byte === 0x0a) this.endLine();
    // A prompt at the start of a line, and a carriage return, which only moves the cursor.
    else if (byte === 0x0d || (byte === 0x3e && this.line === '')) return;
    else if (byte >= 0x20 || byte === 0x09) {
      this.line += String.fromCharCode(byte);
      if (this.line.length >= LINE_BYTES_MAX) this.endLine();
    }
  }

  private endLine(): void {
    const line = this.line;
    this.line = '';
    if (line !== '') this.lines.emit(line);
  }

  private packet(): void {
    this.state = State.Text;
    this.packets.emit({ type: this.header & TYPE_MASK, data: this.payload });
  }
}
