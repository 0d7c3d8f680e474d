// A small mesh in virtual time: real nodes, the simulated channel between them, the real ledger behind
// station 0, and the gateway's own parts (Home, EndStation, Downlink) around it. Watches every frame for what
// may never repeat. Links are explicit, so who hears whom is the test's choice. Used by the tests of this
// folder only.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  Acc, ActionKind, EventKind, MeshNode, Note, OutFlag, Pn, PnState, type Action, type NodeConfig, type NodeEvent,
} from '#mesh';
import { Payload } from '#protocol';
import { nodeCrypto, signEd25519, verifyEd25519 } from '../../host-tools/crypto/index.ts';
import { Ether } from '../../host-tools/ether/ether.ts';
import { VirtualScheduler } from '../../host-tools/ether/scheduler.ts';
import { StationRadio } from '../../host-tools/ether/station-radio.ts';
import { Ledger, TxCode, deskProfile, radioOf, villageProfile } from '../../host-tools/ledger/index.ts';
import {
  found,
  joinOf,
  newMember,
  settingsOf,
  type Founding,
} from '../../host-tools/provision/found-desk.ts';
import { boardFiles, keyTable, type Identity } from '../../host-tools/provision/identity.ts';
import { fastCrypto } from '../../host-tools/simulator/fast-crypto.ts';
import { FaultyStore, PowerCut } from './faulty-store.ts';
import { GatewayHost, textOf } from './gateway-host.ts';
import { Monitor } from './monitor.ts';

export const GATEWAY = 0x01000001;
const CREATED_S = 1_700_000_000;
const STRONG_DBM = -80;
const EMPTY_EVERY_S = 30;
const NOTHING = new Uint8Array(0);
const PACE = {
  readingS: 0,
  helloMinMs: 1500,
  helloMaxMs: 15000,
  receiptDelayMs: 1000,
  retryS: 6,
  freePerMille: 50,
  servicePerMille: 50,
  dutyPerMille: 1000,
};

let drawn = 0;
function random(count: number): Uint8Array {
  return new Uint8Array(createHash('sha512').update(`mesh ${drawn++}`).digest().subarray(0, count));
}

/** Books take a tenth of a second: made once a process, as are the ledgers they belong to. */
const foundings = new Map<string, { founding: Founding; members: Identity[] }>();

function membersOf(profile: 'desk' | 'village', count: number): { founding: Founding; members: Identity[] } {
  let known = foundings.get(profile);
  if (known === undefined) {
    const input = { random, createdS: CREATED_S, gatewayAddress: GATEWAY };
    const founding = found({ ...input, profile: profile === 'desk' ? deskProfile : villageProfile });
    known = { founding, members: [] };
    foundings.set(profile, known);
  }
  const { founding, members } = known;
  while (members.length < count) {
    const i = members.length;
    members.push(newMember(founding, i === 0 ? 'gateway' : `node ${i}`, GATEWAY + i * 0x111, random));
  }
  return { founding, members: members.slice(0, count) };
}

export interface WorldOptions {
  nodes: number;
  /** Pairs that hear each other; a line over all nodes when missing. */
  links?: [number, number][];
  loss?: number;
  seed?: number;
  profile?: 'desk' | 'village';
  config?: Partial<NodeConfig>;
  /** A block at most this often. */
  blockS?: number;
}

/** One board: its store outlives the node on it. */
export class Station {
  readonly store: FaultyStore;
  mesh!: MeshNode;
  up = false;
  readonly notes: { note: Note; who: number; value: number; atS: number }[] = [];
  readonly delivered: { src: number; text: string; hops: number }[] = [];
  readonly broadcasts: Station['delivered'] = [];
  /** Set by a test: frames it may not transmit, though it believes it did. */
  silences: ((frame: Uint8Array) => boolean) | undefined;
  /** Set by a test: frames it does not hear. */
  deafTo: ((frame: Uint8Array) => boolean) | undefined;
  /** Set by a test: called after every boot, for a node that does not do what it should. */
  corrupt: ((mesh: MeshNode) => void) | undefined;
  private timer = 0;
  private radio: StationRadio | undefined;

