// Puts a radio model on a station of the simulated ether: what the chip transmits goes out there, what
// arrives there goes into the chip. Owns the check that both mean the same modulation. Called by the
// virtual boards.
import { timeOnAirUs } from '#protocol';
import type { Ether } from '../ether/ether.ts';
import type { AirPort, AirSettings, RadioModel } from './radio-model.ts';

export class EtherAir implements AirPort {
  /** Frames that nobody on this ether can demodulate: the chip uses another spreading factor or bandwidth. */
  mismatched = 0;
  private readonly ether: Ether;
  private readonly station: number;

  constructor(ether: Ether, station: number) {
    this.ether = ether;
    this.station = station;
  }

  /**
   * From here on the model hears; a new model at the station (after a power cut) takes the place of the
   * old.
   */
  connect(model: RadioModel): void {
    this.ether.setReceiver(this.station, (frame, rssiDbm, snrDb) => {
      const airtimeUs = timeOnAirUs(this.ether.profile, frame.length);
      model.receive(frame, rssiDbm, snrDb, { crcOk: true, airtimeUs });
    });
  }

  transmit(frame: Uint8Array, _airtimeUs: number, settings: AirSettings): void {
    const { spreadingFactor, bandwidthHz } = this.ether.profile;
    const same = settings.spreadingFactor === spreadingFactor && settings.bandwidthHz === bandwidthHz;
    if (same) this.ether.transmit(this.station, frame);
    else this.mismatched++;
  }

  abort(): void {
    this.ether.abort(this.station);
  }

  busy(): boolean {
    return this.ether.busy(this.station);
  }
}
