// The host of one gateway board in a run: the gateway room's own Home, EndStation and Downlink around the shared
// chain. Opens and answers packets, turns them into transactions, sends STATE. world.ts says which gateway is whose
// home.
import { Note, EventKind, type Action } from '#mesh';
import { Wire } from '#protocol';
import { Downlink } from '../gateway/downlink.ts';
import { EndStation } from '../gateway/end-station.ts';
import { Home, type HomeOutput } from '../gateway/home.ts';
import type { SimChain } from './chain.ts';
import { fastCrypto } from './fast-crypto.ts';
import type { Member } from './founding.ts';
import type { SimNode } from './sim-node.ts';

const PUMP_MS = 1000;

export interface Message {
  dst: number;
  plaintext: Uint8Array;
}

export class SimGateway {
  readonly home: Home;
  readonly downlink: Downlink;
  readonly refused: Record<string, number> = {};
  /** First slot of its published key chain. */
  chainSlot = 0;
  /** What a dishonest gateway makes of a STATE before it goes out. */
  forge: ((plaintext: Uint8Array) => void) | undefined;
  private readonly end: EndStation;
  /** What home said to each request since the last block: until the next one it would say the same. */
  private readonly answers = new Map<string, HomeOutput>();
  private seq = 1;
  private pumping = false;

  /** `tell` carries messages to the gateways of their receivers. */
  constructor(
    readonly node: SimNode,
    member: Member,
    private readonly chain: SimChain,
    bookOf: (root: Uint8Array) => Uint8Array | undefined,
    private readonly tell: (messages: Message[]) => void,
  ) {
    const { ledger } = chain;
    this.home = new Home(ledger, bookOf, fastCrypto);
    this.end = new EndStation(
      member.address, member.linkSecret, ledger.ledgerId, (address) => ledger.account(address)?.linkKey,
      () => this.seq++, fastCrypto,
    );
    this.downlink = new Downlink((dst, plaintext) => this.end.prepare(dst, plaintext));
  }

  /** A packet from the board. Returns its plaintext when it is genuine and new. */
  open(action: Action): Uint8Array | undefined {
    const lock = action.bytes.slice(0, Wire.LOCK);
    const opened = this.end.open({
      src: action.address, seq16: action.b, packetClass: action.a >> 8, lock,
      ciphertext: action.bytes.slice(Wire.LOCK),
    });
    if (!opened.ok) {
      this.refused[opened.reason] = (this.refused[opened.reason] ?? 0) + 1;
      return undefined;
    }
    const proof = new Uint8Array(2 * Wire.LOCK);
    proof.set(lock);
    proof.set(opened.preimage, Wire.LOCK);
    this.node.later(EventKind.HOST_RECEIPT, proof, 0, 0);
    return opened.repeated ? undefined : opened.plaintext;
  }

  /** OPEN, CLAIM or a question, from the air or from the own board. */
  request(src: number, plaintext: Uint8Array): void {
    const output = this.answer(src, plaintext);
    if (output.refused !== undefined) this.refused[output.refused] = (this.refused[output.refused] ?? 0) + 1;
    if (output.transaction !== undefined) this.chain.submit(output.transaction);
    this.tell(output.messages);
  }

  /** Nodes repeat what was not answered, and an answer may have to wait for a block: a proof is checked once. */
  private answer(src: number, plaintext: Uint8Array): HomeOutput {
    const question = src + Buffer.from(plaintext).toString('latin1');
    let output = this.answers.get(question);
    if (output === undefined) this.answers.set(question, (output = this.home.receive(src, plaintext)));
    return output;
  }

  /** The ledger has moved on. */
  afterBlock(): void {
    this.answers.clear();
  }

  /** STATE for a node that lives here. */
  push(message: Message): void {
    const { dst } = message;
    const plaintext = this.forge === undefined ? message.plaintext : message.plaintext.slice();
    this.forge?.(plaintext);
    if (dst === this.node.address) this.node.later(EventKind.HOST_STATE, plaintext, 0, 0);
    else this.downlink.push(dst, plaintext, this.node.scheduler.nowMs());
    this.pumpSoon();
  }

  note(action: Action): void {
    const now = this.node.scheduler.nowMs();
    if (action.a === Note.RECEIPT) this.downlink.delivered(action.address, action.b);
    else if (action.a === Note.LOST) this.downlink.lost(action.address, action.b, now);
    else if (action.a === Note.UNSENDABLE) this.downlink.unsent(action.address, now);
  }

  private pumpSoon(): void {
    if (this.pumping) return;
    this.pumping = true;
    this.node.scheduler.after(PUMP_MS, () => {
      this.pumping = false;
      for (const packet of this.downlink.due(this.node.scheduler.nowMs())) {
        this.node.step(EventKind.HOST_SEND, packet.bytes, packet.dst, packet.seq16);
      }
      if (this.downlink.size > 0) this.pumpSoon();
    });
  }
}
