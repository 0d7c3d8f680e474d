// The live side of the API: server-sent events (WHATWG HTML 9.2). Owns the open streams, what each was sent
// last, and its bounds. Packets carry their own number as event id, so a stream resumes without a gap
// wherever it broke, even across a restart of the gateway: what was missed is read from the source, not
// from memory here.
import type { ServerResponse } from 'node:http';
import type { GatewayEvent, GatewaySource, PacketView } from '../view.ts';
import type { HttpLimits } from './limits.ts';

interface Stream {
  response: ServerResponse;
  address: string;
  lastPacketId: number;
}

export class EventStreams {
  readonly #streams = new Set<Stream>();
  readonly #unsubscribe: () => void;
  #ticker: NodeJS.Timeout | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #lastMeshAtMs = 0;
  #lastMesh = '';

  constructor(
    readonly source: GatewaySource,
    readonly limits: HttpLimits,
    readonly onFault: (error: unknown) => void,
  ) {
    this.#unsubscribe = source.subscribe((event) => this.#guarded(() => this.#onEvent(event)));
  }

  get count(): number {
    return this.#streams.size;
  }

  hasRoomFor(address: string): boolean {
    let same = 0;
    for (const stream of this.#streams) if (stream.address === address) same += 1;
    return this.#streams.size < this.limits.streamsMax && same < this.limits.streamsPerAddressMax;
  }

  /**
   * `afterId`: the last packet that the client has, or -1 to start with the next one. Headers are set by
   * now.
   */
  open(response: ServerResponse, address: string, afterId: number): void {
    const newest = this.source.packets(0, 1)[0]?.id ?? 0;
    // A number from the future belongs to another data directory: everything here is new to that client.
    const lastPacketId = afterId < 0 ? newest : afterId > newest ? 0 : afterId;
    const stream: Stream = { response, address, lastPacketId };
    response.on('close', () => this.#forget(stream));
    this.#streams.add(stream);
    this.#startTimers();
    write(stream, 'retry: 1000\n\n');
    write(stream, frame('status', JSON.stringify(this.source.status())));
    write(stream, frame('mesh', JSON.stringify(this.source.mesh())));
    this.#sendPacketsUpTo(stream, newest);
  }

  close(): void {
    this.#unsubscribe();
    for (const stream of [...this.#streams]) stream.response.end();
    this.#streams.clear();
    this.#stopTimers();
  }

  #onEvent(event: GatewayEvent): void {
    switch (event.type) {
      case 'packet':
        for (const stream of this.#streams) this.#sendPacketsUpTo(stream, event.data.id, event.data);
        return;
      // Figures and mesh go out by the timers, at a pace that a page can draw.
      case 'status':
      case 'mesh':
        return;
      case 'frame':
        return this.#broadcast(frame('frame', JSON.stringify(event.data)), this.limits.streamSoftBytes);
      default:
        return this.#broadcast(
          frame(event.type, JSON.stringify(event.data)),
          this.limits.streamHardBytes,
        );
    }
  }

  /**
   * Sends what lies between the stream's last packet and `newestId`; one packet when nothing was missed.
   */
  #sendPacketsUpTo(stream: Stream, newestId: number, newest?: PacketView): void {
    if (newestId <= stream.lastPacketId) return;
    const missed =
      newest !== undefined && newestId === stream.lastPacketId + 1
        ? [newest]
        : this.source.packets(stream.lastPacketId, this.limits.replayPacketsMax);
    for (const packet of missed) {
      write(stream, `id: ${packet.id}\n${frame('packet', JSON.stringify(packet))}`);
      stream.lastPacketId = packet.id;
    }
    this.#dropIfSlow(stream);
  }

  /** A stream with more than `bytesMax` unsent does not get this event: only animation may be left out. */
  #broadcast(text: string, bytesMax: number): void {
    for (const stream of this.#streams) {
      if (stream.response.writableLength > bytesMax) continue;
      write(stream, text);
      this.#dropIfSlow(stream);
    }
  }

  /**
   * A client that does not read would make our memory its buffer. It may come back and resume by its last
   * id.
   */
  #dropIfSlow(stream: Stream): void {
    if (stream.response.writableLength <= this.limits.streamHardBytes) return;
    this.#forget(stream);
    stream.response.destroy();
  }

  #forget(stream: Stream): void {
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#stopTimers();
  }

  #startTimers(): void {
    if (this.#ticker !== null) return;
    this.#ticker = setInterval(
      () => this.#guarded(() => this.#tick()),
      this.limits.statusEveryMs,
    ).unref();
    const beat = (): void => this.#broadcast(': still here\n\n', this.limits.streamHardBytes);
    this.#heartbeat = setInterval(beat, this.limits.heartbeatMs).unref();
  }

  #stopTimers(): void {
    if (this.#ticker !== null) clearInterval(this.#ticker);
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#ticker = null;
    this.#heartbeat = null;
  }

  #tick(): void {
    this.#broadcast(frame('status', JSON.stringify(this.source.status())), this.limits.streamHardBytes);
    const nowMs = performance.now();
    if (nowMs - this.#lastMeshAtMs < this.limits.meshEveryMs - this.limits.statusEveryMs / 2) return;
    const mesh = JSON.stringify(this.source.mesh());
    if (mesh === this.#lastMesh) return;
    this.#lastMesh = mesh;
    this.#lastMeshAtMs = nowMs;
    this.#broadcast(frame('mesh', mesh), this.limits.streamHardBytes);
  }

  /**
   * Runs inside the gateway's own event path and in timers, where an exception of ours must not end the
   * gateway.
   */
  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.onFault(error);
    }
  }
}

/** JSON has no raw newline, so one data line is enough. */
function frame(type: string, json: string): string {
  return `event: ${type}\ndata: ${json}\n\n`;
}

function write(stream: Stream, text: string): void {
  if (!stream.response.destroyed) stream.response.write(text);
}
