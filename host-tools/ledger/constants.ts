// The numbers of the ledger that two programs must agree on: kinds, purposes, sizes. SPEC.md repeats these tables.

/** First byte of every transaction (SPEC L4). */
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
  NAME = 11,
  PROPOSE = 12,
  VOTE = 13,
  AUDIT = 14,
  EVIDENCE = 15,
  REVEAL = 16,
}

/** First byte of a state record's key (SPEC L3); a node asks proofs of NODE and CHANNEL (SPEC 5.8). */
export const enum StateKind {
  META = 1,
  OWNER = 2,
  NODE = 3,
  POOL = 4,
  CHANNEL = 5,
  GATEWAY = 6,
  RATES = 7,
  PROPOSAL = 8,
  BALLOT = 9,
}

/** First byte of what this room hashes or signs; the wire has 0x01..0x3f, the tree 0x45..0x47. */
export const enum LedgerPurpose {
  TX_ID = 0x40,
  TX_SIGN = 0x41,
  BLOCK_HASH = 0x42,
  BLOCK_SIGN = 0x43,
  BODY = 0x44,
  SEED = 0x48,
  DRAW = 0x49,
  AUDITORS = 0x4a,
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

/** Bounds of everything that could grow (SPEC L5.1). */
export const enum Bound {
  BLOCK_BYTES = 262144,
  BLOCK_TRANSACTIONS = 8192,
  OWNERS = 64,
  GATEWAYS = 64,
  COMMUNITIES = 64,
  /** Gateways that may be registered, admitted or not. */
  GATEWAYS_REGISTERED = 256,
  PROPOSALS = 256,
  /** Both levies: a node is told their sum in one byte (PARAMS, SPEC 5.6), and another one would spoil its budgets. */
  LEVY_PER_MILLE = 255,
  /** Nodes that share one member's basic allowance. */
  NAMED = 8,
  /** Hashes from a revealed TESLA key down to the last known one: 900 days of ten-minute slots. */
  REVEAL_STEPS = 131072,
  /** Ranks of gateways that may stand in for a slot's leader; each waits a tenth of the slot. */
  RANKS = 10,
}

/** What a proposal does (SPEC L7.9). */
export const enum Action {
  ADMIT_MEMBER = 1,
  EXPEL_MEMBER = 2,
  ADMIT_GATEWAY = 3,
  REMOVE_GATEWAY = 4,
  RELEASE = 5,
  LINE = 6,
  SET_RATE = 7,
  ADD_COMMUNITY = 8,
  SET_SHARE = 9,
}

/** Voted parameters, by the number a proposal names them with (SPEC L7.9). */
export const enum Rate {
  CREDIT_LINE_P = 1,
  PAY_BATCH_P = 2,
  TRUST_MAX_P = 3,
  CLAIM_FIRST = 4,
  LEVY_LOCAL = 5,
  LEVY_GLOBAL = 6,
  DEMURRAGE = 7,
}
