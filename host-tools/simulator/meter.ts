// What a run measures while it goes: packets per node and per slice of time, airtime by purpose, work done and
// service received. Only adds; outcome.ts turns it into the figures of a report.
import { Data, Flag, FrameType, Link, Pay, Receipt, trailerBytes } from '#protocol';
import type { Packet } from './packets.ts';

/** Slices of a run in the time series. */
export const SLICES = 24;
/** Figures about the settled economy count from here on: two thirds of the run are for settling down. */
export const LATE_FROM = (SLICES * 2) / 3;
export const HOPS_MAX = 12;

export interface AirtimeMs {
  payload: number;
  routing: number;
  receipts: number;
  payments: number;
  control: number;
}

export class Meter {
  readonly airtimeUs = { payload: 0, routing: 0, receipts: 0, payments: 0, control: 0 };
  readonly frames = new Array<number>(32).fill(0);
  /** Per node and slice of the sending time: node * SLICES + slice. */
  readonly sent: Int32Array;
  readonly delivered: Int32Array;
  /** Airtime in ms that a relay spent on a source's delivered backed packets, by source * nodes + relay. */
  readonly carried = new Map<number, number>();
  readonly relayed: Int32Array;
  readonly backed: Int32Array;
  private readonly sliceMs: number;

  constructor(private readonly nodes: number, durationMs: number) {
    this.sent = new Int32Array(nodes * SLICES);
    this.delivered = new Int32Array(nodes * SLICES);
    this.relayed = new Int32Array(nodes);
    this.backed = new Int32Array(nodes);
    this.sliceMs = durationMs / SLICES;
  }

  slice(timeMs: number): number {
    return Math.min(SLICES - 1, Math.floor(timeMs / this.sliceMs));
  }

  packetSent(src: number, nowMs: number): void {
    this.sent[src * SLICES + this.slice(nowMs)]!++;
  }

  packetArrived(packet: Packet): void {
    this.delivered[packet.src * SLICES + this.slice(packet.sentMs)]!++;
    for (const relay of packet.relays) this.relayed[relay]!++;
    if (!packet.backed) return;
    this.backed[packet.src]!++;
    for (const relay of packet.relays) {
      const pair = packet.src * this.nodes + relay;
      this.carried.set(pair, (this.carried.get(pair) ?? 0) + packet.airtimeMs);
    }
  }

  /** Splits a frame's airtime by the bytes that serve each purpose. */
  frameSent(frame: Uint8Array, airtimeUs: number, isApplication: boolean): void {
    const type = frame[Link.TYPE]! & Flag.TYPE;
    this.frames[type]!++;
    const air = this.airtimeUs;
    if (type === FrameType.HELLO) air.routing += airtimeUs;
    else if (type === FrameType.RECEIPT) air.receipts += airtimeUs;
    else if (type === FrameType.PAY) air.payments += airtimeUs;
    else if (type === FrameType.DATA) this.dataSent(frame, airtimeUs, isApplication);
    else air.control += airtimeUs;
  }

  private dataSent(frame: Uint8Array, airtimeUs: number, isApplication: boolean): void {
    const air = this.airtimeUs;
    const trailers = trailerBytes(frame);
    const pay = frame[Link.TYPE]! & Flag.PAY ? Pay.SIZE : 0;
    const perByte = airtimeUs / Math.max(frame.length, Data.OVERHEAD + Receipt.SIZE);
    const payUs = Math.round(perByte * pay);
    const receiptUs = Math.round(perByte * (trailers - pay));
    air.payments += payUs;
    air.receipts += receiptUs;
    if (isApplication) air.payload += airtimeUs - payUs - receiptUs;
    else air.control += airtimeUs - payUs - receiptUs;
  }
}
