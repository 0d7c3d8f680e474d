// What a home gateway answers its nodes besides the state of their channels (SPEC 5.5 to 5.8): the time, keys that take
// a curve operation, proofs of records, the voted parameters. Pure: plaintexts in, messages out; gateway.ts carries
// them. Takes from the ledger and the announcer, changes neither.
import {
  FragmentPayload, Header, KeyRepPayload, KeyReqPayload, KeySubject, ParamsPayload, Payload, ProofPayload, ProofRecord,
  ProofRequestPayload, TimePayload, checkPayload, cut, ErrorCode, fragmentsOf, getU32, putU32,
} from '#protocol';
import { pairKeys, x25519 } from '../crypto/index.ts';
import { NodeStatus, type Ledger } from '../ledger/index.ts';
import { FIELD_PACE } from '../provision/found-desk.ts';
import type { Message } from './downlink.ts';

export interface ServiceParts {
  ledger: Ledger;
  /** The gateway's own. */
  address: number;
  /** Of a node at home here; undefined when this computer has not got it. */
  linkSecretOf(address: number): Uint8Array | undefined;
  /** A slot and a key of its own header chain that is public. */
  disclosed(timeS: number): { slot: number; key: Uint8Array } | undefined;
}

export interface Answer {
  kind: 'time' | 'key-request' | 'proof-request';
  messages: Message[];
  /** Why there is no answer, in words. */
  refused?: string;
}

/** A node asks again by itself, so an answer is not worth many tries. */
const ANSWER_TRIES = 3;
/** Of a message, so that a fragment fits beside a payment (SPEC 8.4: 210 bytes of ciphertext). */
const FRAGMENT_BYTES = 200;
/** Records of which a past proof is kept, for each header: some megabytes. */
const RECORDS_KEPT = 4096;
/** What no vote sets yet (SPEC 5.6): gifts as provisioned, a tenth of the air for routing, prices by their owners. */
const FIXED = {
  freePerMille: FIELD_PACE.freePerMille, emergencyPerMille: 10, controlPerCent: 10, priceFloor: 1, priceCap: 255,
};

export class NodeServices {
  /** Proofs as of the last headers, by height and record: only the present tree is held. */
  private readonly proofs = new Map<number, Map<string, Uint8Array>>();
  /** Number of the last fragmented message to each node. */
  private readonly numbers = new Map<number, number>();

  constructor(private readonly parts: ServiceParts) {}

  /** Undefined for a payload that asks for nothing here. */
  answer(src: number, plaintext: Uint8Array, nowMs: number): Answer | undefined {
    const kind = KINDS[plaintext[0] ?? 0];
    if (kind === undefined) return undefined;
    const malformed = checkPayload(plaintext) !== ErrorCode.OK;
    if (malformed) return { kind, messages: [], refused: 'the request is malformed' };
    if (kind === 'time') return this.time(src, plaintext);
    if (kind === 'key-request') return { kind, messages: [this.key(src, plaintext, nowMs)] };
    return this.proof(src, plaintext);
  }

  /** Written when it is sent, so that waiting for the air does not make it older. */
  private time(dst: number, ask: Uint8Array): Answer {
    if (ask.length !== TimePayload.SIZE_ASK) return { kind: 'time', messages: [], refused: 'it is no question' };
    const plaintext = (nowMs: number): Uint8Array => {
      const bytes = new Uint8Array(TimePayload.SIZE_ANSWER);
      bytes.set(ask);
      putU32(bytes, TimePayload.SECONDS, Math.floor(nowMs / 1000));
      bytes[TimePayload.FRACTION] = Math.floor(((nowMs % 1000) * 256) / 1000);
      return bytes;
    };
    return { kind: 'time', messages: [{ dst, plaintext, subject: 'time', tries: ANSWER_TRIES }] };
  }

  private key(dst: number, ask: Uint8Array, nowMs: number): Message {
    const about = getU32(ask, KeyReqPayload.ADDRESS);
    const subject = ask[KeyReqPayload.SUBJECT]!;
    const plaintext = subject === KeySubject.PAIR ? this.pair(dst, about) : this.headerKey(about, nowMs);
    const name = `key ${subject} ${about}`;
    return { dst, plaintext: replyOf(subject, about, plaintext), subject: name, tries: ANSWER_TRIES };
  }

  /** LINK, END_AUTH and END_CIPHER of two nodes; empty when home cannot make them. */
  private pair(one: number, other: number): Uint8Array {
    const { ledger, linkSecretOf } = this.parts;
    const [asker, peer] = [ledger.account(one), ledger.account(other)];
    if (one === other || asker === undefined || peer === undefined) return NOTHING;
    if (peer.status === NodeStatus.GONE || asker.home !== this.parts.address) return NOTHING;
    const secret = linkSecretOf(one);
    const shared = secret === undefined ? undefined : x25519(secret, peer.linkKey);
    if (shared === undefined) return NOTHING;
    const { link, endAuth, endCipher } = pairKeys(shared);
    return Uint8Array.from([...link, ...endAuth, ...endCipher]);
  }

