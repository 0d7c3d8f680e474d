// The host behind station 0 of a world: the parts that `fairhop up` runs (Home, EndStation, Downlink), on
// virtual time.
// Knows the ledger and the gateway's board. Used by world.ts only.
import { EventKind, Note, type Action } from '#mesh';
import { Payload, toHex } from '#protocol';
import { Downlink } from '../../host-tools/gateway/downlink.ts';
import { EndStation } from '../../host-tools/gateway/end-station.ts';
import { Home } from '../../host-tools/gateway/home.ts';
import type { Identity } from '../../host-tools/provision/identity.ts';
import type { Station, World } from './world.ts';

/** The gateway's host: the parts that `fairhop up` runs, on virtual time. */
export class GatewayHost {
  private readonly home: Home;
  private readonly end: EndStation;
  private readonly downlink: Downlink;
  private seq = 1;
  pool: Uint8Array[] = [];
  readonly refusals: string[] = [];
  /** Set by a test: STATE messages that get lost on the way to the board. */
  loses: ((dst: number) => boolean) | undefined;

  private readonly address: number;

  constructor(
    readonly world: World,
    members: Identity[],
    ledgerId: Uint8Array,
  ) {
    this.address = members[0]!.address;
    const books = new Map(members.map(({ bookRoot, book }) => [toHex(bookRoot, 0, 32), book]));
    this.home = new Home(world.ledger, (root) => books.get(toHex(root, 0, 32)));
    const linkKeyOf = (address: number): Uint8Array | undefined => world.ledger.account(address)?.linkKey;
    this.end = new EndStation(this.address, members[0]!.linkSecret, ledgerId, linkKeyOf, () => this.seq++);
    this.downlink = new Downlink((dst, plaintext) => this.end.prepare(dst, plaintext));
    this.poll();
  }

  private poll(): void {
    const { scheduler, stations } = this.world;
    for (const { dst, seq16, bytes } of this.downlink.due(scheduler.nowMs())) {
      scheduler.after(1, () => stations[0]!.step(EventKind.HOST_SEND, bytes, dst, seq16));
    }
    scheduler.after(250, () => this.poll());
  }

  send(messages: { dst: number; plaintext: Uint8Array }[]): void {
    const { scheduler, stations } = this.world;
    for (const { dst, plaintext } of messages) {
      if (this.loses?.(dst)) continue;
      if (dst !== this.address) this.downlink.push(dst, plaintext, scheduler.nowMs());
      else scheduler.after(1, () => stations[0]!.step(EventKind.HOST_STATE, plaintext, 0, 0));
    }
  }

  text(to: Station, text: string): void {
    this.send([{ dst: to.address, plaintext: Uint8Array.of(Payload.TEXT, ...Buffer.from(text)) }]);
  }

  noted(note: Note, who: number, value: number): void {
    const now = this.world.scheduler.nowMs();
    if (note === Note.RECEIPT) this.downlink.delivered(who, value);
    else if (note === Note.LOST) this.downlink.lost(who, value, now);
    else if (note === Note.UNSENDABLE) this.downlink.unsent(who, now);
  }

  arrived(action: Action): void {
    const { world } = this;
    const lock = action.bytes.slice(0, 6);
    const packet = { src: action.address, seq16: action.b, packetClass: action.a >> 8, lock };
    const opened = this.end.open({ ...packet, ciphertext: action.bytes.slice(6) });
    if (!opened.ok) return void this.refusals.push(opened.reason);
    const proof = Uint8Array.of(...lock, ...opened.preimage);
    world.scheduler.after(1, () => world.stations[0]!.step(EventKind.HOST_RECEIPT, proof, 0, 0));
    if (opened.repeated) return;
    world.delivered.push({ src: action.address, text: textOf(opened.plaintext), hops: action.a & 255 });
    this.receive(action.address, opened.plaintext);
  }

  receive(src: number, plaintext: Uint8Array): void {
    const output = this.home.receive(src, plaintext);
    if (output.refused !== undefined) this.refusals.push(output.refused);
    if (output.transaction !== undefined) this.pool.push(output.transaction);
    this.send(output.messages);
  }

  afterBlock(transactions: Uint8Array[]): void {
    this.send(this.home.afterBlock(transactions));
  }
}

export function textOf(plaintext: Uint8Array): string {
  return plaintext[0] === Payload.TEXT ? Buffer.from(plaintext.subarray(1)).toString('latin1') : '';
}
