// The numbers of the ledger that two programs must agree on: kinds, purposes, sizes. SPEC.md repeats these tables.

/** First byte of every transaction (SPEC 4). */
export const enum TxKind {
  JOIN = 1,
  OPEN = 2,
  CLAIM = 3,
  CLOSE = 4,
  TRANSFER = 5,
  REKEY = 6,
  LEAVE = 7,
  UNVOUCH = 8,
  HOME = 9,
  GATEWAY = 10,
  COMMUNITY = 11,
  PROPOSE = 12,
  VOTE = 13,
  AUDIT = 14,
  EVIDENCE = 15,
}

/** First byte of a state record's key (SPEC 3); a node asks proofs of NODE and CHANNEL (wire SPEC 5.8). */
export const enum StateKind {
  META = 1,
  OWNER = 2,
  NODE = 3,
  POOL = 4,
  CHANNEL = 5,
  GATEWAY = 6,
}

/** First byte of what this room hashes or signs; the wire has 0x01..0x3f, the tree 0x45..0x47. */
export const enum LedgerPurpose {
  TX_ID = 0x40,
  TX_SIGN = 0x41,
  BLOCK_HASH = 0x42,
  BLOCK_SIGN = 0x43,
  BODY = 0x44,
}

export const enum LedgerVersion {
  GENESIS = 1,
  TX = 1,
  BLOCK = 1,
  RECORD = 1,
}

/** Pools with a fixed number; communities count from FIRST_COMMUNITY. */
export const enum PoolId {
  TREASURY = 0,
  GLOBAL = 1,
  FIRST_COMMUNITY = 16,
}

/** Bounds of everything that could grow (SPEC 5.1). */
export const enum Bound {
  BLOCK_BYTES = 262144,
  BLOCK_TRANSACTIONS = 8192,
  OWNERS = 64,
  GATEWAYS = 64,
  COMMUNITIES = 64,
}
