// A GatewaySource in memory for the tests of the HTTP server and of the page: a small village whose
// packets, blocks and frames happen when the test says so. `keep` stands for the store: what a restarted
// gateway finds again.
import type {
  BlockView,
  GatewayEvent,
  GatewaySource,
  MeshView,
  NodeView,
  PacketView,
  Status,
} from '../../../host-tools/gateway/view.ts';

export interface Kept {
  packets: PacketView[];
  blocks: BlockView[];
  /** The oldest packets beyond this are dropped, as by a store with a limit. */
  packetsMax: number;
}

export function emptyStore(packetsMax = 10_000): Kept {
  return { packets: [], blocks: [], packetsMax };
}

const START_MS = Date.UTC(2026, 4, 1, 12, 0, 0);

export class FakeGateway implements GatewaySource {
  figures: Status = {
    version: '0.1.0',
    ledgerId: 'a1b2c3d4e5f60718',
    height: 0,
    stateRoot: '5f'.repeat(32),
    nodes: 0,
    delivered: 0,
    receipts: 0,
    payments: 0,
    claims: 0,
    settledCredits: 0,
    supply: 10_000_000,
    conserved: true,
    boards: 'virtual',
    engine: 'vm',
    startedAt: new Date(START_MS).toISOString(),
    uptimeS: 0,
    faults: 0,
  };
  view: MeshView = { nodes: [], links: [], map: null };
  /** Set to make every read throw: a bug in the gateway. */
  broken = false;
  readonly #listeners = new Set<(event: GatewayEvent) => void>();

  constructor(readonly kept: Kept = emptyStore()) {
    this.figures.height = kept.blocks.length;
    this.figures.delivered = kept.packets.at(-1)?.id ?? 0;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  status(): Status {
    this.#failIfBroken();
    return { ...this.figures, nodes: this.view.nodes.length };
  }

  mesh(): MeshView {
    this.#failIfBroken();
    return this.view;
  }

  packets(afterId: number, limit: number): PacketView[] {
    this.#failIfBroken();
    return this.kept.packets.filter((packet) => packet.id > afterId).slice(-limit);
  }

  blocks(belowHeight: number, limit: number): BlockView[] {
    this.#failIfBroken();
    return this.kept.blocks
      .filter((block) => block.height < belowHeight)
      .slice(-limit)
      .reverse();
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: GatewayEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  addPacket(change: Partial<PacketView> = {}): PacketView {
    const id = (this.kept.packets.at(-1)?.id ?? 0) + 1;
    const at = new Date(START_MS + id * 1000).toISOString();
    const base = {
      src: '00000002',
      name: 'barn',
      kind: 'reading',
      hops: 2,
      bytes: 42,
      backed: true,
    } as const;
    const packet: PacketView = {
      id,
      at,
      ...base,
      text: `temperature ${15 + (id % 7)}.5 °C`,
      seq: id % 65536,
      reading: null,
      path: [],
      ...change,
    };
    this.kept.packets = [...this.kept.packets, packet].slice(-this.kept.packetsMax);
    this.figures.delivered = packet.id;
    this.emit({ type: 'packet', data: packet });
    return packet;
  }

  addBlock(claims = 0, settledCredits = 0): BlockView {
    const height = (this.kept.blocks.at(-1)?.height ?? 0) + 1;
    const hash = (height * 2_654_435_761).toString(16).padStart(12, '0').repeat(6).slice(0, 64);
    const at = new Date(START_MS + height * 1000).toISOString();
    const block: BlockView = {
      height,
      at,
      hash,
      stateRoot: '5f'.repeat(32),
      transactions: claims,
      claims,
      settledCredits,
    };
    this.kept.blocks.push(block);
    this.figures.height = height;
    this.figures.claims += claims;
    this.figures.settledCredits += settledCredits;
    this.emit({ type: 'block', data: block });
    return block;
  }

  #failIfBroken(): void {
    if (this.broken) throw new Error('the store is gone');
  }
}

/** Eight boards on a map; balances sum to zero, as money that only moves between them must. */
export function village(): MeshView {
  const rows: [string, string, number, number, number, number][] = [
    ['00000001', 'gateway', 0, 0, 0, 0],
    ['00000002', 'mill bridge', 1, 620, 240, 4310],
    ['00000003', 'church tower', 1, -380, 520, 6120],
    ['00000004', 'orchard', 2, 1180, 620, 1260],
    ['00000005', 'river gauge', 3, 1830, 380, -5480],
    ['00000006', 'upper barn', 2, 330, 1010, 880],
    ['00000007', 'bee yard', 2, -1120, 760, -2710],
    ['00000008', 'sheep shed', 3, 980, 1290, -4380],
  ];
  const nodes = rows.map(([address, name, hops, x, y, balance], i): NodeView => {
    return {
      address,
      name,
      role: i === 0 ? 'gateway' : 'node',
      x,
      y,
      balance,
      hops,
      next: null,
      delivered: i * 7,
      lastSeenS: i * 3,
    };
  });
  const pairs: [number, number, number, number][] = [
    [1, 2, -84, 512],
    [1, 3, -88, 498],
    [2, 4, -91, 301],
    [4, 5, -97, 280],
    [2, 6, -99, 120],
    [3, 6, -104, 88],
    [3, 7, -94, 402],
    [6, 8, -96, 233],
    [4, 8, -101, 0],
    [2, 3, -110, 0],
    [1, 6, -113, 0],
  ];
  const name = (n: number): string => `0000000${n}`;
  return {
    nodes,
    links: pairs.map(([a, b, rssiDbm, payableLinks]) => ({
      a: name(a),
      b: name(b),
      rssiDbm,
      rssiBackDbm: rssiDbm - 3,
      qualityAb: 0.9,
      qualityBa: 0.95,
      payableLinks,
    })),
    map: null,
  };
}

/**
 * As many boards as asked for, without positions, each linked to one before it: a tree with some cross
 * links.
 */
export function crowd(count: number): MeshView {
  const nodes = Array.from({ length: count }, (_, i): NodeView => {
    const role = i === 0 ? 'gateway' : 'node';
    const base = { x: null, y: null, hops: null, next: null, delivered: 0, lastSeenS: null };
    return {
      address: i.toString(16).padStart(8, '0'),
      name: `board ${i}`,
      role,
      balance: ((i * 7919) % 2001) - 1000,
      ...base,
    };
  });
  const links = nodes.slice(1).flatMap((node, i) => {
    const before = [nodes[Math.floor(i / 3)]!, nodes[Math.floor(i / 2)]!];
    return before.map((other) => ({
      a: node.address,
      b: other.address,
      rssiDbm: -60 - (i % 60),
      rssiBackDbm: null,
      qualityAb: null,
      qualityBa: null,
      payableLinks: i % 3,
    }));
  });
  return { nodes, links, map: null };
}
