// A run: boards over the ether in virtual time, home gateways with their ledger, packets, blocks. Deterministic from
// one seed; reads no clock. Scenarios say who plays what, checkers look at it after every block, outcome.ts sums up.
import { ActionKind, EventKind, Note, costThrough, type Action, type NodeConfig } from '#mesh';
import { toHex } from '#protocol';
import { Ether } from '../ether/ether.ts';
import { Prng } from '../ether/prng.ts';
import { VirtualScheduler } from '../ether/scheduler.ts';
import type { Position } from '../ether/topology.ts';
import { Bound, moneyOf, radioOf } from '../ledger/index.ts';
import { Audits } from './audits.ts';
import { SimChain } from './chain.ts';
import {
  PairKeyring, addressOf, foundCommunity, foundingTransactions, ownerCount, randomBytes, type Founding,
} from './founding.ts';
import { Meter } from './meter.ts';
import { sampleOf, type Sample } from './money.ts';
import { Packets, type Packet } from './packets.ts';
import type { SimParams } from './params.ts';
import { placeStations, type Place } from './place.ts';
import { honest, type Player } from './players/player.ts';
import { SimGateway, type Message } from './sim-gateway.ts';
import { MemoryStore, SimNode, type NodeListener } from './sim-node.ts';

/** Up to here every pair of nodes gets keys at provisioning; larger meshes get them for those in range. */
const FULL_KEYS_MAX = 40;
const FRIENDS = 2;

export interface Cast {
  /** Who plays something else than `honest`, by station. */
  players: Map<number, Player>;
  /** Sets with a guarantor of their own each: the last owners. All others are vouched for by turns. */
  ownTrees?: Set<number>[];
  /** The own trees are a community of their own. */
  isApart?: boolean;
  /** Nodes that are not there at the founding. */
  later?: Set<number>;
}

export interface WorldOptions {
  params: SimParams;
  seed: number;
  cast?: (place: Place, params: SimParams) => Cast;
  /** Everybody carries for everybody, nobody pays. */
  cooperative?: boolean;
  /** What those play whom the cast does not name. */
  everybody?: () => Player;
  /** Puts a watch on every player. */
  wrap: (player: Player) => Player;
  afterBlock?: (world: World) => void;
  /** What each gateway publishes of its key chain after a block. */
  reveal?: (gateway: SimGateway, world: World) => void;
}

export class World implements NodeListener {
  readonly params: SimParams;
  readonly place: Place;
  readonly founding: Founding;
  readonly chain: SimChain;
  readonly scheduler = new VirtualScheduler();
  readonly ether: Ether;
  readonly nodes: SimNode[] = [];
  readonly gateways: SimGateway[] = [];
  readonly packets = new Packets();
  readonly meter: Meter;
  readonly cast: Cast;
  /** Sampled at the end of each slice of the run. */
  readonly samples: Sample[] = [];
  readonly audits: Audits;
  readonly notes: Record<number, number> = {};
  /** Names that their person has used up (players/persons.ts). */
  readonly done = new Set<number>();
  readonly durationMs: number;
  /** Time of the first block after the founding, Unix seconds. */
  private readonly startS: number;
  private readonly traffic: Prng;
  private readonly moves: Prng;
  private readonly friends: number[][];
  private readonly gatewayOf = new Map<number, SimGateway>();
  private readonly indexByAddress = new Map<number, number>();

