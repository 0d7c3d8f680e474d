// Where each field of each message lies, taken from the constants of the code, as data: name, offset,
// bytes. The vectors say what must be read there. Shared by Node and the interpreter, so it keeps to the
// board's subset.
import {
  Broadcast, Data, FrameType, Header, Hello, HelloRoute, Link, Nack, Open, Pay, Resync, RouteReply,
  RouteRequest, Sync,
} from '../../firmware/src/protocol/constants.ts';
import {
  ClaimPayload, KeyRepPayload, KeyReqPayload, KeySubject, OpenPayload, ParamsPayload, Payload, ProofPayload,
  ProofRecord, ProofRequestPayload, StatePayload, StateRequestPayload, TimePayload,
} from '../../firmware/src/protocol/payload-constants.ts';

export type Field = [name: string, at: number, size: number];

const LINK: Field[] = [['sender', Link.SENDER, 1], ['next', Link.NEXT, 1], ['counter', Link.COUNTER, 2]];
const SYNC: Field[] = [['sender', Link.SENDER, 1], ['next', Link.NEXT, 1], ['nonce', Sync.NONCE, 4]];
const RESYNC: Field[] = LINK.concat([
  ['generation', Resync.GENERATION, 1], ['chain', Resync.CHAIN, 1], ['number', Resync.NUMBER, 2],
]);

function route(at: number): Field[] {
  return [
    ['routeDst', at + HelloRoute.DST, 4], ['routeSeq', at + HelloRoute.SEQ, 2],
    ['routeHops', at + HelloRoute.HOPS, 1],
    ['routeMetric', at + HelloRoute.METRIC, 2], ['routeCost', at + HelloRoute.COST, 2],
  ];
}

export function frameFields(type: number, length: number): Field[] {
  switch (type) {
    case FrameType.DATA:
      return LINK.concat([
        ['src', Data.SRC, 4], ['dst', Data.DST, 4], ['seq', Data.SEQ, 2], ['class', Data.CLASS, 1],
        ['lock', Data.LOCK, 6], ['budget', Data.BUDGET, 2],
      ]);
    case FrameType.RECEIPT: return LINK.concat([['count', Link.BODY, 1]]);
    case FrameType.PAY:
      return LINK.concat([['link', Link.BODY + Pay.LINK, 16], ['number', Link.BODY + Pay.NUMBER, 1]]);
    case FrameType.OPEN:
      return LINK.concat([
        ['generation', Open.GENERATION, 1], ['chain', Open.CHAIN, 1], ['window', Open.WINDOW, 1],
        ['signature', Open.SIGNATURE, 112],
      ]);
    case FrameType.RESYNC:
      return length === Resync.SIZE_ASK ? RESYNC : RESYNC.concat([['link', Resync.LINK, 16]]);
    case FrameType.NACK:
      return LINK.concat([['reason', Nack.REASON, 1], ['lock', Nack.LOCK, 6], ['amount', Nack.AMOUNT, 2]]);
    case FrameType.SYNC: return SYNC;
    case FrameType.SYNCACK: return SYNC.concat([['syncCounter', Sync.COUNTER, 4]]);
    case FrameType.HELLO:
      return [
        ['sender', Link.SENDER, 1], ['version', Hello.VERSION, 1], ['address', Hello.ADDRESS, 4],
        ['helloSeq', Hello.SEQ, 2], ['helloFlags', Hello.FLAGS, 1], ['price', Hello.PRICE, 1],
        ['counts', Hello.COUNTS, 1],
      ];
    case FrameType.BROADCAST:
      return [
        ['sender', Link.SENDER, 1], ['class', Broadcast.CLASS, 1], ['src', Broadcast.SRC, 4],
        ['seq', Broadcast.SEQ, 2],
      ];
    case FrameType.HEADER:
      return [
        ['sender', Link.SENDER, 1], ['ttl', Header.TTL, 1], ['gateway', Header.GATEWAY, 4],
        ['slot', Header.SLOT, 1],
        ['height', Header.HEIGHT, 4], ['root', Header.ROOT, 16], ['key', Header.KEY, 16],
        ['mac', Header.MAC, Header.MAC_SIZE],
      ];
    case FrameType.ROUTE_REQUEST:
      return ([['sender', Link.SENDER, 1], ['ttl', RouteRequest.TTL, 1]] as Field[])
        .concat(route(RouteRequest.ROUTE))
        .concat([['dst', RouteRequest.DST, 4]]);
    case FrameType.ROUTE_REPLY:
      return LINK.concat(route(RouteReply.ROUTE)).concat([['origin', RouteReply.ORIGIN, 4]]);
    default: return [];
  }
}

