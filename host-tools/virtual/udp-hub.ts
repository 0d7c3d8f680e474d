// The radio hub on a UDP socket of this computer, for boards that are processes of their own. Loopback only.
import dgram from 'node:dgram';
import type { AddressInfo } from 'node:net';
import type { RadioHub, RadioPeer } from './radio-hub.ts';

export const HUB_ADDRESS = '127.0.0.1';

export class UdpHub {
  /**
   * Peers are kept so that a datagram costs no new closure; a board that restarts gets a new port and a new
   * entry.
   */
  private readonly peers = new Map<string, RadioPeer>();

  private constructor(
    private readonly socket: dgram.Socket,
    private readonly hub: RadioHub,
  ) {
    socket.on('message', (bytes, from) => this.hub.receive(bytes, this.peer(from.address, from.port)));
    // A peer that has died answers with "connection refused"; the hub learns of the death elsewhere.
    socket.on('error', () => {});
  }

  /** Rejects when the port is taken. Port 0 takes a free one. */
  static async open(hub: RadioHub, port = 0): Promise<UdpHub> {
    const socket = dgram.createSocket({ type: 'udp4', recvBufferSize: 1 << 20 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, HUB_ADDRESS, () => {
        socket.removeListener('error', reject);
        resolve();
      });
    });
    return new UdpHub(socket, hub);
  }

  get port(): number {
    return (this.socket.address() as AddressInfo).port;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  private peer(address: string, port: number): RadioPeer {
    const key = `${address}:${port}`;
    let peer = this.peers.get(key);
    if (!peer) {
      // A stopped socket throws on send; a frame that comes too late is lost like any other.
      peer = { key, send: (datagram) => this.socket.send(datagram, port, address, () => {}) };
      this.peers.set(key, peer);
    }
    return peer;
  }
}
