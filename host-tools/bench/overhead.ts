// The bench group `overhead`: what paying costs the air for a 20-byte reading over three hops, against the
// same mesh without payment and against the nearest published scheme. Computed from layouts and batches
// (trip.ts).
import { Receipt } from '#protocol';
import { moneyOf } from '../ledger/genesis.ts';
import { deskProfile } from '../ledger/profiles.ts';
import { figure, type Figure } from './figure.ts';
import { sum, tripCost, type TripCost, type TripSettings } from './trip.ts';

const HOPS = 3;
const READING_BYTES = 20;
const KIND_BYTE = 1;

/**
 * Lot49, a published incentive scheme for mesh radios (github.com/jharveyb/lot49, protocol chapters 5 to 8
 * and appendices): channel updates alone take 189 bytes with aggregated BLS signatures, 234 with Schnorr's,
 * for a message over three hops. Its header of about 100 bytes comes on top and is left out here.
 */
const LOT49 = { hops: 3, blsBytes: 189, schnorrBytes: 234 };

const PROFILES = [
  { name: 'sf7', spreadingFactor: 7, bandwidthHz: 125000 },
  { name: 'sf11', spreadingFactor: 11, bandwidthHz: 250000 },
] as const;

/** The default batches, for a profile: what genesis fixes as multiples of P becomes links here. */
function settingsOf(spreadingFactor: number, bandwidthHz: number, receiptBatch: number): TripSettings {
  const founders = { createdS: 0, salt: new Uint8Array(16), ownerKeys: [new Uint8Array(32)], gateways: [] };
  const params = { ...deskProfile(founders), spreadingFactor, bandwidthHz };
  const money = moneyOf(params);
  return {
    profile: {
      spreadingFactor,
      bandwidthHz,
      codingRate: params.codingRate,
      preambleSymbols: params.preambleSymbols,
      explicitHeader: true,
      crc: true,
    },
    hops: HOPS,
    payloadBytes: READING_BYTES + KIND_BYTE,
    linkValue: money.linkValue,
    payBatchLinks: Math.floor(money.payBatch / money.linkValue),
    windowLinks: 2 ** money.windowCode,
    levyPerMille: params.levyLocalPerMille + params.levyGlobalPerMille,
    receiptBatch,
  };
}

/** Lock, budget, receipts, payments and opens: what a packet carries because it is paid for. */
function paying(cost: TripCost): { bytes: number; airtimeUs: number } {
  return sum(cost.fields, cost.receipts, cost.payments, cost.opens);
}

function ofProfile({ name, spreadingFactor, bandwidthHz }: (typeof PROFILES)[number]): Figure[] {
  const batched = tripCost(settingsOf(spreadingFactor, bandwidthHz, Receipt.BATCH_MAX));
  const alone = tripCost(settingsOf(spreadingFactor, bandwidthHz, 1));
  const ratio = (label: string, ...parts: { airtimeUs: number }[]): Figure => {
    const added = parts.reduce((total, part) => total + part.airtimeUs, 0);
    return figure(`overhead.${label}.${name}`, 1 + added / batched.free.airtimeUs, 'x', 1);
  };
  const { fields, receipts, payments, opens, claims } = batched;
  return [
    ratio('airtimeRatio', paying(batched)),
    ratio('airtimeRatio.fields', fields),
    ratio('airtimeRatio.receipts', receipts),
    ratio('airtimeRatio.payments', payments),
    ratio('airtimeRatio.opens', opens),
    ratio('airtimeRatio.withClaims', paying(batched), claims),
    ratio('airtimeRatio.receiptsAlone', paying(alone)),
  ];
}

export function overhead(): Figure[] {
  const { spreadingFactor, bandwidthHz } = PROFILES[0];
  const cost = tripCost(settingsOf(spreadingFactor, bandwidthHz, Receipt.BATCH_MAX));
  const perHop = (part: { bytes: number }): number => part.bytes / HOPS;
  const lot49 = LOT49.blsBytes / LOT49.hops;
  const parts = (['fields', 'receipts', 'payments', 'opens'] as const).map((part) =>
    figure(`overhead.bytesPerPacketHop.${part}`, perHop(cost[part]), 'B'),
  );
  return [
    figure('overhead.bytesPerPacketHop', perHop(paying(cost)), 'B', lot49),
    ...parts,
    figure('overhead.bytesPerPacketHop.withClaims', perHop(sum(paying(cost), cost.claims)), 'B', lot49),
    ...PROFILES.flatMap(ofProfile),
    figure('overhead.lot49.bytesPerPacketHop', lot49, 'B', perHop(paying(cost))),
    figure(
      'overhead.lot49.schnorr.bytesPerPacketHop',
      LOT49.schnorrBytes / LOT49.hops,
      'B',
      perHop(paying(cost)),
    ),
  ];
}
