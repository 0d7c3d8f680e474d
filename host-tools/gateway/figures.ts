// What the gateway counts and remembers besides the chain: totals, when each node was heard, how far its packet numbers
// are. Stored with every block; packets that came in after the last block are counted again from the store, so a killed
// gateway goes on with figures that fit its packets.
import { pack, unpack } from 'msgpackr';
import type { PeerPosition } from './end-station.ts';
import type { ChainStore } from './store/index.ts';
import type { PacketView } from './view.ts';

/** Counted since the chain began. */
export interface Tally {
  delivered: number;
  receipts: number;
  payments: number;
  faults: number;
}

export interface Heard {
  /** Packets delivered. */
  delivered: number;
  /** Of the last one. */
  hops: number;
  atMs: number;
}

interface Kept {
  tally: Tally;
  heard: [address: number, Heard][];
  peers: PeerPosition[];
  /** The newest packet that is counted in here. */
  packetId: number;
  /** Missing in what an older version has kept. */
  told?: [address: number, params: number][];
}

const NOTE = 'figures';

export class Figures {
  readonly tally: Tally = { delivered: 0, receipts: 0, payments: 0, faults: 0 };
  readonly heard = new Map<number, Heard>();
  /** The version of the parameters that each node has confirmed. */
  readonly told = new Map<number, number>();
  /** As they were kept; the end station is told once. */
  readonly peers: PeerPosition[] = [];
  packetId: number;

  constructor(store: ChainStore) {
    this.packetId = store.lastPacketId();
    const note = store.note(NOTE);
    if (note === undefined) return;
    const kept = unpack(Buffer.from(note)) as Kept;
    Object.assign(this.tally, kept.tally);
    for (const [address, heard] of kept.heard) this.heard.set(address, heard);
    for (const [address, version] of kept.told ?? []) this.told.set(address, version);
    for (const peer of kept.peers) this.peers.push({ ...peer, linkKey: new Uint8Array(peer.linkKey) });
    const late = store.packets(kept.packetId, Math.max(1, this.packetId - kept.packetId));
    for (const [, bytes] of late) this.count(unpack(Buffer.from(bytes)) as PacketView);
  }

  /** A packet that is in the store now; its receipt goes out with it. */
  count(packet: PacketView): void {
    const address = Number.parseInt(packet.src, 16);
    const delivered = (this.heard.get(address)?.delivered ?? 0) + 1;
    this.heard.set(address, { delivered, hops: packet.hops, atMs: Date.parse(packet.at) });
    this.tally.delivered++;
    this.tally.receipts++;
    this.packetId = Math.max(this.packetId, packet.id);
  }

  note(peers: PeerPosition[]): [name: string, value: Uint8Array] {
    const { tally, packetId } = this;
    const kept: Kept = { tally, heard: [...this.heard], peers, packetId, told: [...this.told] };
    return [NOTE, new Uint8Array(pack(kept))];
  }
}
