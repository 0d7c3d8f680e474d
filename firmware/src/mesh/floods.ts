// Frames for everybody (SPEC 8.10): public broadcasts, headers of the ledger, and questions for a way, each
// passed on once after a random while, from what may be given away. And the answers to those questions, hop by
// hop. An optional part: nothing else may need it to be there.
import {
  Broadcast, Class, ErrorCode, Flag, FrameType, Header, Link, Payload, RouteReply, RouteRequest, Wire, copyBytes,
  equalBytes, getU32, micOf, namedSender, putU16, putU32,
} from '#protocol';
import { ActionKind, Note } from './actions.ts';
import type { AirBudget } from './budgets.ts';
import { Index, Size } from './config.ts';
import type { Core } from './core.ts';
import type { Greeter } from './hello.ts';
import { Intent } from './outbox.ts';
import type { Outbox } from './outbox.ts';
import type { Relay } from './relay.ts';
import { TTL_START } from './relay.ts';

/** Layout of a record of floods heard (SPEC 8.1); origin and number stand in it as on the air. */
export const enum Fl {
  ORIGIN = 0,
  DST = 6,
  TTL = 10,
  HEARD = 11,
  SIZE = 12,
}

/** Whom to address for everybody. */
export const EVERYBODY = 0xffffffff;
/** Neighbours heard passing it on: then one more changes little. */
const ENOUGH = 3;
const SEEK_S = 10;

/** A packet that waits for a way. */
interface Waiting {
  dst: number;
  urgency: number;
  plaintext: Uint8Array;
}

export class Floods {
  core: Core;
  outbox: Outbox;
  relay: Relay;
  greeter: Greeter;
  table: Uint8Array;
  /** The frame of each record while it waits for the air. */
  held: (Uint8Array | undefined)[];
  cursor: number;
  waiting: Waiting | undefined;
  soughtS: number;
  /** Sends a packet that has found its way. */
  send: (dst: number, urgency: number, plaintext: Uint8Array) => void;

  constructor(
    core: Core,
    outbox: Outbox,
    relay: Relay,
    greeter: Greeter,
    send: (dst: number, urgency: number, plaintext: Uint8Array) => void,
  ) {
    this.core = core;
    this.outbox = outbox;
    this.relay = relay;
    this.greeter = greeter;
    this.table = new Uint8Array(Size.FLOODS * Fl.SIZE);
    this.held = [];
    this.cursor = 0;
    this.waiting = undefined;
    this.soughtS = -SEEK_S;
    this.send = send;
  }

  /** A flood whose MIC holds: remembered, and to be sent after a while. */
  hold(frame: Uint8Array, spreadMs: number): void {
    const t = this.table;
    const rec = this.cursor;
    const at = rec * Fl.SIZE;
    this.cursor = (rec + 1) % Size.FLOODS;
    t.fill(0, at, at + Fl.SIZE);
    copyBytes(t, at, frame, RouteRequest.ROUTE, Fl.DST);
    if (frame[Link.TYPE] === FrameType.ROUTE_REQUEST) copyBytes(t, at + Fl.DST, frame, RouteRequest.DST, 4);
    t[at + Fl.TTL] = frame[Header.TTL] & Class.TTL;
    this.held[rec] = frame;
    this.outbox.push(Intent.FLOOD, Index.NONE, rec, this.core.jitter.below(spreadMs + 1), undefined);
  }

