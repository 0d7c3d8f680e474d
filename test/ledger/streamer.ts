// Random streams of transactions, honest and hostile, for tests: one list of numbers in, the same bytes out. The
// ledgers have epochs of six blocks, so that every deadline and round comes round many times.
import {
  accountReference, Action, Rate, signTx, StateKind, TxKind,
} from '../../host-tools/ledger/index.ts';
import type { Person, TestBook } from './fixture.ts';
import { bookOf, HOME, person, smallGenesis, World } from './fixture.ts';

const OWNERS = [person(1), person(2), person(3)];
const ADDRESSES = [0x0a000001, 0x0a000002, 0x0a000003, 0x0a000004, 0x0a000005];
export const GENESIS = smallGenesis(
  { epoch: 6, moneyRound: 3, channelEpochs: 3, communities: [3, 2] }, OWNERS.slice(0, 2),
);

/** One number in, one transaction out: the same stream of numbers gives the same stream of bytes. */
export class Streamer {
  readonly world: World;
  /** The blocks that the joins of the constructor took. */
  readonly blocks: Uint8Array[] = [];
  private readonly sent: Uint8Array[] = [];

  constructor(private readonly numbers: number[], genesis = GENESIS) {
    this.world = new World(genesis);
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

  private signed<K extends Parameters<typeof signTx>[1]>(kind: K, fields: object): Uint8Array {
    const owner = this.owner();
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
    return this.signed(kind as TxKind.REKEY, fields);
  }

  private vote(): Uint8Array {
    if (this.pick(2) === 0) return this.signed(TxKind.VOTE, { proposal: 1 + this.pick(4), choice: this.pick(2) });
    const subject = new Uint8Array(32);
    const action = 1 + this.pick(9);
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

  private make(): Uint8Array {
    switch (this.pick(12)) {
      case 0: return this.world.join(this.address(), this.owner(), this.owner(), this.pick(120000));
      case 1: return this.transfer();
      case 2: return this.notice();
      case 3: return this.vote();
      case 4: return this.signed(TxKind.CLOSE, { payer: this.address(), generation: 1, chain: this.pick(3) });
      case 5: case 6: return this.book().open(this.pick(4), this.address(), this.pick(11));
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
