// What a board looks like from outside, whichever engine runs it: a console of bytes, files in flash, a power
// switch. Types only. Implemented by vm-board.ts (in this process) and espruino-board.ts (the real
// interpreter).
import type { ByteStream } from '../serial/byte-stream.ts';

export interface Board {
  readonly name: string;
  /**
   * The serial console, as the board's USB port would carry it: prompts, packets, JSON lines. Bytes sent to a
   * board without power are lost.
   */
  readonly console: ByteStream;
  /** Power on; resolves when the interpreter runs and the saved program has been started. */
  start(): Promise<void>;
  /**
   * Power off, without warning to the program. Flash keeps its content. Resolves when nothing of it runs any
   * more.
   */
  stop(): Promise<void>;
  /** A file in Storage. The board has to be running. Rejects when the flash is full. */
  writeFile(name: string, bytes: Uint8Array): Promise<void>;
  readFile(name: string): Promise<Uint8Array | undefined>;
  /** Lines that the program printed, without prompt noise. Returns the way to stop listening. */
  onLine(listener: (line: string) => void): () => void;
}
