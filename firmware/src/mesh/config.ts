// What a node is told once: who it is, which ledger, radio and money parameters hold (SPEC 2). Written at
// provisioning, read at boot, never changed by the node. Also the sizes of all tables: the only memory it
// takes.
import type { RadioProfile } from '#protocol';

export interface NodeConfig {
  address: number;
  /** The gateway that speaks for the ledger. A gateway's own board has its own address here. */
  home: number;
  /** First 8 bytes of the genesis hash. */
  ledger: Uint8Array;
  networkKey: Uint8Array;
  /** Generation of the chequebook that this board holds. */
  generation: number;
  /** True on a gateway's board: packets for this address go to the host, which holds the end-to-end keys. */
  endOnHost: boolean;
  profile: RadioProfile;
  /** Credits of one chain link, a power of two (SPEC 2). */
  linkValue: number;
  levyPerMille: number;
  /** Own price per millisecond of airtime, 16 = 1.0. */
  price: number;
  /** Most that is carried for a neighbour beyond what it prepaid, in links. */
  trustMaxLinks: number;
  /** A debt of so many links is paid at once. */
  payBatchLinks: number;
  /** Unclaimed links at which the first claim on a channel is made. */
  claimFirstLinks: number;
  /** The window asked for in OPEN: 2^code links. */
  windowCode: number;
  epochHeights: number;
  blockIntervalS: number;
  /** Share of own airtime given away to unbacked packets, per mille. */
  freePerMille: number;
  /** The same for service packets (SPEC 8.5): OPEN, CLAIM, STATE and what else channels and keys need. */
  servicePerMille: number;
  /** The same for emergencies, which nobody's credit can buy and nobody's debt can close. */
  emergencyPerMille: number;
  /** Most of any hour that the region lets this radio be on the air, per mille; 1000 sets no limit. */
  dutyPerMille: number;
  /** How long OPEN, CLAIM and questions about a channel wait for their effect before they are repeated. */
  retryS: number;
  helloMinMs: number;
  helloMaxMs: number;
  /** How long receipts wait for company, and the time after which an unheard one is repeated. */
  receiptDelayMs: number;
}


/** Table sizes in records (SPEC 8.1). Relations between them are asserted by a test. */
export const enum Size {
  NEIGHBOURS = 12,
  ROUTES = 32,
  PENDING = 32,
  BODIES = 14,
  QUEUE = 20,
  CLAIMS = 8,
  SOURCES = 12,
  /** Peers whose keys a board may hold: 3.3 kB. */
  KEYS = 64,
  /** Floods remembered, and headers' gateways. */
  FLOODS = 12,
  GATEWAYS = 4,
  /** Own packets under way at once. */
  OWN_PENDING = 6,
  /** Most records of one upstream, and of one source, in the table of packets under way. */
  UPSTREAM_PENDING = 16,
  SOURCE_PENDING = 8,
}

/** Marks an absent index in tables of bytes. */
export const enum Index {
  NONE = 255,
  /** As a packet's upstream: this node is the source. As its downstream: it is the destination. */
  SELF = 254,
}
