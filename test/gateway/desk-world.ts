// A founded ledger with real chequebooks over a store in memory that can be made to fail: what the tests of the gateway
// stand on. Time is a number; every block asserts that no credit was made or lost.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  ClaimPayload, OpenPayload, Payload, StateRequestPayload, chainTop, macKey, openMessage, payPrefix, putU16, putU32,
  sign, walk, type BookId,
} from '#protocol';
import { nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import { ChainService, LEDGER_DEPS, type MadeBlock } from '../../host-tools/gateway/chain-service.ts';
import { EndStation } from '../../host-tools/gateway/end-station.ts';
import { ChainStore, MemoryStore, StoreError } from '../../host-tools/gateway/store/index.ts';
import type { Batch } from '../../host-tools/gateway/store/index.ts';
import { deskProfile, type Founders, type GenesisParams, type Ledger } from '../../host-tools/ledger/index.ts';
import { found, joinOf, newMember, type Founding } from '../../host-tools/provision/found-desk.ts';
import type { Identity } from '../../host-tools/provision/identity.ts';
import { checkInvariants } from '../ledger/fixture.ts';

export const GATEWAY = 0x0a000001;
export const CREATED_S = 1_700_000_000;

let drawn = 0;
export function random(count: number): Uint8Array {
  return new Uint8Array(createHash('sha512').update(`desk ${drawn++}`).digest().subarray(0, count));
}

/** A ledger and its members, whose chequebooks are made once a process. */
export class Foundation {
  readonly founding: Founding;
  private readonly made: Identity[] = [];

  constructor(change: Partial<GenesisParams> = {}) {
    const profile = (founders: Founders): GenesisParams => ({ ...deskProfile(founders), ...change });
    this.founding = found({ random, createdS: CREATED_S, gatewayAddress: GATEWAY, profile });
  }

  /** The gateway first. */
  identities(count: number): Identity[] {
    const { made } = this;
    while (made.length < count) {
      const i = made.length;
      made.push(newMember(this.founding, i === 0 ? 'gateway' : `board-${i}`, GATEWAY + i, random));
    }
    return made.slice(0, count);
  }
}

const DESK = new Foundation();
export const { founding } = DESK;
export const identities = (count: number): Identity[] => DESK.identities(count);

/** Refuses writes when told to. */
export class MoodyStore extends MemoryStore {
  failure: StoreError | undefined;
  writes = 0;

  override write(batch: Batch): void {
    if (this.failure !== undefined) throw this.failure;
    this.writes++;
    super.write(batch);
  }
}

export class DeskWorld {
  readonly moody = new MoodyStore();
  readonly store = ChainStore.over(this.moody);
  readonly ledger: Ledger;
  readonly chain: ChainService;
  readonly members: Identity[];
  readonly founding: Founding;
  timeS = CREATED_S;

  /** All members have joined. */
  constructor(count: number, foundation = DESK) {
    const { founding } = foundation;
    this.founding = founding;
    this.members = foundation.identities(count);
    this.ledger = this.store.create(LEDGER_DEPS, founding.genesis);
    this.chain = this.serve(this.ledger);
    for (const { bookRoot, book } of this.members) this.store.putBook(bookRoot, book);
    this.chain.submitAll(this.members.map((member, nonce) => joinOf(founding, member, nonce, 100)));
    assert.equal(this.block().transactions.length, count);
  }

  serve(ledger: Ledger): ChainService {
    const { blockSeed } = this.founding;
    return new ChainService(ledger, this.store, GATEWAY, (message) => signEd25519(blockSeed, message));
  }

  block(): MadeBlock {
    this.timeS += this.founding.params.blockIntervalS;
    const block = this.chain.makeBlock(this.timeS)!;
    this.assertConserved();
    return block;
  }

  assertConserved(): void {
    assert.equal(this.ledger.totals().conserved, true);
    checkInvariants(this.ledger);
  }

  endOf(index: number, nextSeq: () => number): EndStation {
    const { address, linkSecret } = this.members[index]!;
    const keyOf = (node: number): Uint8Array | undefined => this.ledger.account(node)?.linkKey;
    return new EndStation(address, linkSecret, this.founding.ledgerId, keyOf, nextSeq);
  }

  private book(index: number): BookId {
    return { ledger: this.founding.ledgerId, address: this.members[index]!.address, generation: 0 };
  }

  /** The OPEN that a payee carries home for a payer. */
  open(payer: number, payee: number, chain = 0, window = 7): Uint8Array {
    const bytes = new Uint8Array(OpenPayload.SIZE);
    bytes[0] = Payload.OPEN;
    putU32(bytes, OpenPayload.PAYER, this.members[payer]!.address);
    bytes[OpenPayload.GENERATION] = 0;
    bytes[OpenPayload.CHAIN] = chain;
    bytes[OpenPayload.WINDOW] = window;
    const secret = macKey(this.members[payer]!.paySecret);
    const message = openMessage(this.members[payee]!.address, window);
    bytes.set(sign(nodeCrypto, secret, this.book(payer), chain, message), OpenPayload.SIGNATURE);
    return bytes;
  }

  link(payer: number, chain: number, number: number): Uint8Array {
    const id = this.book(payer);
    const top = chainTop(nodeCrypto, macKey(this.members[payer]!.paySecret), id, chain);
    return walk(nodeCrypto, payPrefix(id, chain), top, 1024 - number);
  }

  claim(payer: number, number: number, chain = 0): Uint8Array {
    const bytes = new Uint8Array(ClaimPayload.SIZE);
    bytes[0] = Payload.CLAIM;
    putU32(bytes, ClaimPayload.PAYER, this.members[payer]!.address);
    bytes[ClaimPayload.CHAIN] = chain;
    putU16(bytes, ClaimPayload.NUMBER, number);
    bytes.set(this.link(payer, chain, number), ClaimPayload.LINK);
    return bytes;
  }

  stateRequest(payer: number, chain = 0): Uint8Array {
    const bytes = new Uint8Array(StateRequestPayload.SIZE);
    bytes[0] = Payload.STATE_REQUEST;
    putU32(bytes, StateRequestPayload.PAYER, this.members[payer]!.address);
    bytes[StateRequestPayload.CHAIN] = chain;
    return bytes;
  }
}

export const diskFull = (): StoreError => new StoreError('the disk is full', 'Free some space.');
