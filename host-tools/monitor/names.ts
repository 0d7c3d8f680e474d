// Names of the numbers that a board prints. The tables are keyed by the firmware's own enums, so that a number added
// there and not here does not compile; only the radio's faults are plain numbers, because drivers are nobody's
// business up here (a test compares them with the driver's).
import { Note } from '#mesh';
import { ErrorCode, NackReason } from '#protocol';

export const ERROR_NAMES: Record<ErrorCode, string> = {
  [ErrorCode.OK]: 'ok',
  [ErrorCode.TOO_SHORT]: 'too short',
  [ErrorCode.TOO_LONG]: 'too long',
  [ErrorCode.BAD_LENGTH]: 'bad length',
  [ErrorCode.UNKNOWN_TYPE]: 'unknown frame type',
  [ErrorCode.BAD_VERSION]: 'other protocol version',
  [ErrorCode.BAD_FLAGS]: 'bad flags',
  [ErrorCode.BAD_MIC]: 'bad integrity code',
  [ErrorCode.REPLAYED]: 'replayed',
  [ErrorCode.UNSYNCED]: 'counters not in step',
  [ErrorCode.NO_KEY]: 'no key of the sender',
  [ErrorCode.NOT_NEIGHBOUR]: 'not from a neighbour',
  [ErrorCode.BAD_COUNT]: 'bad count',
  [ErrorCode.BAD_REASON]: 'bad reason',
  [ErrorCode.BAD_LINK]: 'wrong payment link',
  [ErrorCode.TOO_FAR_AHEAD]: 'payment link too far ahead',
  [ErrorCode.BAD_SIGNATURE]: 'bad signature',
  [ErrorCode.BAD_PREIMAGE]: 'wrong preimage',
  [ErrorCode.DUPLICATE]: 'duplicate',
  [ErrorCode.TABLE_FULL]: 'table full',
  [ErrorCode.TTL_SPENT]: 'hops spent',
  [ErrorCode.UNKNOWN_PAYLOAD]: 'unknown payload',
  [ErrorCode.BAD_CLASS]: 'bad class',
  [ErrorCode.NO_CHANNEL]: 'no payment channel',
  [ErrorCode.OVER_LIMIT]: 'over the limit of the channel',
  [ErrorCode.NO_CLOCK]: 'no clock',
  [ErrorCode.BAD_SLOT]: 'bad slot',
  [ErrorCode.BAD_HEADER_KEY]: 'bad header key',
  [ErrorCode.BAD_HEADER_MAC]: 'bad header code',
  [ErrorCode.BAD_PROOF]: 'bad proof',
  [ErrorCode.BAD_FRAGMENT]: 'bad fragment',
  [ErrorCode.BAD_PARAMS]: 'bad parameters',
  [ErrorCode.OVERFLOW]: 'overflow',
  [ErrorCode.NEGATIVE]: 'negative amount',
};

const NACK_NAMES: Record<NackReason, string> = {
  [NackReason.CREDIT]: 'not enough credit',
  [NackReason.PRICE]: 'price too low',
  [NackReason.NO_ROUTE]: 'no route',
  [NackReason.BUSY]: 'busy',
  [NackReason.NO_CHANNEL]: 'no payment channel',
  [NackReason.FREE_BUDGET]: 'free airtime used up',
  [NackReason.ACCEPTED]: 'already on its way',
};

const UNSENDABLE_NAMES = new Map([
  [1, 'no route'],
  [2, 'tables full'],
  [3, 'no key of the destination'],
  [4, 'too long'],
]);

/** RadioFault of the drivers. */
export const FAULT_NAMES = new Map([
  [1, 'CRC error, frame dropped'],
  [2, 'frame without CRC dropped'],
  [3, 'header error, frame dropped'],
  [16, 'interrupt lost, found by polling'],
  [17, 'bus error, repeated'],
  [18, 'bus dead, chip reset'],
  [19, 'no radio chip answers: check its wiring'],
  [20, 'calibration failed'],
  [21, 'chip lost its state, as after a brown-out'],
  [22, 'channel detection stuck'],
  [23, 'transmission stuck'],
  [24, 'stored radio settings unusable, built-in ones in force'],
]);

