// What the gateway shows to the world: the shapes that the API answers with, the page draws and the event stream
// carries. Types and names; the gateway fills them from the ledger and the mesh, the server never computes a figure.

/** `GET /api/status`. Credits are integers; `conserved` is the sum of all balances compared with the supply. */
export interface Status {
  version: string;
  ledgerId: string;
  height: number;
  stateRoot: string;
  nodes: number;
  delivered: number;
  receipts: number;
  payments: number;
  claims: number;
  settledCredits: number;
  supply: number;
  conserved: boolean;
  boards: 'virtual' | 'serial';
  engine: 'vm' | 'espruino' | 'serial';
  startedAt: string;
  uptimeS: number;
  faults: number;
}

export interface NodeView {
  address: string;
  name: string;
  role: 'gateway' | 'node';
  /** Neighbour by which it sends to the gateway, as it last said; null where unknown. */
  next: string | null;
  /** Metres in the virtual village; null where unknown. */
  x: number | null;
  y: number | null;
  balance: number;
  hops: number | null;
  delivered: number;
  lastSeenS: number | null;
}

/** `a` is the lower address. Signals and the share of HELLOs that arrive, each as its receiver says; null unknown. */
export interface LinkView {
  a: string;
  b: string;
  /** Of b, heard by a. */
  rssiDbm: number | null;
  /** Of a, heard by b. */
  rssiBackDbm: number | null;
  qualityAb: number | null;
  qualityBa: number | null;
  payableLinks: number;
}

export interface MeshView {
  nodes: NodeView[];
  links: LinkView[];
  /** Where on Earth x and y are 0, when there is a map to draw beneath; null without one. */
  map: MapOrigin | null;
}

/** Degrees, WGS 84. */
export interface MapOrigin {
  latitude: number;
  longitude: number;
}

/** What a reading of firmware/src/app says. */
export interface ReadingView {
  number: number;
  uptimeS: number;
  /** Null where the board cannot measure it. */
  batteryMv: number | null;
  freeVars: number;
  received: number;
  relayed: number;
}
export const PACKET_KINDS = [
  'reading', 'text', 'open', 'claim', 'state-request', 'time', 'key-request', 'proof-request', 'other',
] as const;

/** One packet that reached the gateway. `id` grows by one and never restarts: it is the event id too. */
export interface PacketView {
  id: number;
  at: string;
  src: string;
  name: string;
  kind: (typeof PACKET_KINDS)[number];
  hops: number;
  bytes: number;
  backed: boolean;
  text: string;
  /** The source's number of it, low half. */
  seq: number;
  /** Null for other packets, and for readings in a format of their own. */
  reading: ReadingView | null;
  /** Who sent it on, the source first, with the credits it promised to the next; empty where nobody listened. */
  path: { address: string; credits: number }[];
}

export interface BlockView {
  height: number;
  at: string;
  hash: string;
  stateRoot: string;
  transactions: number;
  claims: number;
  settledCredits: number;
}

export type GatewayEvent =
  | { type: 'status'; data: Status }
  | { type: 'mesh'; data: MeshView }
  | { type: 'packet'; data: PacketView }
  | { type: 'block'; data: BlockView }
  /** A frame on the virtual air, for the page to animate. */
  | { type: 'frame'; data: { from: string; kind: string; bytes: number; receivedBy: string[] } }
  | { type: 'log'; data: { at: string; level: 'info' | 'warn' | 'error'; text: string } };

/** What the HTTP server may ask of the gateway. Every call answers from memory or the store, at once. */
export interface GatewaySource {
  status(): Status;
  mesh(): MeshView;
  /** The newest packets with an id above `afterId`, oldest first, at most `limit`. Kept across restarts. */
  packets(afterId: number, limit: number): PacketView[];
  blocks(belowHeight: number, limit: number): BlockView[];
  subscribe(listener: (event: GatewayEvent) => void): () => void;
}
