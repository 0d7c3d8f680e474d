// How strong a transmission arrives: log-distance path loss with optional shadowing, and what a LoRa receiver
// can still demodulate. Pure functions, no state. Used by the ether and by the topologies, which need to know
// a range.
import { Prng } from './prng.ts';

export interface PathLossModel {
  /** Loss at one metre. Friis at 868 MHz: 20 log10(4 pi f / c) = 31.2 dB. */
  lossAtOneMetreDb: number;
  /**
   * Path loss exponent: 2 in free space, 2.7 to 3.5 in built-up areas (Rappaport, Wireless Communications,
   * 4.9).
   */
  exponent: number;
  /**
   * Standard deviation of the log-normal shadowing; 0 switches it off. One draw per pair of stations, both
   * ways.
   */
  shadowingDb: number;
}

export const VILLAGE_PATH_LOSS: PathLossModel = { lossAtOneMetreDb: 31.2, exponent: 3.5, shadowingDb: 0 };

/** Shadowing is cut here, so that a range search has an end. */
const SHADOWING_SIGMAS_MAX = 3;

/**
 * Lowest SNR at which a frame is still demodulated, in dB (SX1276 datasheet rev. 7, table 13; SF5: SX1262
 * table 6-1).
 */
export function snrLimitDb(spreadingFactor: number): number {
  return spreadingFactor <= 5 ? -2.5 : -7.5 - 2.5 * (spreadingFactor - 7);
}

/**
 * Thermal noise in the band plus a 6 dB receiver (Semtech AN1200.22, equation 10). About -117 dBm at 125 kHz.
 */
export function noiseFloorDbm(bandwidthHz: number): number {
  return -174 + 10 * Math.log10(bandwidthHz) + 6;
}

export function sensitivityDbm(spreadingFactor: number, bandwidthHz: number): number {
  return noiseFloorDbm(bandwidthHz) + snrLimitDb(spreadingFactor);
}

/** Loss in dB over `metres`, without shadowing. Nearer than a metre counts as a metre. */
export function pathLossDb(model: PathLossModel, metres: number): number {
  return model.lossAtOneMetreDb + 10 * model.exponent * Math.log10(Math.max(1, metres));
}

/**
 * The pair's shadowing in dB: from seed and station numbers alone, so that adding a station changes no other
 * link.
 */
export function shadowingDb(model: PathLossModel, seed: number, a: number, b: number): number {
  if (model.shadowingDb === 0) return 0;
  const low = Math.min(a, b);
  const high = Math.max(a, b);
  const draw = new Prng(seed * 2 ** 20 + high * 65536 + low).gaussian();
  return model.shadowingDb * Math.max(-SHADOWING_SIGMAS_MAX, Math.min(SHADOWING_SIGMAS_MAX, draw));
}

/** Distance in metres at which a signal of `powerDbm` has faded to `atLeastDbm`, shadowing aside. */
export function rangeM(model: PathLossModel, powerDbm: number, atLeastDbm: number): number {
  const budgetDb = powerDbm - atLeastDbm - model.lossAtOneMetreDb;
  return 10 ** (budgetDb / (10 * model.exponent));
}

/** The same, with the luckiest shadowing: no link is longer. */
export function rangeMaxM(model: PathLossModel, powerDbm: number, atLeastDbm: number): number {
  return rangeM(model, powerDbm + SHADOWING_SIGMAS_MAX * model.shadowingDb, atLeastDbm);
}
