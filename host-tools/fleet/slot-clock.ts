// Slots by the engine's stamps (SPEC F2.2): slot s at rank r is open from s + r/10 intervals to s + 1 intervals after
// 1970. A benchmark gives a faster clock; the rules are the same.

export interface SlotClock {
  readonly slotMs: number;
  slotOf(ms: number): number;
  startMs(slot: number): number;
}

export function slotClock(blockIntervalS: number): SlotClock {
  const slotMs = blockIntervalS * 1000;
  return { slotMs, slotOf: (ms) => Math.floor(ms / slotMs), startMs: (slot) => slot * slotMs };
}

/** From `slot` at `startMs` on, slots of `slotMs` each. */
export function fastClock(slot: number, startMs: number, slotMs: number): SlotClock {
  return {
    slotMs,
    slotOf: (ms) => slot + Math.floor((ms - startMs) / slotMs),
    startMs: (other) => startMs + (other - slot) * slotMs,
  };
}

/** When a rank may write in a slot; the end is the next slot's start for all of them. */
export function rankStartMs(clock: SlotClock, slot: number, rank: number): number {
  return clock.startMs(slot) + Math.ceil((rank * clock.slotMs) / 10);
}