export interface NoteName {
  name: string;
  kind: 'delivery' | 'payment' | 'neighbour' | 'refusal';
  isWarning?: boolean;
  /** `who` is written out already. */
  words(who: string, value: number): string;
}

const named = (name: string | undefined, value: number): string => name ?? `code ${value}`;

export const NOTES: Record<Note, NoteName> = {
  [Note.RECEIPT]: {
    name: 'receipt',
    kind: 'delivery',
    words: (who, value) => `packet ${value} to ${who} delivered, receipt in`,
  },
  [Note.LOST]: {
    name: 'lost',
    kind: 'delivery',
    isWarning: true,
    words: (who, value) => `packet ${value} to ${who} lost: no receipt came`,
  },
  [Note.PAID_IN]: { name: 'paid-in', kind: 'payment', words: (who, value) => `${who} paid, link ${value}` },
  [Note.PAID_OUT]: { name: 'paid-out', kind: 'payment', words: (who, value) => `paid ${who}, link ${value}` },
  [Note.RELAYED]: {
    name: 'relayed',
    kind: 'payment',
    words: (who, value) => `relayed a packet of ${who}, ${value} budget units locked`,
  },
  [Note.EARNED]: {
    name: 'earned',
    kind: 'payment',
    words: (who, value) => `earned ${value} units from ${who}`,
  },
  [Note.REFUSED]: {
    name: 'refused',
    kind: 'refusal',
    isWarning: true,
    words: (who, value) =>
      `refused from ${who}: ${named((ERROR_NAMES as Record<number, string>)[value], value)}`,
  },
  [Note.NACKED]: {
    name: 'nacked',
    kind: 'refusal',
    isWarning: true,
    words: (who, value) => `${who} refused: ${named((NACK_NAMES as Record<number, string>)[value], value)}`,
  },
  [Note.NEIGHBOUR_NEW]: {
    name: 'neighbour-new',
    kind: 'neighbour',
    words: (who, value) => `new neighbour ${who}${value === 0 ? ', of whom no key is known' : ''}`,
  },
  [Note.NEIGHBOUR_LOST]: {
    name: 'neighbour-lost',
    kind: 'neighbour',
    isWarning: true,
    words: (who) => `neighbour ${who} lost`,
  },
  [Note.OPENING]: {
    name: 'opening',
    kind: 'payment',
    words: (who, value) => `opening a payment channel to ${who} on chain ${value}`,
  },
  [Note.CHANNEL_IN]: {
    name: 'channel-in',
    kind: 'payment',
    words: (who, value) => `channel from ${who} open up to link ${value}`,
  },
  [Note.CHANNEL_OUT]: {
    name: 'channel-out',
    kind: 'payment',
    words: (who, value) => `channel to ${who} open up to link ${value}`,
  },
  [Note.CLAIMING]: {
    name: 'claiming',
    kind: 'payment',
    words: (who, value) => `claiming ${value} links that ${who} paid`,
  },
  [Note.UNSENDABLE]: {
    name: 'unsendable',
    kind: 'delivery',
    isWarning: true,
    words: (who, value) => `nothing sent to ${who}: ${named(UNSENDABLE_NAMES.get(value), value)}`,
  },
  [Note.CHECKED]: {
    name: 'checked',
    kind: 'payment',
    words: (who, value) => `the ledger at height ${value} proves the channel from ${who}`,
  },
  [Note.CONTRADICTED]: {
    name: 'contradicted',
    kind: 'refusal',
    isWarning: true,
    words: (who, value) => `home lied: at height ${value} the channel from ${who} is not as it said, and is not used`,
  },
  [Note.BALANCE]: { name: 'balance', kind: 'payment', words: (_who, value) => `proven balance: ${value} credits` },
  [Note.RESYNCED]: {
    name: 'resynced',
    kind: 'payment',
    words: (who, value) => `payments from ${who} in step again at link ${value}`,
  },
};

/** Undefined for a number that this version does not know. */
export function noteName(note: number): NoteName | undefined {
  return (NOTES as Record<number, NoteName>)[note];
}
