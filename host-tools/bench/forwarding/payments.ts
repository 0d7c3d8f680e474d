// In the place of payments.ts in a firmware that only forwards: nothing is owed and nothing is funded.
import type { MeshNode } from '#mesh';
import type { Channels } from './channels.ts';
import type { Wallet } from './wallet.ts';

type Core = MeshNode['core'];
type Outbox = MeshNode['outbox'];

export const enum Funding {
  READY = 0,
  PAYABLE = 1,
  LATER = 2,
  NONE = 3,
}

export class Payments {
  channels: Channels;

  constructor(_core: Core, _wallet: Wallet, _outbox: Outbox, channels: Channels) {
    this.channels = channels;
  }

  funding(_nb: number, _units: number): Funding {
    return Funding.NONE;
  }

  payable(_nb: number, _links: number): Funding {
    return Funding.NONE;
  }

  linksDue(_nb: number): number {
    return 0;
  }

  repeats(_nb: number): boolean {
    return false;
  }

  repeat(_nb: number): void {}

  reveal(_nb: number, _links: number): Uint8Array | undefined {
    return undefined;
  }

  concede(_nb: number, _links: number): boolean {
    return false;
  }

  receivePay(_nb: number, _frame: Uint8Array, _at: number): void {}

  composePay(_nb: number): Uint8Array | undefined {
    return undefined;
  }

  tick(): void {}
}
