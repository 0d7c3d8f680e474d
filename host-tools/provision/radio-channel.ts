// The radio settings of a LoRa board, `fh.radio`: modulation from the genesis, channel from the region, both held
// against what the board's radio can do. The driver checks the same ranges again (drivers/lora-config.ts).
import { frameBytesMax, type RadioProfile } from '#protocol';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { loadBoard } from '../firmware-build/boards.ts';

export interface RadioWish {
  frequencyHz?: number | undefined;
  txPowerDbm?: number | undefined;
}

/** A private network's sync word: 0x34 belongs to LoRaWAN. */
const SYNC_WORD = 0x12;
const POWER_DBM = 14;
/**
 * One channel a region. Europe: band P of ETSI EN 300 220-2 V3.2.1, 10 % duty cycle. America: in the ISM band between
 * the uplink and downlink channels of LoRaWAN.
 */
const CHANNEL_HZ = new Map([
  ['EU868', 869_525_000],
  ['US915', 914_900_000],
]);

/** Any frame may be so long (SPEC 3.1). */
const LONGEST = 255;
/** The longest that one frame may be on the air: America, 47 CFR 15.247(a)(1)(i). Others limit the duty cycle. */
const DWELL_US = new Map([['US915', 400_000]]);

/** The file's content, or undefined for a board whose radio is not LoRa. Throws a CliError. */
export function radioSettings(
  boardId: string,
  region: string,
  profile: RadioProfile,
  wish: RadioWish,
): Uint8Array | undefined {
  const { radio } = loadBoard(boardId);
  if (radio.kind === 'udp') {
    if (wish.frequencyHz === undefined && wish.txPowerDbm === undefined) return undefined;
    throw usage(`${boardId} has no LoRa radio`, 'leave --frequency and --power out');
  }
  const frequencyHz = wish.frequencyHz ?? CHANNEL_HZ.get(region);
  if (frequencyHz === undefined)
    throw usage(`no channel is known for the region ${region}`, 'give one with --frequency MHZ');
  const dwellUs = DWELL_US.get(region);
  if (dwellUs !== undefined && frameBytesMax(profile, dwellUs) < LONGEST)
    throw usage(
      `SF${profile.spreadingFactor} at ${profile.bandwidthHz / 1000} kHz keeps ${region} on the air for too long`,
      `found a ledger with a faster profile: ${LONGEST} bytes must take at most ${dwellUs / 1000} ms`,
    );
  const bands = radio.frequencyMHz.map(([low, high]) => `${low}-${high} MHz`).join(' or ');
  if (!radio.frequencyMHz.some(([low, high]) => frequencyHz >= low * 1e6 && frequencyHz <= high * 1e6))
    throw usage(`${boardId} cannot use ${frequencyHz / 1e6} MHz`, `give --frequency within ${bands}`);
  const txPowerDbm = wish.txPowerDbm ?? Math.min(POWER_DBM, radio.txPowerDbmMax);
  if (txPowerDbm > radio.txPowerDbmMax)
    throw usage(`${boardId} cannot send with ${txPowerDbm} dBm`, `give --power up to ${radio.txPowerDbmMax}`);
  return new Uint8Array(
    Buffer.from(JSON.stringify({ ...profile, frequencyHz, syncWord: SYNC_WORD, txPowerDbm })),
  );
}

function usage(message: string, remedy: string): CliError {
  return new CliError(message, remedy, ExitCode.Usage);
}
