// What the HTTP server asks of a running gateway (view.ts): figures straight from the ledger, the mesh as the boards
// report it, packets and blocks as they were kept. Answers from memory and the store; changes nothing.
import { Acc, Nb, NbFlag, OutFlag } from '#mesh';
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
      delivered: heard?.delivered ?? 0,
      lastSeenS: heard === undefined ? null : Math.max(0, Math.floor((Date.now() - heard.atMs) / 1000)),
    };
  }

  /** One link a pair: signal as the board with the lower address hears it, payable links of both directions. */
  private links(): LinkView[] {
    const links = new Map<string, LinkView>();
    const oldestMs = Date.now() - STATUS_LIFE_MS;
    const statuses = [...this.statuses].filter(([, { atMs }]) => atMs > oldestMs).sort(([a], [b]) => a - b);
    for (const [address, { status }] of statuses) {
      for (const link of linksOf(address, status)) {
        const key = `${link.a} ${link.b}`;
        const other = links.get(key);
        if (other === undefined) links.set(key, link);
        else other.payableLinks += link.payableLinks;
      }
    }
    return [...links.values()];
  }

  packets(afterId: number, limit: number): PacketView[] {
    return this.parts.gateway.packets(afterId, limit);
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
    const [a, b] = [address, getU32(neighbours, at + Nb.ADDRESS)].sort((x, y) => x - y).map(addressText) as [
      string,
      string,
    ];
    yield { a, b, rssiDbm: -neighbours[at + Nb.RSSI]!, payableLinks: proven ? Math.max(0, left) : 0 };
  }
}
