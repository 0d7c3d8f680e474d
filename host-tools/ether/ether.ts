// The simulated radio channel: one frequency, many half-duplex stations. It owns time on air, path loss,
// collisions, capture and loss; it must not know what a frame means. Called by the stations' radios
// (station-radio.ts), by the simulator, and by tests. Deterministic: same scheduler, seed and calls, same
// result. The cost of a transmission is the number of stations in range; transmissions and receptions are
// recycled.
import { timeOnAirUs, type RadioProfile } from '#protocol';
import { LinkOverrides, LinkTable } from './link-table.ts';
import {
  noiseFloorDbm, rangeM, sensitivityDbm, VILLAGE_PATH_LOSS, type PathLossModel,
} from './path-loss.ts';
import { Prng } from './prng.ts';
import { CAPTURE_DB, clash, Fate, Reception, SYMBOLS_TO_LOCK, Transmission } from './reception.ts';
import type { Scheduler } from './scheduler.ts';
import type { Position } from './topology.ts';

/**
 * The array belongs to the receiver. Strength in whole dBm, SNR in quarters of a dB, as the chips report
 * them.
 */
export type Receiver = (frame: Uint8Array, rssiDbm: number, snrDb: number) => void;

/**
 * Looks at a frame that everybody shares before a copy of it is made: false lets it pass by. It must change nothing.
 */
export type Concern = (frame: Uint8Array) => boolean;

export interface TransmissionReport {
  station: number;
  startMs: number;
  durationMs: number;
  frame: Uint8Array;
  /** Stations that got the frame whole. */
  receivedBy: number[];
}

export interface EtherOptions {
  scheduler: Scheduler;
  profile: RadioProfile;
  seed: number;
  /** Transmit power with antenna gain, in dBm. Default 14, the limit in most of the 868 MHz band. */
  powerDbm?: number;
  pathLoss?: PathLossModel;
  /** Probability that a frame is lost for no reason the model knows. Default 0. */
  loss?: number;
  onTransmission?: (report: TransmissionReport) => void;
}

class Station {
  position: Position | null = null;
  receive: Receiver | null = null;
  concern: Concern | null = null;
  transmission: Transmission | null = null;
  /** The frame that the demodulator follows. */
  following: Reception | null = null;
  /** Everything in the air at this antenna. */
  readonly incoming: Reception[] = [];
  sent = 0;
  airtimeUs = 0;
}

export class Ether {
  /** Per frame `sent`; per listener in range and switched on: `delivered`, `collided`, `deaf` or `lost`. */
  readonly counters = { sent: 0, delivered: 0, collided: 0, deaf: 0, lost: 0 };
  readonly profile: RadioProfile;
  onTransmission: ((report: TransmissionReport) => void) | undefined;
  private readonly stations: Station[] = [];
  private readonly overrides = new LinkOverrides();
  private readonly freeTransmissions: Transmission[] = [];
  private readonly freeReceptions: Reception[] = [];
  private readonly scheduler: Scheduler;
  private readonly prng: Prng;
  private readonly model: PathLossModel;
  private readonly powerDbm: number;
  private readonly loss: number;
  private readonly seed: number;
  private readonly noiseDbm: number;
  private readonly sensitivityDbm: number;
  private table: LinkTable | null = null;

  constructor(options: EtherOptions) {
    this.scheduler = options.scheduler;
    this.profile = options.profile;
    this.seed = options.seed;
    this.prng = new Prng(options.seed);
    this.model = options.pathLoss ?? VILLAGE_PATH_LOSS;
    this.powerDbm = options.powerDbm ?? 14;
    this.loss = options.loss ?? 0;
    this.onTransmission = options.onTransmission;
    this.noiseDbm = noiseFloorDbm(options.profile.bandwidthHz);
    this.sensitivityDbm = sensitivityDbm(options.profile.spreadingFactor, options.profile.bandwidthHz);
  }

  /**
   * Adds a station and returns its number. Without a position it hears and is heard over explicit links only.
   */
  attach(position: Position | null, receive: Receiver | null): number {
    const station = new Station();
    station.position = position;
    station.receive = receive;
    this.table = null;
    return this.stations.push(station) - 1;
  }

  /** Moves a station. Frames in the air keep the strength they started with. */
  move(station: number, position: Position): void {
    this.stations[station].position = position;
    this.table = null;
  }

  positionOf(station: number): Position | null {
    return this.stations[station].position;
  }

