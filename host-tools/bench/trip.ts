// What paying adds to a packet's trip, from the layouts of the protocol and the time on air of a profile. A
// reading goes over `hops` hops to the gateway; every relay on the way is paid by the node before it. Knows
// no figures of its own: sizes come from the constants, batches from the genesis parameters.
import {
  Book,
  ClaimPayload,
  Data,
  Link,
  Open,
  OpenPayload,
  Pay,
  Receipt,
  StatePayload,
  Wire,
  timeOnAirUs,
} from '#protocol';
import type { RadioProfile } from '#protocol';

export interface TripSettings {
  profile: RadioProfile;
  hops: number;
  /** Bytes of plaintext in the packet, its kind included. */
  payloadBytes: number;
  /** Credits (milliseconds of airtime) of one link. */
  linkValue: number;
  /** A debt of so many links is paid. */
  payBatchLinks: number;
  windowLinks: number;
  /** Levy on what a relay is paid, per mille. */
  levyPerMille: number;
  /** Receipts that share a frame. */
  receiptBatch: number;
}

/** Bytes and microseconds of air for one packet over the whole trip. */
export interface Cost {
  bytes: number;
  airtimeUs: number;
}

export interface TripCost {
  /** The same packet in the same mesh without lock, budget and anything below. */
  free: Cost;
  /** Lock and budget in DATA. */
  fields: Cost;
  receipts: Cost;
  /** Payments, as trailers of DATA that goes the same way. */
  payments: Cost;
  /** OPEN to the payee and on to the gateway, spread over a chain. */
  opens: Cost;
  /** CLAIM to the gateway and STATE back to both ends, each half window. */
  claims: Cost;
}

const NOTHING: Cost = { bytes: 0, airtimeUs: 0 };

function times(cost: Cost, factor: number): Cost {
  return { bytes: cost.bytes * factor, airtimeUs: cost.airtimeUs * factor };
}

export function sum(...costs: Cost[]): Cost {
  return {
    bytes: costs.reduce((total, cost) => total + cost.bytes, 0),
    airtimeUs: costs.reduce((total, cost) => total + cost.airtimeUs, 0),
  };
}

function difference(larger: Cost, smaller: Cost): Cost {
  return { bytes: larger.bytes - smaller.bytes, airtimeUs: larger.airtimeUs - smaller.airtimeUs };
}

/**
 * Credits that relay `relay` (1 is the first) is owed for one packet: its airtime and what the next one
 * asks.
 */
function owed(settings: TripSettings, relay: number, airtimeMs: number): number {
  if (relay >= settings.hops) return 0;
  return ((airtimeMs + owed(settings, relay + 1, airtimeMs)) * 1000) / (1000 - settings.levyPerMille);
}

export function tripCost(settings: TripSettings): TripCost {
  const { profile, hops } = settings;
  const frame = (bytes: number): Cost => ({ bytes, airtimeUs: timeOnAirUs(profile, bytes) });
  const paid = Data.OVERHEAD + settings.payloadBytes;
  const free = paid - (Data.BODY - Data.LOCK);
  const receiptFrame = frame(Link.BODY + 1 + settings.receiptBatch * Receipt.SIZE + Wire.MIC);
  const receipt = times(receiptFrame, 1 / settings.receiptBatch);
  // A packet of the ledger's own on its way: DATA and its receipt, over a number of hops.
  const carried = (bytes: number, over: number): Cost =>
    times(sum(frame(Data.OVERHEAD + bytes), receipt), over);
  const trailer = difference(frame(paid + Pay.SIZE), frame(paid));

  let payments = NOTHING;
  let opens = NOTHING;
  let claims = NOTHING;
  for (let relay = 1; relay < hops; relay++) {
    const linksPerPacket = owed(settings, relay, timeOnAirUs(profile, paid) / 1000) / settings.linkValue;
    const toGateway = hops - relay;
    const open = sum(frame(Open.SIZE), carried(OpenPayload.SIZE, toGateway));
    const settle = sum(carried(ClaimPayload.SIZE, toGateway), carried(StatePayload.SIZE, 2 * toGateway + 1));
    payments = sum(payments, times(trailer, linksPerPacket / settings.payBatchLinks));
    opens = sum(opens, times(open, linksPerPacket / Book.LINKS));
    claims = sum(claims, times(settle, linksPerPacket / (settings.windowLinks / 2)));
  }
  return {
    free: times(frame(free), hops),
    fields: times(difference(frame(paid), frame(free)), hops),
    receipts: times(receipt, hops),
    payments,
    opens,
    claims,
  };
}
