// What a home gateway does for its nodes (SPEC 5.2 to 5.4): turns the OPENs and CLAIMs they send into transactions,
// and tells payer and payee what the ledger holds. No I/O: packets in, transactions and packets out.
import type { Crypto } from '#protocol';
import {
  Book,
  ClaimPayload,
  OpenPayload,
  Payload,
  StateFlag,
  StatePayload,
  StateRequestPayload,
  bookPath,
  getU16,
  getU32,
  putI48,
  putU16,
  putU32,
} from '#protocol';
import type { Channel, Ledger } from '../ledger/index.ts';
import { TxCode, TxKind, decodeTx, encodeClaim, encodeOpen } from '../ledger/index.ts';
import { nodeCrypto } from '../crypto/index.ts';

export interface HomeOutput {
  /** A transaction for the pool. */
  transaction?: Uint8Array;
  /** Plaintexts to send to nodes. */
  messages: { dst: number; plaintext: Uint8Array }[];
  /** What the packet was, for the log. */
  kind: 'reading' | 'text' | 'open' | 'claim' | 'state-request' | 'other';
  /** Why a request came to nothing, in words. */
  refused?: string;
}

export class Home {
  /** `bookOf(root)`: the published chequebook, 8192 bytes, or undefined. */
  constructor(
    private readonly ledger: Ledger,
    private readonly bookOf: (root: Uint8Array) => Uint8Array | undefined,
    private readonly crypto: Crypto = nodeCrypto,
  ) {}

  /** A packet from a node, or from the gateway's own board. */
  receive(src: number, plaintext: Uint8Array): HomeOutput {
    switch (plaintext[0]) {
      case Payload.READING:
        return { messages: [], kind: 'reading' };
      case Payload.TEXT:
        return { messages: [], kind: 'text' };
      case Payload.OPEN:
        return this.open(src, plaintext);
      case Payload.CLAIM:
        return this.claim(src, plaintext);
      case Payload.STATE_REQUEST:
        return this.request(src, plaintext);
      default:
        return { messages: [], kind: 'other' };
    }
  }

  private open(payee: number, bytes: Uint8Array): HomeOutput {
    if (bytes.length !== OpenPayload.SIZE) return refusal('open', 'the OPEN has a wrong length');
    const payer = getU32(bytes, OpenPayload.PAYER);
    const generation = bytes[OpenPayload.GENERATION]!;
    const chain = bytes[OpenPayload.CHAIN]!;
    const existing = this.ledger.channel(payer, generation, chain);
    if (existing !== undefined) {
      if (existing.payee !== payee) return refusal('open', 'the chain is bound to another payee');
      return { messages: this.tellBoth(existing), kind: 'open' };
    }
    const node = this.ledger.account(payer);
    const book = node === undefined ? undefined : this.bookOf(node.bookRoot);
    if (node === undefined || book === undefined)
      return refusal('open', 'no chequebook of the payer is published here');
    const id = { ledger: this.ledger.ledgerId, address: payer, generation };
    const transaction = encodeOpen({
      payer,
      generation,
      chain,
      payee,
      window: bytes[OpenPayload.WINDOW]!,
      binding: bytes.slice(OpenPayload.SIGNATURE, OpenPayload.SIZE),
      anchor: book.slice(chain * Book.LEAF, chain * Book.LEAF + Book.LINK),
      path: bookPath(this.crypto, id, book, chain),
    });
    return this.checked('open', transaction);
  }

  private claim(payee: number, bytes: Uint8Array): HomeOutput {
    if (bytes.length !== ClaimPayload.SIZE) return refusal('claim', 'the CLAIM has a wrong length');
    const payer = getU32(bytes, ClaimPayload.PAYER);
    const generation = bytes[ClaimPayload.GENERATION]!;
    const chain = bytes[ClaimPayload.CHAIN]!;
    const number = getU16(bytes, ClaimPayload.NUMBER);
    const channel = this.ledger.channel(payer, generation, chain);
    if (channel === undefined || channel.payee !== payee)
      return refusal('claim', 'there is no such channel to this payee');
    if (channel.settled > number) return { messages: this.tellBoth(channel), kind: 'claim' };
    const link = bytes.slice(ClaimPayload.LINK, ClaimPayload.SIZE);
    const output = this.checked('claim', encodeClaim({ payer, generation, chain, number, link }));
    // Nothing new to settle: a refill when it is worth one (SPEC L7.3), else the payee only missed what it got.
    if (channel.settled === number && output.transaction === undefined)
      return { messages: this.tellBoth(channel), kind: 'claim' };
    return output;
  }

