// Looks at every frame that the stations of a world transmit, for what must never repeat. Used by world.ts.
import assert from 'node:assert/strict';
import { Data, Flag, FrameType, Link, Open, getU16, getU32, isFlooded, toHex } from '#protocol';

/**
 * What must never repeat, whatever reboots: counters, packet numbers, one-time keys, links shown to two
 * payees.
 */
export class Monitor {
  constructor(private readonly gateway: number) {}

  private readonly counters = new Map<string, string>();
  private readonly packets = new Map<string, string>();
  private readonly bindings = new Map<string, string>();
  frames = 0;
  readonly byType: number[] = new Array<number>(32).fill(0);

  sees(sender: number, frame: Uint8Array): void {
    const type = frame[Link.TYPE]! & Flag.TYPE;
    const bytes = toHex(frame, 0, frame.length);
    this.frames++;
    this.byType[type]!++;
    if (type === FrameType.HELLO || isFlooded(type)) return;
    const sync = type === FrameType.SYNC || type === FrameType.SYNCACK;
    // SYNC carries a whole number, other frames the low half: these worlds send fewer than 65536.
    if (!sync) this.once(this.counters, `${sender} ${getU16(frame, Link.COUNTER)}`, bytes);
    else if (type === FrameType.SYNC)
      this.once(this.counters, `${sender} ${getU16(frame, Link.COUNTER + 2)}`, bytes);
    if (type === FrameType.DATA && getU32(frame, Data.SRC) === sender && sender !== this.gateway) {
      const lock = toHex(frame, Data.LOCK, 6);
      this.once(this.packets, `${sender} ${getU32(frame, Data.DST)} ${getU16(frame, Data.SEQ)}`, lock);
    }
    if (type !== FrameType.OPEN) return;
    const signature = toHex(frame, Open.SIGNATURE, 112);
    this.once(this.bindings, `${sender} ${frame[Open.GENERATION]} ${frame[Open.CHAIN]}`, signature);
  }

  private once(known: Map<string, string>, what: string, value: string): void {
    const before = known.get(what);
    assert.ok(before === undefined || before === value, `used twice: ${what}`);
    known.set(what, value);
  }
}
