// Datagrams between boards of this process and the radio hub, without a socket: the same bytes, delivered
// through the scheduler, so that a run in virtual time repeats exactly. Used by vm-board.ts's `dgram` module.
import type { Scheduler } from '../ether/scheduler.ts';
import type { RadioHub } from './radio-hub.ts';

export type DatagramHandler = (bytes: Uint8Array, address: string, port: number) => void;

export interface DatagramSocket {
  readonly port: number;
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

/** What a board needs of a network. */
export interface Datagrams {
  /** Port 0 takes a free one; a port in use gives undefined. */
  open(port: number, receive: DatagramHandler): DatagramSocket | undefined;
}

const LOCAL_ADDRESS = '127.0.0.1';
const FIRST_FREE_PORT = 49152;
const LAST_PORT = 65535;

export class LocalDatagrams implements Datagrams {
  private readonly handlers = new Map<number, DatagramHandler>();
  private nextPort = FIRST_FREE_PORT;

  constructor(private readonly scheduler: Scheduler) {}

  open(port: number, receive: DatagramHandler): DatagramSocket | undefined {
    const own = port === 0 ? this.freePort() : port;
    if (this.handlers.has(own)) return undefined;
    this.handlers.set(own, receive);
    return {
      port: own,
      send: (bytes, address, to) => this.carry(bytes.slice(), own, address, to),
      close: () => this.handlers.delete(own),
    };
  }

  /** Puts the hub on the network and returns its port. */
  serve(hub: RadioHub, port = 0): number {
    const socket = this.open(port, (bytes, address, from) => {
      const send = (datagram: Uint8Array): void => socket!.send(datagram, address, from);
      hub.receive(bytes, { key: `${address}:${from}`, send });
    });
    if (!socket) throw new Error(`port ${port} is in use`);
    return socket.port;
  }

  private carry(bytes: Uint8Array, from: number, address: string, to: number): void {
    if (address !== LOCAL_ADDRESS) return;
    this.scheduler.after(0, () => this.handlers.get(to)?.(bytes, LOCAL_ADDRESS, from));
  }

  /**
   * Counts up before it starts anew, as an operating system does: a board that restarts comes from another
   * port.
   */
  private freePort(): number {
    for (;;) {
      const port = this.nextPort;
      this.nextPort = port === LAST_PORT ? FIRST_FREE_PORT : port + 1;
      if (!this.handlers.has(port)) return port;
    }
  }
}