  /** BROADCAST or ROUTE_REQUEST whose MIC holds. */
  receive(frame: Uint8Array): void {
    const core = this.core;
    const t = this.table;
    const ttl = frame[Header.TTL] & Class.TTL;
    const cast = frame[Link.TYPE] === FrameType.BROADCAST;
    for (let rec = 0; rec < Size.FLOODS; rec++) {
      const at = rec * Fl.SIZE;
      if (!equalBytes(t, at, frame, RouteRequest.ROUTE, Fl.DST)) continue;
      if (cast ? getU32(t, at + Fl.DST) !== 0 : !equalBytes(t, at + Fl.DST, frame, RouteRequest.DST, 4)) continue;
      // Others pass it on as this node would: when enough did, everybody near has it.
      if (ttl < t[at + Fl.TTL] && ++t[at + Fl.HEARD] >= ENOUGH) this.held[rec] = undefined;
      return;
    }
    if (cast) {
      const kind = frame[Broadcast.BODY];
      if (kind !== Payload.READING && kind !== Payload.TEXT) return core.refuse(ErrorCode.UNKNOWN_PAYLOAD, 0);
      const body = new Uint8Array(frame.subarray(Broadcast.BODY, frame.length - Wire.MIC));
      core.act(ActionKind.BROADCAST, body, namedSender(frame), frame[Broadcast.CLASS], TTL_START + 1 - ttl);
    }
    this.hold(frame, 6 * core.airtimeMs(frame.length));
    if (ttl === 0 || (!cast && this.answered(frame))) {
      this.held[(this.cursor + Size.FLOODS - 1) % Size.FLOODS] = undefined;
    }
  }

  /** The way back is learned from whoever brought the question; true when this node, not the next, answers it. */
  private answered(frame: Uint8Array): boolean {
    const core = this.core;
    const index = core.neighbours.findAlias(frame[Link.SENDER], -1);
    if (index !== Index.NONE) this.greeter.takeRoute(index, frame, RouteRequest.ROUTE);
    const back = core.routes.next(namedSender(frame));
    if (back === Index.NONE) return true;
    const dst = getU32(frame, RouteRequest.DST);
    if (dst !== core.config.address) {
      const down = core.routes.next(dst);
      if (down === Index.NONE || down === index || down === back) return false;
    }
    const data = new Uint8Array(8);
    copyBytes(data, 0, frame, RouteRequest.DST, 4);
    copyBytes(data, 4, frame, RouteRequest.ROUTE, 4);
    this.outbox.push(Intent.ROUTE_REPLY, back, dst & 255, 10 + core.jitter.below(100), data);
    return true;
  }

  /** Taken from one half of what is given away; the other is left to packets. */
  private affords(bucket: AirBudget, bytes: number): boolean {
    return bucket.take(this.core.airtimeMs(bytes), this.core.nowMs, bucket.capacityUs >> 1);
  }

  compose(rec: number): Uint8Array | undefined {
    const frame = this.held[rec];
    this.held[rec] = undefined;
    if (frame === undefined) return undefined;
    const core = this.core;
    const type = frame[Link.TYPE];
    const origin = namedSender(frame);
    const own = origin === core.config.address;
    // A header is limited by its gateway's keys: two a slot.
    if (!own && type !== FrameType.HEADER) {
      const urgent = type === FrameType.BROADCAST && frame[Broadcast.CLASS] & Class.EMERGENCY;
      const { service, emergency, free } = this.relay;
      const bucket = type !== FrameType.BROADCAST ? service : urgent ? emergency : free;
      if (!this.affords(bucket, frame.length)) return undefined;
    }
    frame[Link.SENDER] = core.alias;
    if (!own) frame[Header.TTL]--;
    if (type === FrameType.ROUTE_REQUEST) {
      const row = core.routes.find(origin);
      if (!own && row === Index.NONE) return undefined;
      this.greeter.writeRoute(frame, RouteRequest.ROUTE, row);
    }
    const mic = micOf(core.crypto, core.config.networkKey, origin, 0, frame, Wire.MIC);
    copyBytes(frame, frame.length - Wire.MIC, mic, 0, Wire.MIC);
    return frame;
  }

