// Every number of the wire that two programs must agree on. `const enum` so that the board's bundle holds
// literals and no objects. SPEC.md repeats these tables; a test compares the two.

/** Version of the wire; carried in HELLO and bound into every MIC, so another version never verifies. */
export const enum Wire {
  VERSION = 1,
  FRAME_MAX = 255,
  ADDRESS = 4,
  MIC = 4,
  MIC_SYNC = 6,
  KEY = 16,
  HASH_AIR = 16,
  HASH = 32,
  LEDGER_ID = 8,
  LOCK = 6,
}

/** Low five bits of a frame's first byte (SPEC 3.1). */
export const enum FrameType {
  DATA = 1,
  RECEIPT = 2,
  PAY = 3,
  OPEN = 4,
  RESYNC = 5,
  NACK = 6,
  SYNC = 7,
  SYNCACK = 8,
  HELLO = 9,
  BROADCAST = 10,
  HEADER = 11,
  ROUTE_REQUEST = 12,
  ROUTE_REPLY = 13,
}

/** High three bits of a frame's first byte. TYPE is the mask of the other five. */
export const enum Flag {
  TYPE = 0x1f,
  PAIRWISE = 0x20,
  RECEIPTS = 0x40,
  PAY = 0x80,
}

/** Offsets shared by all frames from one neighbour to another: the 5-byte link header (SPEC 3.2). */
export const enum Link {
  TYPE = 0,
  SENDER = 1,
  NEXT = 2,
  COUNTER = 3,
  BODY = 5,
}

/** DATA: link header, then these (SPEC 4.1). Header 24 + MIC 4 = 28 bytes. */
export const enum Data {
  SRC = 5,
  DST = 9,
  SEQ = 13,
  CLASS = 15,
  LOCK = 16,
  BUDGET = 22,
  BODY = 24,
  OVERHEAD = 28,
}

/** DATA's class byte: who pays, how urgent, hops left (SPEC 4.1). */
export const enum Class {
  BACKED = 0x80,
  URGENCY = 0x60,
  NORMAL = 0x00,
  EMERGENCY = 0x20,
  /** What keeps channels and keys alive, unbacked; carries nothing else (SPEC 8.5). */
  SERVICE = 0x40,
  TTL = 0x1f,
  /** What the preimage covers: everything but the hops left, which each relay changes. */
  FIXED = 0xe0,
}

/** A receipt entry: two bytes of the lock to find the packet by, and the preimage (SPEC 4.2). */
export const enum Receipt {
  HINT = 0,
  PREIMAGE = 2,
  SIZE = 8,
  BATCH_MAX = 8,
}

/** A payment: the newest link and the low byte of its number (SPEC 4.3). */
export const enum Pay {
  LINK = 0,
  NUMBER = 16,
  SIZE = 17,
  /** A payee refuses a link further ahead than this without hashing. */
  AHEAD_MAX = 32,
}

/** OPEN after the link header (SPEC 4.4). */
export const enum Open {
  GENERATION = 5,
  CHAIN = 6,
  WINDOW = 7,
  SIGNATURE = 8,
  SIZE = 124,
}

/** NACK after the link header (SPEC 4.6). `AMOUNT` is links for CREDIT, budget units for PRICE. */
export const enum Nack {
  REASON = 5,
  LOCK = 6,
  AMOUNT = 12,
  SIZE = 18,
}

export const enum NackReason {
  CREDIT = 1,
  PRICE = 2,
  NO_ROUTE = 3,
  BUSY = 4,
  NO_CHANNEL = 5,
  FREE_BUDGET = 6,
  /** Not a refusal: an earlier copy is already on its way; stop repeating it. */
  ACCEPTED = 7,
}

/** RESYNC after the link header: an empty value asks, a link answers (SPEC 4.5). */
export const enum Resync {
  GENERATION = 5,
  CHAIN = 6,
  NUMBER = 7,
  LINK = 9,
  SIZE_ASK = 13,
  SIZE_ANSWER = 29,
}

/** SYNC and SYNCACK carry no counter: they establish it (SPEC 4.7). */
export const enum Sync {
  NONCE = 3,
  COUNTER = 7,
  SIZE_SYNC = 13,
  SIZE_ACK = 17,
}

/** HELLO under the network key (SPEC 4.8). */
export const enum Hello {
  VERSION = 2,
  ADDRESS = 3,
  SEQ = 7,
  FLAGS = 9,
  PRICE = 10,
  COUNTS = 11,
  BODY = 12,
  NEIGHBOUR_SIZE = 2,
  ROUTE_SIZE = 11,
  NEIGHBOURS_MAX = 15,
  ROUTES_MAX = 15,
}

