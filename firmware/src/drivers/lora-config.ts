// Which channel and which modulation a LoRa board uses. Provisioning writes them as JSON to the Storage file
// `fh.radio`; a field that is missing or out of range falls back to the built-in profile. No I/O in here.
// Called by the radio drivers at start; the host tools validate with the same function before they write.
import type { RadioProfile } from '../protocol/airtime.ts';

export interface LoraConfig extends RadioProfile {
  frequencyHz: number;
  /** The SX127x form, one byte; 0x12 is for private networks, 0x34 belongs to LoRaWAN. */
  syncWord: number;
  txPowerDbm: number;
}

/**
 * 869.525 MHz: the 10 % duty cycle sub-band of EU868 (ETSI EN 300 220, band P). 14 dBm suits every region.
 */
export function defaultLoraConfig(): LoraConfig {
  return {
    frequencyHz: 869525000,
    spreadingFactor: 9,
    bandwidthHz: 125000,
    codingRate: 1,
    preambleSymbols: 8,
    explicitHeader: true,
    crc: true,
    syncWord: 0x12,
    txPowerDbm: 14,
  };
}

function within(value: any, lowest: number, highest: number): boolean {
  return typeof value === 'number' && value >= lowest && value <= highest && Math.floor(value) === value;
}

/** Below 62.5 kHz a plain crystal drifts out of the channel (SX1276 datasheet 4.1.1.3): those are refused. */
function isBandwidth(value: any): boolean {
  return value === 62500 || value === 125000 || value === 250000 || value === 500000;
}

/**
 * Takes from `stored` (parsed JSON, or undefined) what is usable. Returns false where something was not;
 * the configuration is then still complete. `spreadingFactorMin`: 7 for the SX127x, whose SF6 has no
 * header, else 5.
 */
export function applyStoredConfig(
  config: LoraConfig,
  stored: any,
  spreadingFactorMin: number,
  txPowerDbmMax: number,
): boolean {
  const usable = stored === undefined || takeFields(config, stored, spreadingFactorMin);
  if (config.txPowerDbm > txPowerDbmMax) config.txPowerDbm = txPowerDbmMax;
  return usable;
}

function takeFields(config: LoraConfig, stored: any, spreadingFactorMin: number): boolean {
  if (!stored || typeof stored !== 'object') return false;
  let good = true;
  if (within(stored.frequencyHz, 137000000, 1020000000)) config.frequencyHz = stored.frequencyHz;
  else good = false;
  if (within(stored.spreadingFactor, spreadingFactorMin, 12)) config.spreadingFactor = stored.spreadingFactor;
  else good = false;
  if (isBandwidth(stored.bandwidthHz)) config.bandwidthHz = stored.bandwidthHz;
  else good = false;
  if (within(stored.codingRate, 1, 4)) config.codingRate = stored.codingRate;
  else good = false;
  if (within(stored.preambleSymbols, 6, 65535)) config.preambleSymbols = stored.preambleSymbols;
  else good = false;
  if (within(stored.syncWord, 0, 255)) config.syncWord = stored.syncWord;
  else good = false;
  if (within(stored.txPowerDbm, -9, 22)) config.txPowerDbm = stored.txPowerDbm;
  else good = false;
  return good;
}