  constructor(readonly options: WorldOptions) {
    const { params, seed } = options;
    this.params = params;
    this.durationMs = params.hours * 3_600_000;
    this.meter = new Meter(params.nodes, this.durationMs);
    this.audits = new Audits(seed);
    this.traffic = new Prng(seed * 8 + 1);
    this.moves = new Prng(seed * 8 + 2);
    this.place = placeStations(params, seed);
    this.cast = options.cast?.(this.place, params) ?? { players: new Map() };
    const drawn = new Prng(seed * 8 + 3);
    const { ownTrees = [], isApart = false, later } = this.cast;
    this.founding = foundCommunity(params, drawn, {
      owners: ownerCount(params) + ownTrees.length,
      ownerOf: (index) => this.ownerOf(index),
      isApart: (index) => isApart && ownTrees.some((tree) => tree.has(index)),
      isLater: (index) => later?.has(index) === true,
    });
    this.chain = new SimChain(this.founding);
    // Whoever is home to more than the ledger's gateways are speaks for one of them, which writes the blocks.
    this.startS = this.chain.found(
      foundingTransactions(this.founding, (index) => addressOf(this.place.homes[index]! % Bound.GATEWAYS)),
      this.founding.params.createdS + params.blockIntervalS,
    );
    this.ether = new Ether({
      scheduler: this.scheduler, profile: radioOf(this.founding.params), seed, loss: params.lossPerMille / 1000,
      pathLoss: { lossAtOneMetreDb: 31.2, exponent: 3.5, shadowingDb: params.shadowingDb },
    });
    for (const position of this.place.positions) this.ether.attach(position, null);
    this.friends = this.drawFriends();
    this.build(randomBytes(drawn, 16));
  }

  private ownerOf(index: number): number {
    const ordinary = ownerCount(this.params);
    const tree = this.cast.ownTrees?.findIndex((set) => set.has(index)) ?? -1;
    return tree < 0 ? index % ordinary : ordinary + tree;
  }

  // ---------------------------------------------------------------- building

  /** Whom each node talks to besides its gateway: nodes of the same home, so that a route is likely to exist. */
  private drawFriends(): number[][] {
    const { homes } = this.place;
    const byHome = new Map<number, number[]>();
    homes.forEach((home, i) => i >= this.params.gateways && byHome.set(home, [...(byHome.get(home) ?? []), i]));
    return homes.map((home, i) => {
      const others = (byHome.get(home) ?? []).filter((other) => other !== i);
      if (i < this.params.gateways || others.length === 0) return [];
      return Array.from({ length: FRIENDS }, () => others[this.traffic.below(others.length)]!);
    });
  }

  private build(networkKey: Uint8Array): void {
    const { members } = this.founding;
    const keyring = new PairKeyring(members);
    const peers = this.peers();
    const books = new Map(members.map((member) => [toHex(member.book.root, 0, 32), member.book.book]));
    for (const member of members) {
      this.indexByAddress.set(member.address, member.index);
      const store = new MemoryStore();
      store.write('fh.cp', member.book.checkpoints);
      const player = this.options.wrap(this.cast.players.get(member.index) ?? this.options.everybody?.() ?? honest);
      this.nodes.push(new SimNode({
        index: member.index, config: this.configOf(member.index, networkKey), store, player,
        keys: keyring.table(member.index, peers[member.index]!), paySecret: member.paySecret,
        idleTickMs: this.params.idleTickMs,
      }, this.ether, this.scheduler, this));
    }
    const tell = (messages: Message[]): void => this.tell(messages);
    for (let i = 0; i < this.params.gateways; i++) {
      const bookOf = (root: Uint8Array): Uint8Array | undefined => books.get(toHex(root, 0, 32));
      this.gateways.push(new SimGateway(this.nodes[i]!, members[i]!, this.chain, bookOf, tell));
    }
    members.forEach((member, i) => this.gatewayOf.set(member.address, this.gateways[this.place.homes[i]!]!));
  }

  private peers(): Set<number>[] {
    const all = this.params.nodes <= FULL_KEYS_MAX || this.params.metresPerHour > 0;
    const sets = this.place.positions.map((_, i) => {
      if (all) return new Set(this.place.positions.keys());
      const near = this.ether.listenersOf(i).map((listener) => listener.station);
      return new Set([...near, this.place.homes[i]!, ...this.friends[i]!]);
    });
    // A pair's keys are on both boards.
    sets.forEach((set, i) => set.forEach((peer) => sets[peer]!.add(i)));
    return sets;
  }