export const enum HelloFlag {
  GATEWAY = 0x01,
  BOOTED = 0x02,
  NO_RELAY = 0x04,
}

/** One route in HELLO (SPEC 4.8). */
export const enum HelloRoute {
  DST = 0,
  SEQ = 4,
  HOPS = 6,
  METRIC = 7,
  COST = 9,
  METRIC_MAX = 0xffff,
}

/** BROADCAST under the network key: flooded, public, never paid for (SPEC 4.9). */
export const enum Broadcast {
  CLASS = 2,
  SRC = 3,
  SEQ = 7,
  BODY = 9,
  BODY_MAX = 64,
}

/** HEADER under the network key, authenticated by a key that the next one discloses (SPEC 4.10). */
export const enum Header {
  TTL = 2,
  GATEWAY = 3,
  SLOT = 7,
  HEIGHT = 8,
  ROOT = 12,
  KEY = 28,
  MAC = 44,
  MAC_SIZE = 6,
  SIZE = 54,
  /** A chain key further ahead than this is refused unhashed: a week of ten-minute slots. */
  STEPS_MAX = 1024,
  KEPT = 4,
}

/** ROUTE_REQUEST under the network key; the record describes the way back to the origin (SPEC 4.11). */
export const enum RouteRequest {
  TTL = 2,
  ROUTE = 3,
  DST = 14,
  SIZE = 22,
}

/** ROUTE_REPLY after the link header; the record describes the way to the destination (SPEC 4.12). */
export const enum RouteReply {
  ROUTE = 5,
  ORIGIN = 16,
  SIZE = 24,
}

/** A window code c asks for an escrow of 2^c links, and no chain has more than 2^10 (SPEC 6.3). */
export const enum Window {
  CODE_MAX = 10,
}

/**
 * A Merkle proof: depth, what stands at its lower end, one bit a level, the siblings that are not empty (SPEC
 * 6.5).
 */
export const enum Proof {
  DEPTH = 0,
  END = 1,
  BITMAP = 2,
}

export const enum ProofEnd {
  /** Nothing: the key is absent. */
  EMPTY = 0,
  /** The leaf asked for; its value follows. */
  LEAF = 1,
  /**
   * The leaf of another key, alone in this subtree: the key asked for is absent. Other key and value follow.
   */
  OTHER = 2,
}

/** The chequebook (SPEC 6). */
export const enum Book {
  CHAINS = 256,
  LINKS = 1024,
  DEPTH = 8,
  LINK = 16,
  SEGMENT = 128,
  SEGMENTS = 8,
  LEAF = 32,
  SIZE = 8192,
}

/** What a board keeps of the segment it pays from: every 8th of 128 links (SPEC 6.2). */
export const enum Segment {
  SPACING = 8,
  PEBBLES = 16,
}

/** The one-time binding signature (SPEC 6.3): base-256 digits of a 5-byte message and its checksum. */
export const enum OneTime {
  MESSAGE = 5,
  DIGITS = 7,
  STEPS = 255,
  SIGNATURE = 112,
}

/**
 * First byte of everything hashed without a secret in front: no hash of one purpose can be read as one of
 * another (SPEC 6.1).
 */
export const enum Purpose {
  PAY_LINK = 0x01,
  BIND_STEP = 0x02,
  BIND_KEY = 0x03,
  BOOK_LEAF = 0x04,
  BOOK_NODE = 0x05,
  LOCK = 0x06,
  PREIMAGE = 0x07,
  MIC = 0x08,
  CHAIN_SECRET = 0x09,
  BIND_SECRET = 0x0a,
  RANDOM = 0x0b,
  HEADER_STEP = 0x0c,
  HEADER_KEY = 0x0d,
  HEADER_MAC = 0x0e,
  /** From 0x40 on the ledger's own purposes; these three are the ones that a node needs too. */
  TREE_KEY = 0x45,
  TREE_LEAF = 0x46,
  TREE_NODE = 0x47,
}

/** Layout of the 16-byte hash prefix (SPEC 6.1). */
export const enum Prefix {
  PURPOSE = 0,
  LEDGER = 1,
  ADDRESS = 9,
  GENERATION = 13,
  CHAIN = 14,
  DIGIT = 15,
  SIZE = 16,
}

/** A budget unit is linkValue / 64 credits. */
export const enum Money {
  UNITS_PER_LINK = 64,
  /** Price 1.0 in HELLO's price byte. */
  PRICE_ONE = 16,
}
