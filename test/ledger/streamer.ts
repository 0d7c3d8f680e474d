// Random streams of transactions of every kind, honest and hostile, for tests: one list of numbers in, the same bytes
// out. The ledgers have epochs of six blocks, so that every deadline and round comes round many times.
import { bookPrefix, Purpose, walk } from '#protocol';
import { ed25519PublicKey, nodeCrypto, signEd25519 } from '../../host-tools/crypto/index.ts';
import {
  accountReference, Action, blockHash, encodeTx, headerMessage, Rate, signTx, StateKind, TxKind,
} from '../../host-tools/ledger/index.ts';
import { encodeHeader } from '../../host-tools/ledger/header.ts';
import type { Person, TestBook } from './fixture.ts';
import { BLOCK_SEED, bookOf, HOME, person, smallGenesis, World } from './fixture.ts';

const OWNERS = [person(1), person(2), person(3)];
const ADDRESSES = [0x0a000001, 0x0a000002, 0x0a000003, 0x0a000004, 0x0a000005];
/** A second gateway of the founder's: it makes no blocks, but can be struck and admitted again. */
const OTHER = HOME + 1;
const OTHER_SEED = new Uint8Array(32).fill(11);
const BLOCK_SEEDS = new Map([[HOME, BLOCK_SEED], [OTHER, OTHER_SEED]]);
export const GATEWAYS = [...BLOCK_SEEDS].map(([address, seed]) => ({
  owner: 0, address, blockKey: ed25519PublicKey(seed), teslaAnchor: new Uint8Array(16).fill(5),
}));
export const GENESIS = smallGenesis(
  { epoch: 6, moneyRound: 3, channelEpochs: 3, communities: [3, 2], gateways: GATEWAYS }, OWNERS.slice(0, 2),
);
/** Slots for which a gateway's header keys are known, from the first of a stream on. */
const KEY_SLOTS = 400;

/** One number in, one transaction out: the same stream of numbers gives the same stream of bytes. */
export class Streamer {
  readonly world: World;
  /** The blocks that the joins of the constructor took. */
  readonly blocks: Uint8Array[] = [];
  private readonly sent: Uint8Array[] = [];
  private readonly firstSlot: number;

  constructor(private readonly numbers: number[], genesis = GENESIS) {
    this.world = new World(genesis);
    this.firstSlot = this.world.ledger.slotAt(this.world.timeS);
    ADDRESSES.slice(1).forEach((address, i) => {
      const join = this.world.join(address, OWNERS[i % 3], OWNERS[i % 2], 20000 + this.pick(80000));
      this.blocks.push(this.world.block([join]).block);
    });
  }

  private pick(below: number): number {
    return (this.numbers.pop() ?? 0) % below;
  }

  private owner(): Person {
    return OWNERS[this.pick(OWNERS.length)]!;
  }

  private address(): number {
    return ADDRESSES[this.pick(ADDRESSES.length)]!;
  }

  private book(): TestBook {
    const address = this.address();
    const generation = this.world.ledger.account(address)?.generation ?? 1;
    return bookOf(this.world.ledger.ledgerId, address, generation);
  }

  /** By whoever must sign, or now and then by somebody else. */
  private signed<K extends Parameters<typeof signTx>[1]>(kind: K, fields: object, key?: Uint8Array): Uint8Array {
    const right = OWNERS.find((one) => one.key.join() === key?.join());
    const owner = right === undefined || this.pick(4) === 0 ? this.owner() : right;
    const all = { owner: owner.key, ...this.world.next(owner), ...fields };
    return signTx(this.world.ledger.ledgerId, kind, all as never, owner.sign);
  }

  private transfer(): Uint8Array {
    const { ledger } = this.world;
    const rich = [...ledger.nodes()].filter((node) => node.balance > 0);
    const from = rich[this.pick(rich.length + 1)];
    const owner = OWNERS.find((one) => one.key.join() === from?.owner.join()) ?? this.owner();
    const fromOwner = from === undefined || this.pick(3) === 0;
    const fields = {
      fromKind: fromOwner ? StateKind.OWNER : StateKind.NODE,
      from: fromOwner ? owner.key : accountReference(from),
      toKind: StateKind.NODE, to: accountReference({ kind: StateKind.NODE, address: this.address() }),
      amount: this.pick(2) * this.pick(600), ...this.world.next(owner),
    };
    return signTx(ledger.ledgerId, TxKind.TRANSFER, fields, owner.sign);
  }

  private notice(): Uint8Array {
    const address = this.address();
    const kind = [TxKind.LEAVE, TxKind.UNVOUCH, TxKind.HOME, TxKind.NAME, TxKind.REKEY][this.pick(5)]!;
    const generation = 1 + this.pick(4);
    const bookRoot = bookOf(this.world.ledger.ledgerId, address, generation).root;
    const fields = { address, home: HOME, named: this.pick(2), linkKey: new Uint8Array(32), bookRoot, generation };
    const node = this.world.ledger.account(address);
    const byGuarantor = kind === TxKind.UNVOUCH || kind === TxKind.NAME;
    return this.signed(kind as TxKind.REKEY, fields, byGuarantor ? node?.guarantor : node?.owner);
  }