const OPEN: Field[] = [
  ['payer', OpenPayload.PAYER, 4], ['generation', OpenPayload.GENERATION, 1], ['chain', OpenPayload.CHAIN, 1],
  ['window', OpenPayload.WINDOW, 1], ['signature', OpenPayload.SIGNATURE, 112],
];
const CLAIM: Field[] = [
  ['payer', ClaimPayload.PAYER, 4], ['generation', ClaimPayload.GENERATION, 1],
  ['chain', ClaimPayload.CHAIN, 1],
  ['number', ClaimPayload.NUMBER, 2], ['link', ClaimPayload.LINK, 16],
];
const STATE: Field[] = [
  ['height', StatePayload.HEIGHT, 4], ['balance', StatePayload.BALANCE, 6],
  ['params', StatePayload.PARAMS, 1],
  ['payer', StatePayload.PAYER, 4], ['generation', StatePayload.GENERATION, 1],
  ['chain', StatePayload.CHAIN, 1],
  ['payee', StatePayload.PAYEE, 4], ['settled', StatePayload.SETTLED, 2], ['limit', StatePayload.LIMIT, 2],
  ['expiry', StatePayload.EXPIRY, 4], ['flags', StatePayload.FLAGS, 1], ['link', StatePayload.LINK, 16],
];
const STATE_REQUEST: Field[] = [
  ['payer', StateRequestPayload.PAYER, 4], ['generation', StateRequestPayload.GENERATION, 1],
  ['chain', StateRequestPayload.CHAIN, 1],
];
const PARAMS: Field[] = [
  ['version', ParamsPayload.VERSION, 1], ['height', ParamsPayload.HEIGHT, 4],
  ['payBatch', ParamsPayload.PAY_BATCH, 1],
  ['trustMax', ParamsPayload.TRUST_MAX, 1], ['claimFirst', ParamsPayload.CLAIM_FIRST, 1],
  ['window', ParamsPayload.WINDOW, 1], ['levy', ParamsPayload.LEVY, 1], ['free', ParamsPayload.FREE, 1],
  ['emergency', ParamsPayload.EMERGENCY, 1], ['service', ParamsPayload.SERVICE, 1],
  ['priceFloor', ParamsPayload.PRICE_FLOOR, 1], ['priceCap', ParamsPayload.PRICE_CAP, 1],
];
const KEYREP: Field[] = [['subject', KeyRepPayload.SUBJECT, 1], ['about', KeyRepPayload.ADDRESS, 4]];
const KEYREP_PAIR: Field[] = KEYREP.concat([
  ['linkKey', KeyRepPayload.LINK, 16], ['endAuth', KeyRepPayload.END_AUTH, 16],
  ['endCipher', KeyRepPayload.END_CIPHER, 16],
]);
const KEYREP_HEADER: Field[] = KEYREP.concat([
  ['keySlot', KeyRepPayload.SLOT, 4], ['keyGeneration', KeyRepPayload.GENERATION, 1],
  ['headerKey', KeyRepPayload.KEY, 16],
]);
const ASKED: Field[] = [['record', ProofRequestPayload.RECORD, 1], ['height', ProofRequestPayload.HEIGHT, 4]];

export function payloadFields(payload: Uint8Array): Field[] {
  switch (payload[0]) {
    case Payload.OPEN: return OPEN;
    case Payload.CLAIM: return CLAIM;
    case Payload.STATE: return STATE;
    case Payload.STATE_REQUEST: return STATE_REQUEST;
    case Payload.TIME: {
      const nonce: Field[] = [['nonce', TimePayload.NONCE, 4]];
      if (payload.length === TimePayload.SIZE_ASK) return nonce;
      return nonce.concat([['seconds', TimePayload.SECONDS, 4], ['fraction', TimePayload.FRACTION, 1]]);
    }
    case Payload.PARAMS: return PARAMS;
    case Payload.KEYREQ: return [['subject', KeyReqPayload.SUBJECT, 1], ['about', KeyReqPayload.ADDRESS, 4]];
    case Payload.KEYREP:
      if (payload.length === KeyRepPayload.SIZE_NONE) return KEYREP;
      return payload[KeyRepPayload.SUBJECT] === KeySubject.PAIR ? KEYREP_PAIR : KEYREP_HEADER;
    case Payload.PROOF_REQUEST: {
      const node = payload[ProofRequestPayload.RECORD] === ProofRecord.NODE;
      const id: Field = node ? ['node', ProofRequestPayload.ID, 4] : ['channel', ProofRequestPayload.ID, 6];
      return ASKED.concat([id]);
    }
    case Payload.PROOF: return [['record', ProofPayload.RECORD, 1], ['height', ProofPayload.HEIGHT, 4]];
    default: return [];
  }
}
