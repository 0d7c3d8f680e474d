// In the place of wallet.ts in a firmware that only forwards: nothing to compute, nothing to spend.
import type { MeshNode } from '#mesh';

type Core = MeshNode['core'];

export class Wallet {
  constructor(_core: Core, _paySecret: unknown) {}

  work(): boolean {
    return false;
  }

  forget(_nb: number): void {}
}
