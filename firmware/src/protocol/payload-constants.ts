// The numbers of what travels inside DATA (SPEC 5): first bytes and offsets of each payload's fields. Apart
// from constants.ts because a relay never needs them, and with the same rule: SPEC.md repeats them, a test
// compares.

/** First byte of a DATA packet's plaintext (SPEC 5). */
export const enum Payload {
  READING = 1,
  TEXT = 2,
  COMMAND = 3,
  OPEN = 4,
  CLAIM = 5,
  STATE = 6,
  STATE_REQUEST = 7,
  TIME = 8,
  PARAMS = 9,
  KEYREQ = 10,
  KEYREP = 11,
  PROOF_REQUEST = 12,
  PROOF = 13,
  FRAGMENT = 14,
}

/** OPEN on its way to the gateway; the payee is the packet's source (SPEC 5.2). */
export const enum OpenPayload {
  PAYER = 1,
  GENERATION = 5,
  CHAIN = 6,
  WINDOW = 7,
  SIGNATURE = 8,
  SIZE = 120,
}

/** CLAIM on its way to the gateway (SPEC 5.3). */
export const enum ClaimPayload {
  PAYER = 1,
  GENERATION = 5,
  CHAIN = 6,
  NUMBER = 7,
  LINK = 9,
  SIZE = 25,
}

/** STATE from home: the receiver's account and one channel (SPEC 5.4). */
export const enum StatePayload {
  HEIGHT = 1,
  BALANCE = 5,
  PARAMS = 11,
  PAYER = 12,
  GENERATION = 16,
  CHAIN = 17,
  PAYEE = 18,
  SETTLED = 22,
  LIMIT = 24,
  EXPIRY = 26,
  FLAGS = 30,
  /** The link at SETTLED, the anchor when nothing is settled: from it a payee checks the next payment. */
  LINK = 31,
  SIZE = 47,
}

export const enum StateFlag {
  /** The channel is on the ledger. Without it the other channel fields are zero. */
  EXISTS = 0x01,
  CLOSING = 0x02,
}

/** STATE_REQUEST names the channel it asks about (SPEC 5.4). */
export const enum StateRequestPayload {
  PAYER = 1,
  GENERATION = 5,
  CHAIN = 6,
  SIZE = 7,
}

/** TIME: four bytes of nonce ask, the same and the time answer (SPEC 5.5). */
export const enum TimePayload {
  NONCE = 1,
  SECONDS = 5,
  /** 1/256 s. */
  FRACTION = 9,
  SIZE_ASK = 5,
  SIZE_ANSWER = 10,
}

/** PARAMS: what the vote decides and a node must know (SPEC 5.6). Links, per mille, 1/16 of price 1.0. */
export const enum ParamsPayload {
  VERSION = 1,
  HEIGHT = 2,
  PAY_BATCH = 6,
  TRUST_MAX = 7,
  CLAIM_FIRST = 8,
  WINDOW = 9,
  LEVY = 10,
  FREE = 11,
  EMERGENCY = 12,
  SERVICE = 13,
  PRICE_FLOOR = 14,
  PRICE_CAP = 15,
  SIZE = 16,
}

/** What a KEYREQ wants to know about an address (SPEC 5.7). */
export const enum KeySubject {
  PAIR = 1,
  HEADER = 2,
}

export const enum KeyReqPayload {
  SUBJECT = 1,
  ADDRESS = 2,
  SIZE = 6,
}

/** KEYREP: the fields of its subject, or none of them when home has no answer (SPEC 5.7). */
export const enum KeyRepPayload {
  SUBJECT = 1,
  ADDRESS = 2,
  SIZE_NONE = 6,
  LINK = 6,
  END_AUTH = 22,
  END_CIPHER = 38,
  SIZE_PAIR = 54,
  SLOT = 6,
  GENERATION = 10,
  KEY = 11,
  SIZE_HEADER = 27,
}

/**
 * Records of the ledger that a node may ask a proof of (SPEC 5.8). The id is the address, or payer, book,
 * chain.
 */
export const enum ProofRecord {
  NODE = 3,
  CHANNEL = 5,
}

export const enum ProofRequestPayload {
  RECORD = 1,
  HEIGHT = 2,
  ID = 6,
  SIZE_NODE = 10,
  SIZE_CHANNEL = 12,
}

/** PROOF: record and height, then the proof of SPEC 6.5. */
export const enum ProofPayload {
  RECORD = 1,
  HEIGHT = 2,
  PROOF = 6,
}

/** What a node reads in the proven value of a record (ledger SPEC L3): an account's balance, a channel's fields. */
export const enum ProofValue {
  BALANCE = 1,
  PAYEE = 1,
  LIMIT = 8,
  EXPIRY = 10,
}

/**
 * FRAGMENT: a piece of a payload that one frame cannot hold (SPEC 5.9). PART: index in the high half, count -
 * 1.
 */
export const enum FragmentPayload {
  MESSAGE = 1,
  PART = 2,
  TOTAL = 3,
  BODY = 5,
  COUNT_MAX = 16,
  TOTAL_MAX = 1024,
}