  private configOf(index: number, networkKey: Uint8Array): NodeConfig {
    const { params } = this;
    const money = moneyOf(this.founding.params);
    return {
      address: addressOf(index), home: addressOf(this.place.homes[index]!), ledger: this.founding.ledgerId, networkKey,
      generation: 0, endOnHost: index < params.gateways, profile: radioOf(this.founding.params),
      linkValue: money.linkValue, levyPerMille: params.levyLocalPerMille + params.levyGlobalPerMille, price: 16,
      trustMaxLinks: Math.floor(money.trustMax / money.linkValue),
      payBatchLinks: Math.ceil(money.payBatch / money.linkValue), claimFirstLinks: this.founding.params.claimFirst,
      windowCode: money.windowCode, epochHeights: params.epoch, blockIntervalS: params.blockIntervalS,
      freePerMille: this.options.cooperative ? 1000 : params.freePerMille, emergencyPerMille: 10,
      servicePerMille: this.options.cooperative ? 1000 : params.servicePerMille,
      dutyPerMille: params.dutyPerMille, retryS: params.retryS,
      helloMinMs: params.helloMinS * 1000, helloMaxMs: params.helloMaxS * 1000, receiptDelayMs: params.receiptDelayMs,
    };
  }

  // ---------------------------------------------------------------- running

  run(): void {
    this.start();
    this.scheduler.runUntil(this.durationMs);
    // What is still under way may arrive.
    this.scheduler.runFor(60_000);
  }

  /** Everything is switched on within ten seconds, and the first events wait. */
  start(): void {
    for (const node of this.nodes) {
      const bootMs = this.traffic.below(10_000);
      if (this.cast.later?.has(node.index) !== true) this.scheduler.after(bootMs, () => node.boot());
    }
    for (const node of this.nodes) if (node.index >= this.params.gateways) this.plan(node);
    this.scheduler.after(this.params.blockIntervalS * 1000, () => this.block());
    if (this.params.churnS > 0) this.planOutage();
    if (this.params.metresPerHour > 0) this.scheduler.after(60_000, () => this.wander());
  }

  unixS(): number {
    return this.startS + Math.floor(this.scheduler.nowMs() / 1000);
  }

  private block(): void {
    const now = this.scheduler.nowMs();
    const included = this.chain.makeBlock(this.unixS());
    for (const gateway of this.gateways) gateway.afterBlock();
    this.tell(this.gateways[0]!.home.afterBlock(included));
    this.packets.purge(now);
    for (const node of this.nodes) node.player.block?.(node, this);
    if (this.options.everybody === undefined) this.audits.afterBlock(this);
    for (const gateway of this.gateways) this.options.reveal?.(gateway, this);
    this.options.afterBlock?.(this);
    if (this.samples.length <= this.meter.slice(now)) this.samples.push(sampleOf(this));
    if (now < this.durationMs) this.scheduler.after(this.params.blockIntervalS * 1000, () => this.block());
  }

  private tell(messages: Message[]): void {
    for (const message of messages) this.gatewayOf.get(message.dst)?.push(message);
  }

  /** The next packet of a node: its pace with half as much again of chance on both sides. */
  private plan(node: SimNode): void {
    const meanS = node.player.packetS ?? this.params.packetS;
    if (meanS === 0) return;
    const waitMs = meanS * 500 + this.traffic.below(Math.max(1, Math.floor(meanS * 1000)));
    this.scheduler.after(waitMs, () => {
      if (this.scheduler.nowMs() >= this.durationMs) return;
      if (node.up) this.send(node);
      this.plan(node);
    });
  }

  private send(node: SimNode): void {
    const now = this.scheduler.nowMs();
    const packet = this.packets.create(node.index, this.targetOf(node), now);
    this.meter.packetSent(node.index, now);
    this.hand(node, packet);
  }

  private hand(node: SimNode, packet: Packet): void {
    const { endpoint } = node.mesh;
    const seq = endpoint.seq;
    // The number is taken before the step: frames of this packet can only follow it.
    this.packets.named(packet, node.address, seq);
    const plaintext = this.packets.plaintext(packet.id, this.params.payloadBytes);
    node.step(EventKind.SEND, plaintext, addressOf(packet.dst), 0);
  }