  /** null: the receiver is off. Frames in the air are lost to it. */
  setReceiver(station: number, receive: Receiver | null, concern: Concern | null = null): void {
    const target = this.stations[station];
    target.receive = receive;
    target.concern = concern;
    for (const reception of target.incoming) if (reception.fate === Fate.Alive) reception.fate = Fate.Deaf;
    target.following = null;
  }

  /** Explicit strength of one direction; null cuts it. */
  setLink(from: number, to: number, rssiDbm: number | null): void {
    this.overrides.set(from, to, { rssiDbm });
    this.table = null;
  }

  /** Extra loss of one direction, 0 to 1. */
  setLoss(from: number, to: number, loss: number): void {
    this.overrides.set(from, to, { loss });
    this.table = null;
  }

  /** Metres at which frames just arrive, shadowing aside. */
  get rangeM(): number {
    return rangeM(this.model, this.powerDbm, this.sensitivityDbm);
  }

  get stationCount(): number {
    return this.stations.length;
  }

  /** Stations that hear `station` well enough to demodulate. */
  listenersOf(station: number): { station: number; rssiDbm: number; snrDb: number }[] {
    const table = this.links();
    const listeners = [];
    for (let i = table.start[station]; i < table.start[station + 1]; i++) {
      const rssiDbm = table.rssiDbm[i];
      if (rssiDbm < this.sensitivityDbm) continue;
      listeners.push({ station: table.to[i], rssiDbm: Math.round(rssiDbm), snrDb: this.snrDb(rssiDbm) });
    }
    return listeners;
  }

  airtimeUs(station: number): number {
    return this.stations[station].airtimeUs;
  }

  sentBy(station: number): number {
    return this.stations[station].sent;
  }

  /**
   * Channel activity at this antenna: a frame strong enough to demodulate, or the station's own transmission.
   */
  busy(station: number): boolean {
    const now = this.scheduler.nowMs();
    if (this.transmitting(station)) return true;
    for (const reception of this.stations[station].incoming) {
      if (reception.fate !== Fate.Faint && reception.transmission.endMs > now) return true;
    }
    return false;
  }

  transmitting(station: number): boolean {
    return this.stations[station].transmission !== null;
  }

  /**
   * Sends 1..255 bytes now, whatever is in the air. `done` is called at the end. Returns the time on air in
   * us. Throws when the frame's length is wrong or the station is transmitting already: the caller has to
   * ask.
   */
  transmit(station: number, frame: Uint8Array, done: (() => void) | null = null): number {
    const sender = this.stations[station];
    if (frame.length < 1 || frame.length > 255) throw new Error(`a frame of ${frame.length} bytes`);
    if (sender.transmission) throw new Error(`station ${station} is transmitting already`);
    const transmission = this.freeTransmissions.pop() ?? new Transmission();
    this.time(transmission, frame.length);
    transmission.station = station;
    transmission.frame = frame.slice();
    transmission.done = done;
    transmission.aborted = false;
    sender.transmission = transmission;
    sender.sent++;
    sender.airtimeUs += transmission.airtimeUs;
    this.counters.sent++;
    for (const reception of sender.incoming) if (reception.fate === Fate.Alive) reception.fate = Fate.Deaf;
    sender.following = null;
    const table = this.links();
    for (let i = table.start[station]; i < table.start[station + 1]; i++) this.arrive(transmission, table, i);
    this.scheduler.after(transmission.endMs - transmission.startMs, () => this.end(transmission));
    return transmission.airtimeUs;
  }

  /** Cuts the station's transmission off (power failure): nobody gets it, `done` is not called. */
  abort(station: number): void {
    const sender = this.stations[station];
    const transmission = sender.transmission;
    if (!transmission) return;
    transmission.aborted = true;
    transmission.done = null;
    const now = this.scheduler.nowMs();
    sender.airtimeUs -= Math.min(transmission.airtimeUs, (transmission.endMs - now) * 1000);
    transmission.endMs = now;
    sender.transmission = null;
  }

  private links(): LinkTable {
    this.table ??= new LinkTable(
      this.stations.map((station) => station.position),
      {
        model: this.model,
        seed: this.seed,
        powerDbm: this.powerDbm,
        faintestDbm: this.sensitivityDbm - CAPTURE_DB,
      },
      this.overrides,
    );
    return this.table;
  }

  private snrDb(rssiDbm: number): number {
    return Math.round((rssiDbm - this.noiseDbm) * 4) / 4;
  }

