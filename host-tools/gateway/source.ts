// What the HTTP server asks of a running gateway (view.ts): figures straight from the ledger, the mesh as the boards
// report it, packets and blocks as they were kept. Answers from memory and the store; changes nothing.
import { Acc, Nb, NbFlag, OutFlag, Rt } from '#mesh';
import { getU16, getU32 } from '#protocol';
import { addressText } from '../provision/identity.ts';
import type { Position } from '../ether/topology.ts';
import { storedBlocks } from './block-views.ts';
import type { BoardStatus } from './board-lines.ts';
import type { Desk } from './desk.ts';
import type { Gateway } from './gateway.ts';
import type {
  BlockView,
  GatewayEvent,
  GatewaySource,
  LinkView,
  MapOrigin,
  MeshView,
  NodeView,
  PacketView,
  Status,
} from './view.ts';

export interface SourceParts {
  desk: Desk;
  gateway: Gateway;
  version: string;
  boards: Status['boards'];
  engine: Status['engine'];
  startedMs: number;
  /** Where the positions' metres begin, when there is a map. */
  map?: MapOrigin | undefined;
}

/** A board says its tables every ten seconds; links of one that has been silent for so long are not drawn. */
const STATUS_LIFE_MS = 60_000;

export class LiveSource implements GatewaySource {
  private readonly statuses = new Map<number, { status: BoardStatus; atMs: number }>();
  /** By index of the member; empty where positions are unknown. */
  private positions: Position[] = [];

  constructor(private readonly parts: SourceParts) {}

  place(positions: Position[]): void {
    this.positions = positions;
  }

  /** A board's own report of its tables, as it says it every ten seconds. */
  heardStatus(address: number, status: BoardStatus): void {
    this.statuses.set(address, { status, atMs: Date.now() });
  }

  /** The sum over all accounts is made anew each time: a millisecond for ten thousand accounts, once a second. */
  status(): Status {
    const { desk, gateway, version, boards, engine, startedMs } = this.parts;
    const { ledger } = desk;
    const { supply, conserved } = ledger.totals();
    const { nodes, claims, settledCredits } = ledger.counters;
    return {
      version,
      boards,
      engine,
      nodes,
      claims,
      settledCredits,
      supply,
      conserved,
      ledgerId: hex(ledger.ledgerId),
      height: ledger.height,
      stateRoot: hex(ledger.stateRoot()),
      delivered: gateway.figures.tally.delivered,
      receipts: gateway.figures.tally.receipts,
      payments: gateway.figures.tally.payments,
      faults: gateway.figures.tally.faults,
      startedAt: new Date(startedMs).toISOString(),
      uptimeS: Math.floor((Date.now() - startedMs) / 1000),
    };
  }

  mesh(): MeshView {
    return {
      nodes: this.parts.desk.members.map((member, index) => this.node(member, index)),
      links: this.links(),
      map: this.parts.map ?? null,
    };
  }

  private node(member: { name: string; address: number }, index: number): NodeView {
    const { desk, gateway } = this.parts;
    const heard = gateway.figures.heard.get(member.address);
    const role = member.address === desk.founding.gatewayAddress ? 'gateway' : 'node';
    return {
      address: addressText(member.address),
      name: member.name,
      role,
      x: this.positions[index]?.x ?? null,
      y: this.positions[index]?.y ?? null,
      balance: desk.ledger.account(member.address)?.balance ?? 0,
      hops: role === 'gateway' ? 0 : (heard?.hops ?? null),
      next: role === 'gateway' ? null : this.nextOf(member.address),
      delivered: heard?.delivered ?? 0,
      lastSeenS: heard === undefined ? null : Math.max(0, Math.floor((Date.now() - heard.atMs) / 1000)),
    };
  }

  /** The neighbour that the board's own table names for the way to the gateway. */
  private nextOf(address: number): string | null {
    const known = this.statuses.get(address);
    if (known === undefined || known.atMs < Date.now() - STATUS_LIFE_MS) return null;
    const { routes, neighbours } = known.status;
    for (let at = 0; at + Rt.SIZE <= routes.length; at += Rt.SIZE) {
      if (routes[at + Rt.FLAGS] === 0 || getU32(routes, at) !== this.parts.desk.founding.gatewayAddress) continue;
      const next = routes[at + Rt.NEXT]! * Nb.SIZE;
      const stands = next + Nb.SIZE <= neighbours.length && (neighbours[next + Nb.FLAGS]! & NbFlag.USED) !== 0;
      return stands ? addressText(getU32(neighbours, next)) : null;
    }
    return null;
  }

  /** One link a pair, with what both ends say of it; payable links of both directions. */
  private links(): LinkView[] {
    const links = new Map<string, LinkView>();
    const oldestMs = Date.now() - STATUS_LIFE_MS;
    const statuses = [...this.statuses].filter(([, { atMs }]) => atMs > oldestMs).sort(([a], [b]) => a - b);
    for (const [address, { status }] of statuses) {
      for (const link of linksOf(address, status)) {
        const key = `${link.a} ${link.b}`;
        const other = links.get(key);
        if (other === undefined) links.set(key, link);
        else {
          other.payableLinks += link.payableLinks;
          // Each end reports what it hears; the second fills in its half.
          other.rssiDbm ??= link.rssiDbm;
          other.rssiBackDbm ??= link.rssiBackDbm;
          other.qualityAb ??= link.qualityAb;
          other.qualityBa ??= link.qualityBa;
        }
      }
    }
    return [...links.values()];
  }

  packets(afterId: number, limit: number): PacketView[] {
    return this.parts.gateway.packets(afterId, limit);
  }

  packetsFrom(afterId: number, limit: number): PacketView[] {
    return this.parts.gateway.packetsFrom(afterId, limit);
  }

  blocks(belowHeight: number, limit: number): BlockView[] {
    const { store, ledger } = this.parts.desk;
    return storedBlocks(store, belowHeight, limit, ledger.params.blockIntervalS);
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    return this.parts.gateway.subscribe(listener);
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Neighbours and accounts share their index (mesh/accounts.ts). */
function* linksOf(address: number, status: BoardStatus): Iterable<LinkView> {
  const { neighbours, accounts } = status;
  for (let i = 0; (i + 1) * Nb.SIZE <= neighbours.length && (i + 1) * Acc.SIZE <= accounts.length; i++) {
    const at = i * Nb.SIZE;
    if ((neighbours[at + Nb.FLAGS]! & NbFlag.USED) === 0) continue;
    const account = i * Acc.SIZE;
    const proven = (accounts[account + Acc.OUT_FLAGS]! & OutFlag.PROVEN) !== 0;
    const left = getU16(accounts, account + Acc.OUT_LIMIT) - getU16(accounts, account + Acc.OUT_LINKS);
    const other = getU32(neighbours, at + Nb.ADDRESS);
    const rssi = -neighbours[at + Nb.RSSI]!;
    const heard = Math.round((neighbours[at + Nb.QUALITY_IN]! / 255) * 1000) / 1000;
    const payableLinks = proven ? Math.max(0, left) : 0;
    const none = { rssiDbm: null, rssiBackDbm: null, qualityAb: null, qualityBa: null };
    yield address < other
      ? { ...none, a: addressText(address), b: addressText(other), rssiDbm: rssi, qualityBa: heard, payableLinks }
      : { ...none, a: addressText(other), b: addressText(address), rssiBackDbm: rssi, qualityAb: heard, payableLinks };
  }
}
