// A radio as the board's UDP driver sees it: datagrams in, datagrams out, a station of the ether behind it.
// Owns the little protocol below and the listen-before-talk; knows nothing of sockets. Used by the hub
// (virtual/radio-hub.ts).
//
//   board -> hub   01 index(u16, big-endian)   register; the hub resolves it before a StationRadio is
// involved                  02 frame                    channel activity detection, then transmission   hub
// -> board   11 -rssi snr*4 frame        a frame received (RSSI as -dBm, 0..255; SNR signed)
// 12 result                   the transmission ended: 1 sent, 0 channel busy
import type { Ether } from './ether.ts';
import type { Scheduler } from './scheduler.ts';

export const enum RadioOp {
  Register = 0x01,
  Transmit = 0x02,
  Received = 0x11,
  Ended = 0x12,
}

export const FRAME_BYTES_MAX = 255;

/** Detection takes about two symbols (SX1276 datasheet rev. 7, section 4.1.6). */
const CAD_SYMBOLS = 2;

export class StationRadio {
  private detecting = 0;

  constructor(
    private readonly ether: Ether,
    private readonly scheduler: Scheduler,
    private readonly station: number,
    private readonly send: (datagram: Uint8Array) => void,
  ) {
    ether.setReceiver(station, (frame, rssiDbm, snrDb) => this.received(frame, rssiDbm, snrDb));
  }

  /** False when the datagram is none of ours: counted by the hub. */
  receive(datagram: Uint8Array): boolean {
    if (datagram[0] !== RadioOp.Transmit) return false;
    if (datagram.length < 2 || datagram.length > 1 + FRAME_BYTES_MAX) return false;
    if (this.detecting !== 0 || this.ether.transmitting(this.station)) {
      // The driver has one frame under way at a time; a second one is answered so that nobody waits for ever.
      this.ended(false);
      return true;
    }
    const { spreadingFactor, bandwidthHz } = this.ether.profile;
    const cadMs = (CAD_SYMBOLS * 1000 * (1 << spreadingFactor)) / bandwidthHz;
    const busyBefore = this.ether.busy(this.station);
    const frame = datagram.slice(1);
    this.detecting = this.scheduler.after(cadMs, () => {
      this.detecting = 0;
      if (busyBefore || this.ether.busy(this.station)) this.ended(false);
      else this.ether.transmit(this.station, frame, () => this.ended(true));
    });
    return true;
  }

  /** The board lost its power or started anew: what it was sending is cut off, what arrives is not heard. */
  close(): void {
    this.scheduler.cancel(this.detecting);
    this.detecting = 0;
    this.ether.abort(this.station);
    this.ether.setReceiver(this.station, null);
  }

  private received(frame: Uint8Array, rssiDbm: number, snrDb: number): void {
    const datagram = new Uint8Array(3 + frame.length);
    datagram[0] = RadioOp.Received;
    datagram[1] = Math.max(0, Math.min(255, -rssiDbm));
    datagram[2] = Math.max(-128, Math.min(127, Math.round(snrDb * 4)));
    datagram.set(frame, 3);
    this.send(datagram);
  }

  private ended(sent: boolean): void {
    this.send(Uint8Array.of(RadioOp.Ended, sent ? 1 : 0));
  }
}
