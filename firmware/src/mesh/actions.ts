// What goes into the node and what comes out of it. One event in, a list of actions out; the list is reused
// at the next step, so whoever carries the actions out does it at once.

export const enum EventKind {
  /** A frame from the radio: bytes, a = RSSI in dBm, b = SNR in dB. */
  FRAME = 1,
  /** The radio ended a transmission: a = 1 sent, 0 channel busy. */
  SENT = 2,
  /** Time has come: nothing else happened. */
  TICK = 3,
  /** The application sends: bytes = plaintext, a = destination or EVERYBODY, b = urgency class. */
  SEND = 4,
  /**
   * The host of a gateway sends: bytes = class if unbacked (1), lock if unbacked (6), lock if backed (6),
   * ciphertext; a = destination, b = low half of seq.
   */
  HOST_SEND = 5,
  /** The host of a gateway proves a delivery: bytes = lock (6), preimage (6). */
  HOST_RECEIPT = 6,
  /** The host of a gateway tells its own board the state of one of its channels: bytes = STATE plaintext. */
  HOST_STATE = 7,
  /** The host of a gateway has a header: bytes = HEADER from its gateway field to its MAC. */
  HOST_HEADER = 8,
}

export interface NodeEvent {
  kind: EventKind;
  bytes: Uint8Array;
  a: number;
  b: number;
}

export const enum ActionKind {
  /** Transmit `bytes`. */
  TRANSMIT = 1,
  /** A packet for this node: bytes = plaintext, address = source, a = class, b = hops. */
  DELIVER = 2,
  /**
   * A packet for the host of this gateway: bytes = lock, ciphertext; address = source, a = class * 256 +
   * hops, b = seq.
   */
  HOST_DELIVER = 3,
  /** Something worth telling: a = Note, b = a figure, address = whom it concerns. */
  NOTE = 4,
  /**
   * A public message that any member may have made: bytes = payload, address = its origin as it says, a = class,
   * b = hops.
   */
  BROADCAST = 5,
}

export interface Action {
  kind: ActionKind;
  bytes: Uint8Array;
  address: number;
  a: number;
  b: number;
}

/** What a NOTE tells (SPEC 8.9). Figures in brackets. */
export const enum Note {
  /** Own packet proven delivered (low half of seq). */
  RECEIPT = 1,
  /** Own packet expired without a receipt (low half of seq). */
  LOST = 2,
  /** Links received from a neighbour (new number). */
  PAID_IN = 3,
  /** Links sent to a neighbour (new number). */
  PAID_OUT = 4,
  /** A packet relayed, its payment locked (budget units). */
  RELAYED = 5,
  /** Relay income from a receipt (units). */
  EARNED = 6,
  /** A frame or record refused (ErrorCode). */
  REFUSED = 7,
  /** A neighbour refused (NackReason). */
  NACKED = 8,
  NEIGHBOUR_NEW = 9,
  NEIGHBOUR_LOST = 10,
  OPENING = 11,
  CHANNEL_IN = 12,
  CHANNEL_OUT = 13,
  CLAIMING = 14,
  /** Nothing sent (1 = no route, 2 = tables full, 3 = no key, 4 = too long). */
  UNSENDABLE = 16,
  RESYNCED = 17,
  /** A proof agrees with what home said of a neighbour's channel (height). */
  CHECKED = 18,
  /** It does not: the channel is not used (height). */
  CONTRADICTED = 19,
  /** The own account as the ledger proves it (credits). */
  BALANCE = 20,
}