  /** A public message of this node. */
  broadcast(urgency: number, plaintext: Uint8Array): boolean {
    const length = plaintext.length;
    if (length === 0 || length > Broadcast.BODY_MAX) {
      this.core.note(Note.UNSENDABLE, EVERYBODY, 4);
      return false;
    }
    const frame = new Uint8Array(Broadcast.BODY + length + Wire.MIC);
    frame[Link.TYPE] = FrameType.BROADCAST;
    frame[Broadcast.CLASS] = urgency | TTL_START;
    putU32(frame, Broadcast.SRC, this.core.config.address);
    putU16(frame, Broadcast.SEQ, this.core.nextCounter());
    frame.set(plaintext, Broadcast.BODY);
    this.hold(frame, 50);
    return true;
  }

  /** A header of this gateway, as its host gives it: from the gateway's address to the MAC. */
  announce(body: Uint8Array): void {
    if (body.length !== Header.SIZE - Header.GATEWAY - Wire.MIC) return;
    const frame = new Uint8Array(Header.SIZE);
    frame[Link.TYPE] = FrameType.HEADER;
    frame[Header.TTL] = TTL_START;
    frame.set(body, Header.GATEWAY);
    this.hold(frame, 50);
  }

  /** A header that proved to be its gateway's goes on. */
  pass(frame: Uint8Array): void {
    if (frame[Header.TTL] & Class.TTL) this.hold(frame, 6 * this.core.airtimeMs(Header.SIZE));
  }

  /** Keeps a packet for a destination without a way, and asks for one. False: something waits already. */
  seek(dst: number, urgency: number, plaintext: Uint8Array): boolean {
    const core = this.core;
    if (this.waiting !== undefined || core.nowS - this.soughtS < SEEK_S) return false;
    if (core.neighbours.count() === 0) return false;
    this.soughtS = core.nowS;
    this.waiting = { dst: dst, urgency: urgency, plaintext: plaintext };
    const frame = new Uint8Array(RouteRequest.SIZE);
    frame[Link.TYPE] = FrameType.ROUTE_REQUEST;
    frame[RouteRequest.TTL] = TTL_START;
    this.greeter.writeRoute(frame, RouteRequest.ROUTE, Index.NONE);
    putU32(frame, RouteRequest.DST, dst);
    this.hold(frame, 50);
    return true;
  }

  /** Once a second: the packet that waits has a way now, or has waited long enough. */
  tick(): void {
    const packet = this.waiting;
    if (packet === undefined) return;
    const found = this.core.routes.next(packet.dst) !== Index.NONE;
    if (!found && this.core.nowS - this.soughtS < SEEK_S) return;
    this.waiting = undefined;
    if (found) this.send(packet.dst, packet.urgency, packet.plaintext);
    else this.core.note(Note.UNSENDABLE, packet.dst, 1);
  }

  composeReply(nb: number, data: Uint8Array): Uint8Array | undefined {
    const dst = getU32(data, 0);
    const row = this.core.routes.find(dst);
    const lost = dst !== this.core.config.address && this.core.routes.next(dst) === Index.NONE;
    if (lost || !this.affords(this.relay.service, RouteReply.SIZE)) return undefined;
    const frame = new Uint8Array(RouteReply.SIZE);
    this.greeter.writeRoute(frame, RouteReply.ROUTE, row);
    copyBytes(frame, RouteReply.ORIGIN, data, 4, 4);
    this.core.seal(frame, FrameType.ROUTE_REPLY | Flag.PAIRWISE, nb);
    return frame;
  }

  receiveReply(nb: number, frame: Uint8Array): void {
    const { config, routes } = this.core;
    this.greeter.takeRoute(nb, frame, RouteReply.ROUTE);
    const origin = getU32(frame, RouteReply.ORIGIN);
    const back = routes.next(origin);
    if (origin === config.address) return this.tick();
    if (back === Index.NONE || back === nb) return;
    const data = new Uint8Array(8);
    copyBytes(data, 0, frame, RouteReply.ROUTE, 4);
    copyBytes(data, 4, frame, RouteReply.ORIGIN, 4);
    this.outbox.push(Intent.ROUTE_REPLY, back, data[3], 10, data);
  }
}
