// What is in the air: transmissions, and each as it arrives at one antenna, with the rule by which two of
// them destroy each other. Records only; ether.ts owns their lives and recycles them.

/**
 * A stronger frame survives a weaker one when it is this far above it (Bor et al., MSWiM 2016, section 4.1).
 */
export const CAPTURE_DB = 6;
/**
 * The receiver needs the last five symbols of the preamble (the same, section 4.2); what hits earlier ones is
 * harmless.
 */
export const SYMBOLS_TO_LOCK = 5;

export const enum Fate {
  /** Will be delivered unless something happens. */
  Alive,
  /** Below sensitivity: only disturbs others. */
  Faint,
  Collided,
  /** The receiver was transmitting, or busy with another frame. */
  Deaf,
}

export class Transmission {
  station = 0;
  startMs = 0;
  endMs = 0;
  /** From here on another frame does harm. */
  criticalMs = 0;
  /** From here on the receiver stays with this frame. */
  lockedMs = 0;
  airtimeUs = 0;
  aborted = false;
  frame: Uint8Array = new Uint8Array(0);
  done: (() => void) | null = null;
  readonly receptions: Reception[] = [];
}

export class Reception {
  transmission!: Transmission;
  listener = 0;
  rssiDbm = 0;
  loss = 0;
  fate = Fate.Alive;
}

/**
 * Two frames at one antenna: each is destroyed unless it is 6 dB above the other or the other ends in its
 * preamble.
 */
export function clash(late: Reception, early: Reception): void {
  if (early.transmission.endMs <= late.transmission.startMs) return;
  const earlyHurts = early.transmission.endMs > late.transmission.criticalMs;
  const lateHurts = late.transmission.endMs > early.transmission.criticalMs;
  const aboveDb = late.rssiDbm - early.rssiDbm;
  if (early.fate === Fate.Alive && lateHurts && aboveDb > -CAPTURE_DB) early.fate = Fate.Collided;
  if (late.fate === Fate.Alive && earlyHurts && aboveDb < CAPTURE_DB) late.fate = Fate.Collided;
}
