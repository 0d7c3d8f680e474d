// Two ready-made sets of genesis parameters. A profile leaves out who the people are: owners, gateways, the salt
// and the time of creation come from the caller, because this room draws nothing at random and has no clock.
import type { GenesisGateway, GenesisParams } from './genesis.ts';
import { moneyOf } from './genesis.ts';

export interface Founders {
  createdS: number;
  salt: Uint8Array;
  /** Ed25519 public keys of the founding owners; half of the planned lines is theirs to vouch with. */
  ownerKeys: Uint8Array[];
  gateways: GenesisGateway[];
}

const COMMON = {
  codingRate: 1,
  preambleSymbols: 8,
  region: 'EU868',
  creditLineP: 384,
  payBatchP: 2,
  windowP: 64,
  trustMaxP: 4,
  levyLocalPerMille: 40,
  levyGlobalPerMille: 10,
  demurragePerMille: 200,
  channelEpochs: 7,
  communities: [1],
};

function withFounders(base: Omit<GenesisParams, keyof Founders | 'owners'>, founders: Founders): GenesisParams {
  const { ownerKeys, ...rest } = founders;
  const params: GenesisParams = { ...base, ...rest, owners: [] };
  const line = Math.floor(moneyOf(params).supply / 2 / ownerKeys.length);
  return { ...params, owners: ownerKeys.map((key) => ({ key, line })) };
}

/**
 * The table-top mesh: SF7/250 kHz (the data rate 6 of LoRaWAN's EU868), since a desk needs no range and eight boards
 * that speak every few seconds would fill a channel of 125 kHz; a block a second, an hour's epoch of 3600 heights with
 * a money round every five minutes, and a first claim after one link so that somebody who watches sees one in the
 * first minute.
 */
export function deskProfile(founders: Founders): GenesisParams {
  return withFounders({
    ...COMMON,
    spreadingFactor: 7,
    bandwidthHz: 250000,
    claimFirst: 1,
    blockIntervalS: 1,
    moneyRound: 300,
    epoch: 3600,
    plannedNodes: 256,
  }, founders);
}

/** A village on SF9: ten-minute blocks, two-hour money rounds, one epoch a day. */
export function villageProfile(founders: Founders): GenesisParams {
  return withFounders({
    ...COMMON,
    spreadingFactor: 9,
    bandwidthHz: 125000,
    // 4 P in links of P/2 rounded up to a power of two: floor(4 x 1355 / 1024).
    claimFirst: 5,
    blockIntervalS: 600,
    moneyRound: 12,
    epoch: 144,
    plannedNodes: 1000,
  }, founders);
}
