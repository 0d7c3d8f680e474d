// In the place of channels.ts in a firmware that only forwards: there are none.
import type { MeshNode } from '#mesh';
import type { Wallet } from './wallet.ts';

type Core = MeshNode['core'];
type Outbox = MeshNode['outbox'];

export class Channels {
  sendHome: (payload: Uint8Array) => void;

  constructor(_core: Core, _wallet: Wallet, _outbox: Outbox, sendHome: (payload: Uint8Array) => void) {
    this.sendHome = sendHome;
  }

  waiting(_askedS: number, _asks: number): boolean {
    return false;
  }

  want(_nb: number, _now: boolean): void {}

  resync(_nb: number): void {}

  receiveOpen(_nb: number, _frame: Uint8Array): void {}

  receiveResync(_nb: number, _frame: Uint8Array): void {}

  receiveState(_state: Uint8Array): void {}

  composeOpen(_nb: number): Uint8Array | undefined {
    return undefined;
  }

  composeResync(_nb: number, _arg: number): Uint8Array | undefined {
    return undefined;
  }
}