  /** Slot, generation and key of a gateway's header chain: the newest public one of our own, else as registered. */
  private headerKey(gateway: number, nowMs: number): Uint8Array {
    const { ledger, address, disclosed } = this.parts;
    const known = ledger.gateway(gateway);
    const own = gateway === address ? disclosed(Math.floor(nowMs / 1000)) : undefined;
    if (known === undefined || (gateway === address && own === undefined)) return NOTHING;
    const { slot, key } = own ?? { slot: known.anchorSlot, key: known.teslaAnchor };
    const bytes = new Uint8Array(KeyRepPayload.SIZE_HEADER - KeyRepPayload.SLOT);
    putU32(bytes, 0, slot);
    bytes.set(key, KeyRepPayload.KEY - KeyRepPayload.SLOT);
    return bytes;
  }

  private proof(dst: number, ask: Uint8Array): Answer {
    const height = getU32(ask, ProofRequestPayload.HEIGHT);
    const record = ask[ProofRequestPayload.RECORD] as ProofRecord;
    const id = cut(ask, ProofRequestPayload.ID, ask.length - ProofRequestPayload.ID);
    const { ledger } = this.parts;
    const name = nameOf(record, id);
    const proof = height === ledger.height ? ledger.prove(record as number, id) : this.proofs.get(height)?.get(name);
    if (proof === undefined) return { kind: 'proof-request', messages: [], refused: `no proof at height ${height}` };
    const bytes = new Uint8Array(ProofPayload.PROOF + proof.length);
    bytes[0] = Payload.PROOF;
    bytes[ProofPayload.RECORD] = record;
    putU32(bytes, ProofPayload.HEIGHT, height);
    bytes.set(proof, ProofPayload.PROOF);
    const parts = this.inPieces(dst, bytes);
    if (parts === undefined) return { kind: 'proof-request', messages: [], refused: 'the proof is too long' };
    const messages = parts.map((plaintext, i) => ({ dst, plaintext, subject: `${name} ${i}`, tries: ANSWER_TRIES }));
    return { kind: 'proof-request', messages };
  }

  private inPieces(dst: number, message: Uint8Array): Uint8Array[] | undefined {
    if (message.length <= FRAGMENT_BYTES + FragmentPayload.BODY) return [message];
    const number = ((this.numbers.get(dst) ?? 0) + 1) & 255;
    this.numbers.set(dst, number);
    return fragmentsOf(message, number, FRAGMENT_BYTES);
  }

  /**
   * Before a header goes out: proofs of these nodes and their channels against its root, since a node can only check
   * against a root that is proven, and by then the chain is further on.
   */
  keepProofs(nodes: Iterable<number>): void {
    const { ledger } = this.parts;
    const kept = new Map<string, Uint8Array>();
    for (const address of nodes) {
      if (kept.size >= RECORDS_KEPT) break;
      const node = new Uint8Array(4);
      putU32(node, 0, address);
      kept.set(nameOf(ProofRecord.NODE, node), ledger.prove(ProofRecord.NODE as number, node));
      for (const { payer, generation, chain } of ledger.channelsOf(address)) {
        const id = new Uint8Array(6);
        putU32(id, 0, payer);
        id.set([generation, chain], 4);
        kept.set(nameOf(ProofRecord.CHANNEL, id), ledger.prove(ProofRecord.CHANNEL as number, id));
      }
    }
    this.proofs.delete(ledger.height);
    this.proofs.set(ledger.height, kept);
    for (const height of this.proofs.keys()) if (this.proofs.size > Header.KEPT) this.proofs.delete(height);
  }

  /** The parameters as they are now. */
  params(): Uint8Array {
    const { ledger } = this.parts;
    const { money, rates, height } = ledger;
    const bytes = new Uint8Array(ParamsPayload.SIZE);
    bytes[0] = Payload.PARAMS;
    bytes[ParamsPayload.VERSION] = ledger.counters.paramsVersion & 255;
    putU32(bytes, ParamsPayload.HEIGHT, height);
    // A byte each: what a vote makes larger than that is the largest that a node can be told.
    bytes.set(
      [
        Math.ceil(money.payBatch / money.linkValue),
        Math.floor(money.trustMax / money.linkValue),
        rates.claimFirst,
        money.windowCode,
        rates.levyLocalPerMille + rates.levyGlobalPerMille,
        FIXED.freePerMille,
        FIXED.emergencyPerMille,
        FIXED.controlPerCent,
        FIXED.priceFloor,
        FIXED.priceCap,
      ].map((value) => Math.min(255, value)),
      ParamsPayload.PAY_BATCH,
    );
    return bytes;
  }
}

const NOTHING = new Uint8Array(0);

const KINDS: Partial<Record<number, Answer['kind']>> = {
  [Payload.TIME]: 'time',
  [Payload.KEYREQ]: 'key-request',
  [Payload.PROOF_REQUEST]: 'proof-request',
};

function nameOf(record: number, id: Uint8Array): string {
  return `proof ${record} ${Buffer.from(id).toString('hex')}`;
}

function replyOf(subject: number, about: number, fields: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(KeyRepPayload.SIZE_NONE + fields.length);
  bytes[0] = Payload.KEYREP;
  bytes[KeyRepPayload.SUBJECT] = subject;
  putU32(bytes, KeyRepPayload.ADDRESS, about);
  bytes.set(fields, KeyRepPayload.SIZE_NONE);
  return bytes;
}
