// Time on air of a LoRa frame, after Semtech SX1276/77/78/79 datasheet rev. 7 section 4.1.1.7 and SX1261/2
// datasheet rev. 2.1 section 6.1.4 (which adds SF5 and SF6). Integer microseconds: money derives from it.
// Called by the mesh (fees, duty cycle), the simulator's ether and the host tools.

export interface RadioProfile {
  /** Spreading factor, 5..12 (5 and 6 with the longer sync of the SX126x). */
  spreadingFactor: number;
  /** Bandwidth in Hz: 7800 .. 500000. */
  bandwidthHz: number;
  /** Coding rate 4/(4 + codingRate), 1..4. */
  codingRate: number;
  /** Programmed preamble length in symbols. */
  preambleSymbols: number;
  explicitHeader: boolean;
  crc: boolean;
}

/**
 * Low data rate optimisation is mandatory where a symbol lasts 16 ms or longer (SX1276 datasheet 4.1.1.6).
 */
export function lowDataRateOptimised(spreadingFactor: number, bandwidthHz: number): boolean {
  return (1 << spreadingFactor) * 1000 >= 16 * bandwidthHz;
}

/** Symbols after the preamble for a payload of `bytes` (0..255). */
export function payloadSymbols(profile: RadioProfile, bytes: number): number {
  const sf = profile.spreadingFactor;
  const short = sf < 7;
  const bitsPerSymbol = 4 * (lowDataRateOptimised(sf, profile.bandwidthHz) ? sf - 2 : sf);
  const bits =
    8 * bytes - 4 * sf + (short ? 0 : 8) + (profile.crc ? 16 : 0) + (profile.explicitHeader ? 20 : 0);
  const blocks = bits > 0 ? Math.floor((bits + bitsPerSymbol - 1) / bitsPerSymbol) : 0;
  return 8 + blocks * (profile.codingRate + 4);
}

/**
 * Time on air in whole microseconds, rounded up. Exact: the quarter symbols of the preamble are kept as
 * integers.
 */
export function timeOnAirUs(profile: RadioProfile, bytes: number): number {
  const sf = profile.spreadingFactor;
  // Preamble + 4.25 sync symbols (6.25 for SF5 and SF6), counted in quarters of a symbol.
  const quarters = 4 * profile.preambleSymbols + (sf < 7 ? 25 : 17) + 4 * payloadSymbols(profile, bytes);
  return Math.ceil((quarters * (1 << sf) * 250000) / profile.bandwidthHz);
}

/** Time on air in whole milliseconds, rounded up: the number of credits a transmission costs at price 1.0. */
export function timeOnAirMs(profile: RadioProfile, bytes: number): number {
  return Math.ceil(timeOnAirUs(profile, bytes) / 1000);
}

/** P, the reference path price in credits: three hops of a 78-byte frame (SPEC 2). */
export function referencePathPrice(profile: RadioProfile): number {
  return Math.ceil((3 * timeOnAirUs(profile, 78)) / 1000);
}

/** The longest frame, at most 255 bytes, that stays within a dwell time; 0 when none does (SPEC 3.1). */
export function frameBytesMax(profile: RadioProfile, dwellUs: number): number {
  let bytes = 255;
  while (bytes > 0 && timeOnAirUs(profile, bytes) > dwellUs) bytes--;
  return bytes;
}