  private request(src: number, bytes: Uint8Array): HomeOutput {
    if (bytes.length !== StateRequestPayload.SIZE)
      return refusal('state-request', 'the request has a wrong length');
    const payer = getU32(bytes, StateRequestPayload.PAYER);
    const generation = bytes[StateRequestPayload.GENERATION]!;
    const chain = bytes[StateRequestPayload.CHAIN]!;
    const channel = this.ledger.channel(payer, generation, chain);
    if (channel !== undefined && channel.payer !== src && channel.payee !== src) {
      return refusal('state-request', 'the channel is between others');
    }
    const none = { payer, generation, chain };
    const messages = [{ dst: src, plaintext: this.state(src, channel ?? none) }];
    if (channel?.payer !== src) return { messages, kind: 'state-request' };
    // A payer asks when it is dry. The payee cannot know, and what proves a refill is on the ledger.
    const refill = encodeClaim({ payer, generation, chain, number: channel.settled, link: channel.link });
    const transaction = this.ledger.check(refill) === TxCode.OK ? refill : undefined;
    return { transaction, messages, kind: 'state-request' };
  }

  private checked(kind: 'open' | 'claim', transaction: Uint8Array): HomeOutput {
    const code = this.ledger.check(transaction);
    if (code === TxCode.OK) return { transaction, messages: [], kind };
    return refusal(kind, `the ledger would refuse it (code ${code})`);
  }

  /** STATE for everyone whom a transaction of the last block concerns. */
  afterBlock(transactions: Uint8Array[]): HomeOutput['messages'] {
    const messages: HomeOutput['messages'] = [];
    for (const bytes of transactions) {
      const decoded = decodeTx(bytes);
      if (decoded.code !== TxCode.OK) continue;
      const tx = decoded.tx;
      if (tx.kind !== TxKind.OPEN && tx.kind !== TxKind.CLAIM && tx.kind !== TxKind.CLOSE) continue;
      const channel = this.ledger.channel(tx.payer, tx.generation, tx.chain);
      if (channel !== undefined) messages.push(...this.tellBoth(channel));
    }
    return messages;
  }

  /** All that a node should know: STATE of each channel on which it pays or is paid. */
  about(address: number): HomeOutput['messages'] {
    const channels = this.ledger.channelsOf(address);
    return channels.map((channel) => ({ dst: address, plaintext: this.state(address, channel) }));
  }

  private tellBoth(channel: Channel): HomeOutput['messages'] {
    return [channel.payee, channel.payer].map((dst) => ({ dst, plaintext: this.state(dst, channel) }));
  }

  private state(dst: number, channel: Channel | Pick<Channel, 'payer' | 'generation' | 'chain'>): Uint8Array {
    const bytes = new Uint8Array(StatePayload.SIZE);
    bytes[0] = Payload.STATE;
    putU32(bytes, StatePayload.HEIGHT, this.ledger.height);
    putI48(bytes, StatePayload.BALANCE, this.ledger.account(dst)?.balance ?? 0);
    bytes[StatePayload.PARAMS] = this.ledger.counters.paramsVersion & 255;
    putU32(bytes, StatePayload.PAYER, channel.payer);
    bytes[StatePayload.GENERATION] = channel.generation;
    bytes[StatePayload.CHAIN] = channel.chain;
    if (!('payee' in channel)) return bytes;
    putU32(bytes, StatePayload.PAYEE, channel.payee);
    putU16(bytes, StatePayload.SETTLED, channel.settled);
    putU16(bytes, StatePayload.LIMIT, channel.limit);
    putU32(bytes, StatePayload.EXPIRY, channel.expiry);
    bytes[StatePayload.FLAGS] = StateFlag.EXISTS | (channel.closing ? StateFlag.CLOSING : 0);
    bytes.set(channel.link, StatePayload.LINK);
    return bytes;
  }
}

function refusal(kind: HomeOutput['kind'], refused: string): HomeOutput {
  return { messages: [], kind, refused };
}