  constructor(
    readonly world: World,
    readonly index: number,
    readonly identity: Identity,
    readonly config: NodeConfig,
    files: Map<string, Uint8Array>,
  ) {
    this.store = new FaultyStore(files);
  }

  get address(): number {
    return this.identity.address;
  }

  boot(): void {
    assert.ok(!this.up);
    const { store, world } = this;
    this.up = true;
    this.radio = new StationRadio(world.ether, world.scheduler, this.index, (datagram) =>
      this.fromRadio(datagram),
    );
    this.guarded(() => {
      this.mesh = new MeshNode(this.config, fastCrypto, store, store.file('fh.keys'), store.file('fh.pay'));
      this.mesh.core.nowMs = world.scheduler.nowMs();
      this.mesh.extend();
      this.corrupt?.(this.mesh);
    });
    this.step(EventKind.TICK, NOTHING, 0, 0);
  }

  /** The power goes: memory and the frame in the air are lost, the store stays. */
  cut(): void {
    this.up = false;
    this.world.scheduler.cancel(this.timer);
    this.radio?.close();
  }

  reboot(): void {
    this.cut();
    this.boot();
  }

  step(kind: EventKind, bytes: Uint8Array, a: number, b: number): void {
    if (!this.up) return;
    const event: NodeEvent = { kind, bytes, a, b };
    this.guarded(() => {
      for (const action of this.mesh.step(event, this.world.scheduler.nowMs())) this.carryOut(action);
    });
    if (this.up) this.plan();
  }

  /** A power cut at a store's write ends the step there, as it would on a board. */
  private guarded(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.cut();
    }
  }

  private plan(): void {
    const { scheduler } = this.world;
    scheduler.cancel(this.timer);
    const wait = Math.max(1, this.mesh.wakeMs() - scheduler.nowMs());
    this.timer = scheduler.after(wait, () => this.step(EventKind.TICK, NOTHING, 0, 0));
  }

  private carryOut(action: Action): void {
    switch (action.kind) {
      case ActionKind.TRANSMIT:
        return this.transmit(action.bytes);
      case ActionKind.NOTE:
        return this.note(action);
      case ActionKind.BROADCAST:
        return void this.broadcasts.push({ src: action.address, text: textOf(action.bytes), hops: action.b });
      case ActionKind.HOST_DELIVER:
        return this.world.gateway.arrived(action);
      default:
        return this.world.arrived(this, action);
    }
  }

  private note({ a, b, address }: Action): void {
    this.notes.push({ note: a, who: address, value: b, atS: this.world.nowS });
    if (this.index === 0) this.world.gateway.noted(a, address, b);
  }

  private transmit(frame: Uint8Array): void {
    const sent = (): void => this.step(EventKind.SENT, NOTHING, 1, 0);
    if (this.silences?.(frame)) return void this.world.scheduler.after(1, sent);
    this.world.monitor.sees(this.address, frame);
    const datagram = new Uint8Array(1 + frame.length);
    datagram[0] = 2;
    datagram.set(frame, 1);
    this.radio!.receive(datagram);
  }

  private fromRadio(datagram: Uint8Array): void {
    if (datagram[0] !== 0x11) return this.step(EventKind.SENT, NOTHING, datagram[1]!, 0);
    const frame = datagram.slice(3);
    if (!this.deafTo?.(frame)) this.step(EventKind.FRAME, frame, -datagram[1]!, 5);
  }

  /** Sends a text. */
  send(to: Station | number, text: string, urgency = 0): void {
    const bytes = new Uint8Array(1 + text.length);
    bytes[0] = Payload.TEXT;
    for (let i = 0; i < text.length; i++) bytes[1 + i] = text.charCodeAt(i);
    this.step(EventKind.SEND, bytes, typeof to === 'number' ? to : to.address, urgency);
  }

  count(note: Note, value?: number): number {
    return this.notes.filter((one) => one.note === note && (value === undefined || one.value === value))
      .length;
  }

  /** Index of a neighbour in the node's tables. */
  neighbour(of: Station): number {
    return this.mesh.core.neighbours.find(of.address);
  }

  get balance(): number {
    return this.world.ledger.account(this.address)!.balance;
  }

  /** Next hop towards a station, as an address; undefined without a route. */
  nextHop(to: Station): number | undefined {
    const { routes, neighbours } = this.mesh.core;
    const next = routes.next(to.address);
    return next < 200 ? neighbours.addressOf(next) : undefined;
  }

  /** Records of packets under way, settled ones aside. */
  underWay(): number {
    const { table } = this.mesh.relay.pending;
    let count = 0;
    for (let at = 0; at < table.length; at += Pn.SIZE) {
      if (table[at] !== PnState.FREE && table[at] !== PnState.SETTLED) count++;
    }
    return count;
  }
}