  private time(transmission: Transmission, bytes: number): void {
    const { spreadingFactor, bandwidthHz, preambleSymbols } = this.profile;
    const symbolMs = (1000 * (1 << spreadingFactor)) / bandwidthHz;
    const now = this.scheduler.nowMs();
    transmission.airtimeUs = timeOnAirUs(this.profile, bytes);
    transmission.startMs = now;
    transmission.endMs = now + Math.ceil(transmission.airtimeUs / 1000);
    transmission.criticalMs = now + Math.max(0, preambleSymbols - SYMBOLS_TO_LOCK) * symbolMs;
    transmission.lockedMs = now + preambleSymbols * symbolMs;
  }

  private arrive(transmission: Transmission, table: LinkTable, link: number): void {
    const station = this.stations[table.to[link]];
    if (!station.receive) return;
    const reception = this.freeReceptions.pop() ?? new Reception();
    reception.transmission = transmission;
    reception.listener = table.to[link];
    reception.rssiDbm = table.rssiDbm[link];
    reception.loss = table.loss[link];
    reception.fate = reception.rssiDbm < this.sensitivityDbm ? Fate.Faint : Fate.Alive;
    if (station.transmission && reception.fate === Fate.Alive) reception.fate = Fate.Deaf;
    for (const other of station.incoming) clash(reception, other);
    if (reception.fate === Fate.Alive) this.follow(station, reception);
    station.incoming.push(reception);
    transmission.receptions.push(reception);
  }

  /** A demodulator that has locked on one frame does not see another, even a stronger one. */
  private follow(station: Station, reception: Reception): void {
    const current = station.following;
    const now = reception.transmission.startMs;
    if (current && current.transmission.endMs > now) {
      const locked = current.transmission.lockedMs <= now;
      if (locked || reception.rssiDbm < current.rssiDbm + CAPTURE_DB) {
        reception.fate = Fate.Deaf;
        return;
      }
    }
    station.following = reception;
  }

  private end(transmission: Transmission): void {
    const { receptions, station } = transmission;
    const sender = this.stations[station];
    if (sender.transmission === transmission) sender.transmission = null;
    for (const reception of receptions) this.leave(reception);
    const receivedBy: number[] | null = this.onTransmission ? [] : null;
    for (const reception of receptions) {
      if (this.settle(reception) && receivedBy) receivedBy.push(reception.listener);
    }
    if (receivedBy && this.onTransmission) {
      const { startMs, frame } = transmission;
      this.onTransmission({ station, startMs, durationMs: transmission.endMs - startMs, frame, receivedBy });
    }
    const done = transmission.done;
    for (const reception of receptions) this.freeReceptions.push(reception);
    receptions.length = 0;
    transmission.done = null;
    this.freeTransmissions.push(transmission);
    done?.();
  }

  private leave(reception: Reception): void {
    const station = this.stations[reception.listener];
    if (station.following === reception) station.following = null;
    const at = station.incoming.indexOf(reception);
    station.incoming[at] = station.incoming[station.incoming.length - 1];
    station.incoming.pop();
  }

  /** A frame that came to a station by another way than this channel; nobody else hears it. */
  inject(station: number, frame: Uint8Array, rssiDbm: number, snrDb: number): void {
    this.stations[station].receive?.(frame, rssiDbm, snrDb);
  }

  /** Counts and delivers. True when the listener got the frame. */
  private settle(reception: Reception): boolean {
    const { fate, transmission } = reception;
    const { receive, concern } = this.stations[reception.listener];
    if (fate === Fate.Faint) return false;
    if (fate === Fate.Collided) this.counters.collided++;
    else if (fate === Fate.Deaf || !receive) this.counters.deaf++;
    else if (transmission.aborted || this.unlucky(reception)) this.counters.lost++;
    else {
      this.counters.delivered++;
      if (concern !== null && !concern(transmission.frame)) return true;
      const rssiDbm = Math.round(reception.rssiDbm);
      receive(transmission.frame.slice(), rssiDbm, this.snrDb(reception.rssiDbm));
      return true;
    }
    return false;
  }

  private unlucky({ loss }: Reception): boolean {
    // No draw where nothing can be lost, so that a lossless run does not depend on the seed.
    const lost = 1 - (1 - this.loss) * (1 - loss);
    return lost > 0 && this.prng.unit() < lost;
  }
}
