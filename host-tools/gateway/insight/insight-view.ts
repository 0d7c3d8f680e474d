// What the page's views show beyond status, mesh and packets: the shapes of the paths in http/insight-routes.ts. Types
// only; insight.ts fills them. Credits are integers unless they say otherwise; bytes are hexadecimal text.
import type { ReadingView } from '../view.ts';

/** One status line of a board, boiled down. Counters run from its last start. */
export interface BoardSample {
  at: string;
  uptimeS: number;
  vars: number;
  varsTotal: number;
  received: number;
  refused: number;
  sent: number;
  relayed: number;
  airtimeMs: number;
  /** Share of the time on the air since the sample before, in thousandths. */
  dutyPerMille: number;
}

export interface NeighbourView {
  address: string;
  rssiDbm: number;
  snrDb: number;
  /** Share of its HELLOs that arrive here, and of ours there as it reports. */
  qualityIn: number;
  qualityOut: number;
  price: number;
  heardS: number;
  gateway: boolean;
  /** What the two owe each other, in credits with fractions: each by its own books (SPEC 8.4). */
  owedToUs: number;
  owedByUs: number;
  pendingToUs: number;
  pendingByUs: number;
  /** Paid to us with links and not yet claimed on the ledger. */
  unclaimed: number;
  channelIn: boolean;
  channelOut: boolean;
}

export interface RouteView {
  to: string;
  next: string;
  hops: number;
  metric: number;
}

export interface ChannelView {
  payer: string;
  payee: string;
  generation: number;
  chain: number;
  settled: number;
  limit: number;
  settledCredits: number;
  escrowCredits: number;
  expiry: number;
  closing: boolean;
}

export interface RefusalView {
  at: string;
  kind: string;
  reason: string;
  who: string;
}

export interface CountView {
  reason: string;
  count: number;
}

/** `GET /api/v1/boards/{id}` */
export interface BoardDetail {
  address: string;
  name: string;
  role: 'gateway' | 'node';
  balance: number;
  line: number;
  escrow: number;
  free: number;
  linkValue: number;
  samples: BoardSample[];
  readings: (ReadingView & { at: string; hops: number })[];
  neighbours: NeighbourView[];
  routes: RouteView[];
  channels: ChannelView[];
  refusals: RefusalView[];
  refusalCounts: CountView[];
}

/** `GET /api/v1/proofs/{id}`: a record under the state root of the newest block, with all that its check needs. */
export interface ProofView {
  id: string;
  height: number;
  stateRoot: string;
  blockHash: string;
  /** The block's header: its hash is `blockHash`, and it names `stateRoot`. */
  header: string;
  /** Kind of the record and its id, from which the place in the tree follows (SPEC 6.5). */
  kind: number;
  key: string;
  proof: string;
  /** What the gateway says is proven; the proof decides. */
  balance: number | null;
}

/** `GET /api/v1/receipts/{id}`: how the receipt of a packet went back, hop by hop, and when after its arrival. */
export interface ReceiptView {
  steps: { from: string; to: string; afterMs: number }[];
  /** It was heard by the packet's source. */
  complete: boolean;
}

export interface TransactionLine {
  id: string;
  kind: string;
  bytes: number;
  text: string;
}

/** `GET /api/v1/blocks/{id}` */
export interface BlockDetail {
  height: number;
  hash: string;
  parent: string;
  slot: number;
  producer: string;
  rank: number;
  bytes: number;
  transactions: TransactionLine[];
}

export interface EconomySample {
  at: string;
  height: number;
  giniPerMille: number;
  moneyCentiP: number;
  settledCredits: number;
  pools: number;
  delivered: number;
  deliveryPerMille: number;
}

export interface DeliveryView {
  address: string;
  name: string;
  sent: number;
  delivered: number;
}

/** `GET /api/v1/economy` */
export interface EconomyView {
  height: number;
  supply: number;
  conserved: boolean;
  pathPrice: number;
  linkValue: number;
  creditLine: number;
  nodes: number;
  /** With a claim as payer or payee in the last epoch, or joined in it. */
  activeNodes: number;
  giniPerMille: number;
  moneyCentiP: number;
  /** Readings that arrived, of those that their numbers say were made. */
  delivery: DeliveryView[];
  deliveryPerMille: number;
  starving: number;
  pools: { number: number; name: string; balance: number; share: number }[];
  levyLocalPerMille: number;
  levyGlobalPerMille: number;
  demurragePerMille: number;
  /** Gateways with strikes against them. */
  struck: { address: string; strikes: number; admitted: boolean }[];
  refusalCounts: CountView[];
  series: EconomySample[];
}

export interface OwnerLine {
  key: string;
  balance: number;
  line: number;
  free: number;
  member: boolean;
}

export interface ConsoleLine {
  number: number;
  at: string;
  address: string;
  name: string;
  /** As `fairhop monitor` names them. */
  kind: string;
  level: 'info' | 'warn' | 'error';
  text: string;
}

export interface PortLine {
  path: string;
  stableName: string | null;
  likelyBoards: string[];
  bridge: string | null;
  accessible: boolean | null;
  holders: string[];
  /** The port of the gateway's own radio board. */
  ours: boolean;
}