export class World {
  readonly scheduler = new VirtualScheduler();
  readonly ether: Ether;
  readonly ledger: Ledger;
  readonly stations: Station[] = [];
  readonly gateway: GatewayHost;
  readonly monitor = new Monitor(GATEWAY);
  readonly networkKey = new Uint8Array(16).fill(9);
  /** Texts that reached the gateway's host. */
  readonly delivered: Station['delivered'] = [];
  private readonly founding: Founding;
  private readonly blockS: number;

  constructor(options: WorldOptions) {
    const { founding, members } = membersOf(options.profile ?? 'desk', options.nodes);
    this.founding = founding;
    this.blockS = options.blockS ?? founding.params.blockIntervalS;
    this.ledger = Ledger.fromGenesis({ crypto: nodeCrypto, verify: verifyEd25519 }, founding.genesis);
    const { scheduler } = this;
    const profile = radioOf(founding.params);
    this.ether = new Ether({ scheduler, profile, seed: options.seed ?? 7, loss: options.loss ?? 0 });
    for (const member of members) this.place(member, members, options.config ?? {});
    const line = members.slice(1).map((_, i): [number, number] => [i, i + 1]);
    for (const [a, b] of options.links ?? line) this.link(a, b, true);
    this.gateway = new GatewayHost(this, members, founding.ledgerId);
    this.gateway.pool = members.map((member, i) => joinOf(founding, member, i, 1000));
    this.block();
    this.stations.forEach((station, i) => scheduler.after(50 + 137 * i, () => station.boot()));
  }

  private place(member: Identity, members: Identity[], change: Partial<NodeConfig>): void {
    const settings = { ...settingsOf(this.founding, member, this.networkKey, PACE), ...change };
    const keys = keyTable(
      member.linkSecret,
      members.filter((other) => other !== member),
    );
    const config: NodeConfig = {
      ...settings,
      ledger: this.founding.ledgerId,
      networkKey: this.networkKey,
      ...change,
    };
    const files = boardFiles({ ...settings, ledger: '', networkKey: '' }, keys, member.paySecret);
    files.set('fh.cp', member.checkpoints);
    this.stations.push(new Station(this, this.stations.length, member, config, files));
    this.ether.attach(null, null);
  }

  get nowS(): number {
    return this.scheduler.nowMs() / 1000;
  }

  link(a: number, b: number, on: boolean): void {
    this.ether.setLink(a, b, on ? STRONG_DBM : null);
    this.ether.setLink(b, a, on ? STRONG_DBM : null);
  }

  run(seconds: number): void {
    this.scheduler.runFor(seconds * 1000);
  }

  /** Whether the tests' traffic goes on. */
  busy = true;

  /** Ends the traffic and waits until nothing is under way. */
  quiet(): void {
    this.busy = false;
    this.until('nothing is under way', 300, () =>
      this.stations.every((one) => !one.up || one.underWay() === 0),
    );
  }

  /** Runs until something is true; fails after `seconds`. Returns the seconds it took. */
  until(what: string, seconds: number, holds: () => boolean): number {
    const start = this.nowS;
    while (!holds()) {
      assert.ok(this.nowS - start < seconds, `${what}: not after ${seconds} s`);
      this.run(1);
    }
    return this.nowS - start;
  }

