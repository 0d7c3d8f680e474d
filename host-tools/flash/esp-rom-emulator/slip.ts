// SLIP framing (RFC 1055) as the ESP ROM loader speaks it: a frame is enclosed in 0xC0 on both sides.
// A byte transform: bytes in, whole frames out. It knows nothing of ports, opcodes or time.
// Called by the emulated board; a frame above the limit is dropped, so noise cannot grow the buffer.

const END = 0xc0;
const ESCAPE = 0xdb;
const ESCAPED_END = 0xdc;
const ESCAPED_ESCAPE = 0xdd;

export function slipEncode(frame: Uint8Array): Uint8Array {
  const out: number[] = [END];
  for (const byte of frame) {
    if (byte === END) out.push(ESCAPE, ESCAPED_END);
    else if (byte === ESCAPE) out.push(ESCAPE, ESCAPED_ESCAPE);
    else out.push(byte);
  }
  out.push(END);
  return Uint8Array.from(out);
}

export class SlipDecoder {
  private frame: number[] = [];
  private open = false;
  private escaping = false;

  /** `frameBytesMax`: the largest frame kept; the ROM's own receive buffer is of this order. */
  constructor(private readonly frameBytesMax: number) {}

  /** Feeds received bytes and returns the frames they complete. Bytes outside a frame are line noise. */
  push(bytes: Uint8Array): Uint8Array[] {
    const frames: Uint8Array[] = [];
    for (const byte of bytes) {
      if (byte === END) this.endOrStart(frames);
      else if (this.open) this.keep(byte);
    }
    return frames;
  }

  reset(): void {
    this.frame = [];
    this.open = false;
    this.escaping = false;
  }

  private endOrStart(frames: Uint8Array[]): void {
    // Two END bytes in a row are an end and a start, or a start after noise: an empty frame never counts.
    if (this.open && this.frame.length > 0) {
      frames.push(Uint8Array.from(this.frame));
      this.reset();
      return;
    }
    this.reset();
    this.open = true;
  }

  private keep(byte: number): void {
    if (this.escaping) {
      this.escaping = false;
      if (byte === ESCAPED_END) this.frame.push(END);
      else if (byte === ESCAPED_ESCAPE) this.frame.push(ESCAPE);
      else this.reset();
      return;
    }
    if (byte === ESCAPE) this.escaping = true;
    else if (this.frame.length >= this.frameBytesMax) this.reset();
    else this.frame.push(byte);
  }
}
