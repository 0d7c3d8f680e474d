// What a gateway does of itself, beyond carrying: answers its nodes (node-services.ts), announces its chain
// (announcer.ts), states audits (audits.ts), and remembers which parameters each node was told. gateway.ts asks it
// with every packet, block and tick and carries what comes out.
import { ParamsPayload, Payload, getU32 } from '#protocol';
import { signEd25519 } from '../crypto/index.ts';
import { TxCode } from '../ledger/index.ts';
import { Announcer, slotBytes } from './announcer.ts';
import { Auditor } from './audits.ts';
import type { Chain } from './chain-service.ts';
import type { Message } from './downlink.ts';
import type { Figures } from './figures.ts';
import { NodeServices, type Answer, type ServiceParts } from './node-services.ts';
import type { ChainStore } from './store/index.ts';

/** What a gateway holds that others may not: its own keys, and its nodes' link secrets. */
export interface GatewayKeys extends Pick<ServiceParts, 'linkSecretOf'> {
  blockSeed: Uint8Array;
  ownerSeed: Uint8Array;
}

export interface OfficeParts extends GatewayKeys {
  address: number;
  chain: Chain;
  store: Pick<ChainStore, 'note' | 'putNote'>;
  figures: Figures;
}

const CHAIN_NOTE = 'header chain';
/** The version of the genesis: boards are provisioned with it. */
const FIRST_PARAMS = 1;

export class Office {
  private readonly services: NodeServices;
  private readonly announcer: Announcer;
  private readonly auditor: Auditor;
  private announced: number;

  constructor(private readonly parts: OfficeParts) {
    const { chain, store, address, blockSeed, ownerSeed, figures } = parts;
    const { ledger } = chain;
    this.announced = ledger.counters.paramsVersion;
    this.announcer = new Announcer({
      ledger, address, blockSeed, ownerSeed,
      recall: () => {
        const note = store.note(CHAIN_NOTE);
        return note === undefined ? undefined : getU32(note, 0);
      },
      remember: (slot) => store.putNote(CHAIN_NOTE, slotBytes(slot)),
    });
    const disclosed = (timeS: number) => this.announcer.disclosed(timeS);
    this.services = new NodeServices({ ledger, address, linkSecretOf: parts.linkSecretOf, disclosed });
    this.auditor = new Auditor({
      ledger, address,
      sign: (message) => signEd25519(blockSeed, message),
      wasHeard: (node) => {
        const sinceMs = ledger.counters.epochSlot * ledger.params.blockIntervalS * 1000;
        return (figures.heard.get(node)?.atMs ?? 0) > sinceMs;
      },
      isTaken: (transaction) => ledger.check(transaction) === TxCode.OK,
    });
  }

  /** Undefined for a payload that asks for nothing here. */
  answer(src: number, plaintext: Uint8Array, nowMs: number): Answer | undefined {
    return this.services.answer(src, plaintext, nowMs);
  }

  /** Hands in what the ledger should hear of this gateway. What it refuses is of no use any more, or comes again. */
  afterBlock(timeS: number): void {
    for (const transaction of [...this.announcer.transactions(timeS), ...this.auditor.statements()])
      this.parts.chain.submit(transaction);
  }

  /** A header for the air when there is one (HEADER_BODY bytes); proofs against its root can be had from now on. */
  header(nowMs: number): Uint8Array | undefined {
    const header = this.announcer.header(nowMs);
    if (header !== undefined) this.services.keepProofs(this.parts.figures.heard.keys());
    return header;
  }

  /** PARAMS for a node that has not confirmed the present ones. */
  params(dst: number): Message[] {
    const version = this.parts.chain.ledger.counters.paramsVersion & 255;
    const told = this.parts.figures.told.get(dst) ?? FIRST_PARAMS;
    return told === version ? [] : [{ dst, plaintext: this.services.params() }];
  }

  /** After a vote has changed the parameters: PARAMS for all who were ever heard. */
  news(): Message[] {
    const version = this.parts.chain.ledger.counters.paramsVersion;
    if (version === this.announced) return [];
    this.announced = version;
    return [...this.parts.figures.heard.keys()].flatMap((node) => this.params(node));
  }

  /** A message has arrived. */
  confirmed({ dst, plaintext }: Message): void {
    if (typeof plaintext === 'function' || plaintext[0] !== Payload.PARAMS) return;
    this.parts.figures.told.set(dst, plaintext[ParamsPayload.VERSION]!);
  }
}
