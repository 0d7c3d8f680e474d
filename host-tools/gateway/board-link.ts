// The gateway's link to its radio board over a serial port (docs/console.md): JSON lines in, EVENT packets out. Each
// connection gets a client of its own, so that no half line and no late answer outlives a pulled cable; while there is
// none, a request fails at once and its caller tries again.
import type { ByteStream } from '../serial/byte-stream.ts';
import { PacketClient, PacketError } from '../serial/packet-protocol.ts';
import { parseBoardLine, type BoardMessage } from './board-lines.ts';
import type { PreparedPacket } from './end-station.ts';

/** A virtual board on a busy computer may take a while; a real one answers in milliseconds. */
const ANSWER_MS = 6000;
/** Requests under way; a board that has stopped answering must not collect more. */
const OUTSTANDING_MAX = 32;

export class BoardLink {
  /** Lines that were none of ours. */
  malformed = 0;
  private client: PacketClient | undefined;
  private outstanding = 0;

  constructor(
    private readonly stream: ByteStream,
    private readonly onMessage: (message: BoardMessage) => void,
    private readonly onLine: (line: string) => void = () => {},
  ) {}

  get isUp(): boolean {
    return this.client !== undefined;
  }

  /** The port is open, or open again. */
  up(): void {
    this.down();
    this.client = new PacketClient(this.stream, { packetTimeoutMs: ANSWER_MS });
    this.client.lines.onLine((line) => {
      this.onLine(line);
      const message = parseBoardLine(line);
      if (message === undefined) this.malformed++;
      else this.onMessage(message);
    });
  }

  /** The port is lost: whatever waits for an answer fails now. */
  down(): void {
    this.client?.close();
    this.client = undefined;
  }

  /** For a person at its prompt, one after another with the link's own requests. Throws a PacketError while down. */
  prompt(): PacketClient {
    if (this.client === undefined) throw new PacketError('closed', 'the board is not connected');
    return this.client;
  }

  send(packet: PreparedPacket): Promise<void> {
    return this.event({ t: 'send', dst: packet.dst, seq: packet.seq16, data: base64(packet.bytes) });
  }

  receipt(lock: Uint8Array, preimage: Uint8Array): Promise<void> {
    return this.event({ t: 'receipt', data: base64(Buffer.concat([lock, preimage])) });
  }

  state(plaintext: Uint8Array): Promise<void> {
    return this.event({ t: 'state', data: base64(plaintext) });
  }

  /** A header for the air: from its gateway field to its MAC. */
  header(body: Uint8Array): Promise<void> {
    return this.event({ t: 'header', data: base64(body) });
  }

  askStatus(): Promise<void> {
    return this.event({ t: 'status' });
  }

  /** Rejects with a PacketError when the board has not taken it, or not in time. */
  private async event(message: object): Promise<void> {
    const client = this.client;
    if (client === undefined) throw new PacketError('closed', 'the board is not connected');
    if (this.outstanding >= OUTSTANDING_MAX) throw new PacketError('timeout', 'the board does not keep up');
    this.outstanding++;
    try {
      await client.event(message);
    } finally {
      this.outstanding--;
    }
  }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
