// Joins boards to the ether: which peer is which station, and what becomes of datagrams that are none of
// ours. Knows nothing of sockets: udp-hub.ts carries it for real processes, local-datagrams.ts for boards
// inside this process.
import type { Ether } from '../ether/ether.ts';
import type { Scheduler } from '../ether/scheduler.ts';
import { RadioOp, StationRadio } from '../ether/station-radio.ts';

export interface RadioPeer {
  /** Address and port: tells a board that came back on a new socket from one that merely registers again. */
  key: string;
  send(datagram: Uint8Array): void;
}

interface Registration {
  key: string;
  radio: StationRadio;
}

export class RadioHub {
  readonly counters = { registered: 0, malformed: 0, unknown: 0 };
  private readonly byIndex = new Map<number, Registration>();
  private readonly byKey = new Map<string, StationRadio>();

  constructor(
    private readonly ether: Ether,
    private readonly scheduler: Scheduler,
  ) {}

  receive(datagram: Uint8Array, peer: RadioPeer): void {
    if (datagram[0] === RadioOp.Register && datagram.length === 3) {
      this.register((datagram[1] << 8) | datagram[2], peer);
      return;
    }
    const radio = this.byKey.get(peer.key);
    if (!radio) this.counters.unknown++;
    else if (!radio.receive(datagram)) this.counters.malformed++;
  }

  /** The board with this index is gone (power off, process dead). A new registration brings it back. */
  unplug(index: number): void {
    const known = this.byIndex.get(index);
    if (!known) return;
    known.radio.close();
    this.byIndex.delete(index);
    this.byKey.delete(known.key);
  }

  private register(index: number, peer: RadioPeer): void {
    if (this.byIndex.get(index)?.key === peer.key) return;
    if (index >= this.ether.stationCount) {
      this.counters.unknown++;
      return;
    }
    this.unplug(index);
    const radio = new StationRadio(this.ether, this.scheduler, index, (datagram) => peer.send(datagram));
    this.byIndex.set(index, { key: peer.key, radio });
    this.byKey.set(peer.key, radio);
    this.counters.registered++;
  }
}
