// What the page's views ask of a running gateway beyond status, mesh and packets. Answers at once, from the ledger, the
// store and what boards said; changes nothing. run.ts makes one, http/insight-routes.ts asks it.
import type { Channel, Ledger } from '../../ledger/index.ts';
import { addressText } from '../../provision/identity.ts';
import type { AirTrace } from '../air-trace.ts';
import type { Gateway } from '../gateway.ts';
import type { ChainStore } from '../store/index.ts';
import type { GatewaySource, PacketView } from '../view.ts';
import { neighboursOf, routesOf } from './board-tables.ts';
import type { BoardWatch } from './board-watch.ts';
import { Economy } from './economy.ts';
import type {
  BlockDetail, BoardDetail, ChannelView, ConsoleLine, EconomyView, OwnerLine, ProofView, ReceiptView,
} from './insight-view.ts';
import { blockDetail, proofView } from './proofs.ts';

/** What the HTTP server may ask; every call answers at once. Undefined: there is no such thing. */
export interface InsightApi {
  board(address: string): BoardDetail | undefined;
  proof(id: string): ProofView | undefined;
  block(height: number): BlockDetail | undefined;
  channels(limit: number): ChannelView[];
  owners(): OwnerLine[];
  economy(): EconomyView;
  receipt(src: number, seq16: number): ReceiptView | undefined;
  lines(after: number, limit: number): ConsoleLine[];
}

export interface InsightParts {
  ledger: Ledger;
  store: ChainStore;
  gatewayAddress: number;
  source: GatewaySource;
  watch: BoardWatch;
  nameOf(address: number): string;
  trace: Pick<AirTrace, 'receipt'>;
}

/** Packets that are read again at a start, so that delivery is not reckoned from nothing. */
const REREAD_MAX = 2000;
/** Packets among which a board's readings are looked for, and readings shown. */
const SEARCHED_MAX = 4000;
const READINGS_MAX = 240;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export class Insight implements InsightApi {
  private readonly economics = new Economy();

  constructor(private readonly parts: InsightParts, gateway: Pick<Gateway, 'subscribe'>) {
    const { source } = parts;
    for (const packet of source.packets(0, REREAD_MAX)) this.economics.packet(packet);
    gateway.subscribe((event) => {
      if (event.type === 'packet') this.economics.packet(event.data);
      else if (event.type === 'block') this.economics.sample(this.ledger, source.status(), event.data.at);
    });
  }

  private get ledger(): Ledger {
    return this.parts.ledger;
  }

  board(address: string): BoardDetail | undefined {
    const { gatewayAddress, watch, nameOf } = this.parts;
    const number = parseInt(address, 16);
    const account = this.ledger.account(number);
    if (account === undefined) return undefined;
    const { linkValue } = this.ledger.money;
    const status = watch.status(number)?.status;
    const { balance, line, escrow } = account;
    return {
      address,
      name: nameOf(number),
      role: number === gatewayAddress ? 'gateway' : 'node',
      balance,
      line,
      escrow,
      free: this.ledger.free(account),
      linkValue,
      samples: watch.samples(number),
      readings: this.readings(address),
      neighbours: status === undefined ? [] : neighboursOf(status, linkValue),
      routes: status === undefined ? [] : routesOf(status),
      channels: this.ledger.channelsOf(number).map((channel) => this.channel(channel)),
      refusals: watch.refusals(number),
      refusalCounts: watch.refusalCounts(number),
    };
  }

  private readings(address: string): BoardDetail['readings'] {
    const isReading = (packet: PacketView): boolean => packet.src === address && packet.reading !== null;
    const packets = this.parts.source.packets(0, SEARCHED_MAX).filter(isReading).slice(-READINGS_MAX);
    return packets.map(({ at, hops, reading }) => ({ at, hops, ...reading! }));
  }

  private channel(channel: Channel): ChannelView {
    const { linkValue } = this.ledger.money;
    const { payer, payee, generation, chain, settled, limit, expiry, closing } = channel;
    return {
      payer: addressText(payer),
      payee: addressText(payee),
      generation, chain, settled, limit, expiry,
      closing: closing !== 0,
      settledCredits: settled * linkValue,
      escrowCredits: (limit - settled) * linkValue,
    };
  }

  proof(id: string): ProofView | undefined {
    return proofView(this.ledger, this.parts.store, id);
  }

  block(height: number): BlockDetail | undefined {
    return blockDetail(this.parts.store, height);
  }

  channels(limit: number): ChannelView[] {
    const views: ChannelView[] = [];
    for (const channel of this.ledger.channels()) {
      if (views.length === limit) break;
      views.push(this.channel(channel));
    }
    return views;
  }

  owners(): OwnerLine[] {
    return [...this.ledger.owners()].map((owner) => ({
      key: hex(owner.key),
      balance: owner.balance,
      line: owner.line,
      free: this.ledger.free(owner),
      member: owner.member === 1,
    }));
  }

  economy(): EconomyView {
    return this.economics.view(this.ledger, this.parts.watch.refusalCounts());
  }

  receipt(src: number, seq16: number): ReceiptView | undefined {
    return this.parts.trace.receipt(src, seq16);
  }

  lines(after: number, limit: number): ConsoleLine[] {
    return this.parts.watch.lines(after, limit);
  }
}