  /** An auditor's packet from `prober` to its home, with the audited node as its next hop. */
  probe(prober: SimNode, through: SimNode): Packet {
    const packet = this.packets.create(prober.index, this.place.homes[prober.index]!, this.scheduler.nowMs());
    packet.isProbe = true;
    const { routes, neighbours } = prober.mesh.core;
    const { next, cost } = routes;
    const beyond = through.mesh.core.routes;
    const { price, levyPerMille } = through.config;
    const asked = costThrough(price, beyond.cost(beyond.find(addressOf(packet.dst))), levyPerMille);
    routes.next = (dst) => (dst === addressOf(packet.dst) ? neighbours.find(through.address) : next.call(routes, dst));
    // Its budget is that of the way over the audited node, which need not be the best one.
    routes.cost = () => asked;
    this.hand(prober, packet);
    Object.assign(routes, { next, cost });
    return packet;
  }

  private targetOf(node: SimNode): number {
    const chosen = node.player.target?.(node, this);
    const friends = this.friends[node.index]!;
    const elsewhere = this.traffic.below(100) < this.params.anyToAny && friends.length > 0;
    const friend = elsewhere ? friends[this.traffic.below(friends.length)]! : 0;
    if (chosen !== undefined) return chosen;
    return elsewhere ? friend : this.place.homes[node.index]!;
  }

  private planOutage(): void {
    const meanMs = (this.params.churnS * 1000) / this.params.nodes;
    this.scheduler.after(meanMs / 2 + this.moves.below(Math.ceil(meanMs)), () => {
      const span = this.params.nodes - this.params.gateways;
      this.outage(this.nodes[this.params.gateways + this.moves.below(span)]!);
      this.planOutage();
    });
  }

  /** A power cut in the middle of whatever the node does, and its return. */
  outage(node: SimNode): void {
    if (!node.up) return;
    node.cut();
    this.scheduler.after(this.params.outageS * 1000, () => node.boot());
  }

  /** Every other node walks a minute's way in a random direction, and back when it strays. */
  private wander(): void {
    const stepM = this.params.metresPerHour / 60;
    for (const node of this.nodes) {
      if (node.index < this.params.gateways || node.index % 2 === 0) continue;
      const home = this.place.positions[node.index]!;
      const at = this.ether.positionOf(node.index)!;
      const to: Position = {
        x: at.x + (2 * this.moves.unit() - 1) * stepM * 2, y: at.y + (2 * this.moves.unit() - 1) * stepM * 2,
      };
      const strays = Math.abs(to.x - home.x) + Math.abs(to.y - home.y) > this.place.rangeM / 2;
      this.ether.move(node.index, strays ? home : to);
    }
    this.scheduler.after(60_000, () => this.wander());
  }

  // ---------------------------------------------------------------- listening

  action(node: SimNode, action: Action): void {
    const gateway = this.gateways[node.index];
    switch (action.kind) {
      case ActionKind.HOST_DELIVER: {
        const plaintext = gateway?.open(action);
        if (plaintext !== undefined) this.deliver(node, action.address, plaintext);
        break;
      }
      case ActionKind.DELIVER: this.deliver(node, action.address, action.bytes); break;
      case ActionKind.NOTE:
        this.notes[action.a] = (this.notes[action.a] ?? 0) + 1;
        gateway?.note(action);
        if (action.a === Note.NACKED) this.audits.declined(node, action.address);
        break;
      default: break;
    }
  }

  private deliver(node: SimNode, src: number, plaintext: Uint8Array): void {
    const packet = this.packets.arrived(plaintext, node.index);
    if (packet !== undefined) {
      if (!packet.isProbe) this.meter.packetArrived(packet);
    }
    if (packet === undefined) this.gateways[node.index]?.request(src, plaintext);
  }

  sent(node: SimNode, frame: Uint8Array, airtimeUs: number): void {
    const packet = this.packets.ofFrame(frame);
    if (packet !== undefined) this.packets.carried(packet, frame, node.index, Math.ceil(airtimeUs / 1000));
    this.meter.frameSent(frame, airtimeUs, packet !== undefined);
  }

  /** Index of the node with an address; for checkers and players that read the ledger. */
  indexOf(address: number): number | undefined {
    return this.indexByAddress.get(address);
  }

  isHonest(index: number): boolean {
    return !this.cast.players.has(index);
  }
}