  /** Of the chain whose steps lead from a gateway's last header key down to the first slot's. */
  private headerKey(address: number, slot: number): Uint8Array {
    const { ledgerId } = this.world.ledger;
    const prefix = bookPrefix({ ledger: ledgerId, address, generation: 0 }, Purpose.HEADER_STEP, 0, 0);
    // Before the first epoch has ended its slot is 0: no key of the chain is right then.
    const steps = KEY_SLOTS - (Math.max(slot, this.firstSlot) - this.firstSlot);
    return walk(nodeCrypto, prefix, new Uint8Array(16).fill(address & 255), Math.max(0, steps));
  }

  private gateway(): Uint8Array {
    const { ledger } = this.world;
    const address = this.pick(3) === 0 ? OTHER : HOME;
    const { slot, epochSlot, height } = ledger.counters;
    switch (this.pick(4)) {
      case 0: {
        const anchorSlot = slot - this.pick(3);
        const blockKey = ed25519PublicKey(BLOCK_SEEDS.get(address)!);
        const fields = { address, blockKey, teslaAnchor: this.headerKey(address, anchorSlot), anchorSlot };
        return this.signed(TxKind.GATEWAY, fields, OWNERS[0]!.key);
      }
      case 1: {
        const key = this.headerKey(address, epochSlot + (this.pick(4) === 0 ? 1 : 0));
        return encodeTx({ kind: TxKind.REVEAL, gateway: address, key });
      }
      case 2: {
        const sign = (message: Uint8Array): Uint8Array => signEd25519(BLOCK_SEEDS.get(address)!, message);
        const epoch = Math.floor((height + 1) / ledger.params.epoch);
        return signTx(ledger.ledgerId, TxKind.AUDIT, { auditor: address, subject: this.address(), epoch }, sign);
      }
      default: return this.evidence(slot + this.pick(3), height + this.pick(3));
    }
  }

  /** Two headers of the other gateway's for one slot; now and then twice the same, or in the wrong order. */
  private evidence(slot: number, height: number): Uint8Array {
    const header = (fill: number): Uint8Array => encodeHeader({
      height, parent: new Uint8Array(32), slot, rank: 0, producer: OTHER, bodyHash: new Uint8Array(32),
      stateRoot: new Uint8Array(32).fill(fill), transactions: 0, bodyBytes: 0,
    });
    const hash = (bytes: Uint8Array): Uint8Array => blockHash(nodeCrypto, bytes);
    const both = [header(1), header(1 + this.pick(6))].sort((a, b) => Buffer.compare(hash(a), hash(b)));
    const [first, second] = (this.pick(6) === 0 ? both.reverse() : both) as [Uint8Array, Uint8Array];
    const signature = (bytes: Uint8Array): Uint8Array =>
      signEd25519(OTHER_SEED, headerMessage(this.world.ledger.ledgerId, bytes));
    return encodeTx({
      kind: TxKind.EVIDENCE, first, firstSignature: signature(first), second, secondSignature: signature(second),
    });
  }

  private vote(): Uint8Array {
    const open = [...this.world.ledger.proposals()];
    if (this.pick(2) === 0) {
      const proposal = open[this.pick(open.length + 1)]?.id ?? 1 + this.pick(4);
      return this.signed(TxKind.VOTE, { proposal, choice: Math.min(1, this.pick(3)) });
    }
    const subject = new Uint8Array(32);
    const action = 1 + this.pick(9);
    if (action === Action.ADMIT_GATEWAY) {
      new DataView(subject.buffer).setUint32(0, OTHER);
      return this.signed(TxKind.PROPOSE, { action, subject, value: 0 });
    }
    if (action === Action.SET_RATE) subject[0] = 1 + this.pick(Rate.DEMURRAGE);
    else if (action !== Action.ADD_COMMUNITY) subject.set(this.owner().key);
    return this.signed(TxKind.PROPOSE, { action, subject, value: this.pick(2000) });
  }

  /** Mostly a few links further on a channel that exists. */
  private claim(): Uint8Array {
    const channels = [...this.world.ledger.channels()];
    const channel = channels[this.pick(channels.length + 1)];
    if (channel === undefined) return this.book().claim(this.pick(3), this.pick(40));
    const book = bookOf(this.world.ledger.ledgerId, channel.payer, channel.generation);
    return book.claim(channel.chain, Math.min(book.length, channel.settled + this.pick(12)));
  }

  private close(): Uint8Array {
    const channels = [...this.world.ledger.channels()];
    const { payer, generation, chain } =
      channels[this.pick(channels.length + 1)] ?? { payer: this.address(), generation: 1, chain: this.pick(3) };
    const owner = this.world.ledger.account(payer)?.owner;
    return this.signed(TxKind.CLOSE, { payer, generation, chain }, owner);
  }

  private make(): Uint8Array {
    switch (this.pick(16)) {
      case 0: return this.world.join(this.address(), this.owner(), this.owner(), this.pick(120000));
      case 1: return this.transfer();
      case 2: case 3: return this.notice();
      case 4: return this.vote();
      case 5: return this.close();
      case 6: case 7: return this.book().open(this.pick(4), this.address(), this.pick(11));
      case 8: return this.gateway();
      default: return this.claim();
    }
  }

  /** Now and then a replay, or a byte changed, or a byte too many. */
  next(): Uint8Array {
    const hostile = this.pick(10);
    if (hostile === 0 && this.sent.length > 0) return this.sent[this.pick(this.sent.length)]!;
    const bytes = this.make();
    if (hostile === 1) bytes[this.pick(bytes.length)]! ^= 1 << this.pick(8);
    if (hostile === 2) return new Uint8Array([...bytes, 0]);
    this.sent.push(bytes);
    return bytes;
  }
}