  every(seconds: number, act: (n: number) => void, n = 0): void {
    this.scheduler.after(seconds * 1000, () => {
      if (!this.busy) return;
      act(n);
      this.every(seconds, act, n + 1);
    });
  }

  private block(): void {
    const { gateway, founding, ledger } = this;
    const transactions = gateway.pool;
    const timeS = CREATED_S + founding.params.blockIntervalS + Math.floor(this.nowS);
    // Empty blocks would only cost time: now and then one, so that heights go on.
    const wanted = transactions.length > 0 || Math.floor(this.nowS) % EMPTY_EVERY_S === 0;
    if (wanted && ledger.canBuildAt(timeS)) {
      gateway.pool = [];
      const sign = (message: Uint8Array): Uint8Array => signEd25519(founding.blockSeed, message);
      const { results } = ledger.buildBlock({ timeS, producer: GATEWAY, candidates: transactions, sign });
      for (const { code } of results) {
        if (code !== TxCode.OK && code !== TxCode.SUPERSEDED)
          gateway.refusals.push(`transaction: code ${code}`);
      }
      gateway.afterBlock(transactions);
      assert.ok(ledger.totals().conserved, 'the sum of all balances is that of genesis');
    }
    this.scheduler.after(this.blockS * 1000, () => this.block());
  }

  /** A packet for a node, or what the gateway's own board sends home. */
  arrived(station: Station, { bytes, address, b }: Action): void {
    if (station.index === 0) this.gateway.receive(address, bytes);
    else station.delivered.push({ src: address, text: textOf(bytes), hops: b });
  }

  /** Every station that is up has a way to all others that are. */
  settled(): boolean {
    const up = this.stations.filter((station) => station.up);
    return (
      up.length > 1 && up.every((from) => up.every((to) => to === from || from.nextHop(to) !== undefined))
    );
  }

  /**
   * Books of payer and payee about each channel, when nothing is under way. The payer may believe in less use
   * than the payee (a receipt got lost), never in more; nothing is pending; links shown are covered by the
   * ledger's limit. A payer that forgot, and knows that it did (RESYNC), may have shown what it leased.
   */
  checkBooks(tolerance = 0): void {
    for (const payer of this.stations) {
      assert.equal(payer.underWay(), 0, `station ${payer.index}: packets under way`);
      for (const payee of this.stations) if (payee !== payer) this.checkPair(payer, payee, tolerance);
    }
  }

  private checkPair(payer: Station, payee: Station, tolerance: number): void {
    const [out, into] = [payer.neighbour(payee), payee.neighbour(payer)];
    if (out > 200 || into > 200) return;
    const [a, b] = [payer.mesh.core.accounts, payee.mesh.core.accounts];
    const where = `${payer.index} pays ${payee.index}`;
    assert.equal(a.i32(out, Acc.OUT_PENDING), 0, `${where}: payer's pending sum`);
    assert.equal(b.i32(into, Acc.IN_PENDING), 0, `${where}: payee's pending sum`);
    if (a.u16(out, Acc.OUT_GENERATION) !== b.u16(into, Acc.IN_GENERATION)) return;
    const forgot = (a.u8(out, Acc.OUT_FLAGS) & OutFlag.RESYNC) !== 0;
    const shown = a.u16(out, forgot ? Acc.OUT_LEASE : Acc.OUT_LINKS);
    assert.ok(b.u16(into, Acc.IN_LINKS) <= shown, `${where}: a link from nowhere`);
    assert.ok(
      a.u16(out, Acc.OUT_LINKS) <= Math.max(a.u16(out, Acc.OUT_LIMIT), 0),
      `${where}: beyond the limit`,
    );
    const difference = b.i32(into, Acc.IN_USED) - a.i32(out, Acc.OUT_USED);
    assert.ok(difference >= 0 && difference <= tolerance, `${where}: books differ by ${difference} units`);
  }
}
