// Who orders the blocks: this gateway alone, which is the default and needs nothing, or a fleet (../fleet), handed in
// by the command. run.ts asks only these questions and knows no engine.
import { ChainService, type Chain } from './chain-service.ts';
import type { Desk } from './desk.ts';
import { openDesk, signBlock } from './desk.ts';
import type { Doors } from './http/doors.ts';
import type { StoreChoice } from './store/index.ts';

/** The way of frames between the gateways' own boards, which are neighbours over it. */
export interface Air {
  /** A frame that our board has sent. */
  send(frame: Uint8Array): void;
  /** Hears frames of the other gateways' boards from now on. */
  listen(take: (frame: Uint8Array) => void): void;
}

export interface OrderedChain {
  chain: Chain;
  air?: Air;
  /** Paths of the API that only this orderer has. */
  doors?: Doors;
  /** Its own figures for /metrics, in Prometheus' text format. */
  metrics?: () => string;
  close(): Promise<void>;
}

export interface Orderer {
  openDesk(directory: string, choice: StoreChoice): Promise<Desk>;
  /** The chain, as far on as the others' is. */
  start(desk: Desk, print: (line: string) => void): Promise<OrderedChain>;
}

export const ALONE: Orderer = {
  openDesk,
  async start(desk) {
    const chain = new ChainService(desk.ledger, desk.store, desk.founding.gatewayAddress, signBlock(desk));
    return { chain, close: async () => {} };
  },
};
