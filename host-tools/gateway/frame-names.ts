// What a frame is called where people see it, by its type on the wire (SPEC 3.1). Used for the air of a virtual mesh
// and of a simulation.
import { FrameType } from '#protocol';

export const FRAME_NAMES: Record<number, string> = {
  [FrameType.DATA]: 'data',
  [FrameType.RECEIPT]: 'receipt',
  [FrameType.PAY]: 'pay',
  [FrameType.OPEN]: 'open',
  [FrameType.RESYNC]: 'resync',
  [FrameType.NACK]: 'nack',
  [FrameType.SYNC]: 'sync',
  [FrameType.SYNCACK]: 'sync',
  [FrameType.HELLO]: 'hello',
  [FrameType.BROADCAST]: 'broadcast',
  [FrameType.HEADER]: 'header',
};
