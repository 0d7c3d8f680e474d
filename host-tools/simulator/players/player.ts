// What a player may do differently from an honest node: change the parts of its own node after every boot, swallow
// what it hears, withhold what it would send, choose what it sends to whom. Everything passes through the real
// protocol; nobody else's node notices how the frames came about.
import type { SimNode } from '../sim-node.ts';
import type { World } from '../world.ts';

export interface Player {
  /** Shown in reports. */
  readonly kind: string;
  /** Called once the node exists, at every boot. */
  prepare?(node: SimNode): void;
  /** False: this frame never reaches the node. */
  hears?(node: SimNode, frame: Uint8Array): boolean;
  /** False: the node believes that it sent the frame, and the air stays quiet. */
  transmits?(node: SimNode, frame: Uint8Array): boolean;
  /** After every block; what a host could do from the public ledger. */
  block?(node: SimNode, world: World): void;
  /** Seconds between own packets instead of the run's; 0 sends none. */
  packetS?: number;
  /** Index of the node that own packets go to instead of the run's choice. */
  target?(node: SimNode, world: World): number | undefined;
}

export const honest: Player = { kind: 'honest' };
