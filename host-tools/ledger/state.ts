// The state between blocks: every record by its natural key, with a journal that can take a block back. Rules
// refuse before they edit, so the journal knows blocks only. Byte fields are replaced, never written into.
import { getU16, getU32 } from '#protocol';
import { StateKind } from './constants.ts';
import { isZero } from './layout.ts';
import type {
  Ballot, Channel, Gateway, Meta, Node, Owner, Pool, Proposal, Rates, StateRecord,
} from './records.ts';
import { blankRecord, channelNumber, copyRecord, isKind, keySize, keyText } from './records.ts';

/** Byte fields are replaced and never written into, so all that are zero can be this one. */
const ZERO = new Uint8Array(32);

interface Journal {
  number: number;
  records: StateRecord[];
  /** Each record as it was before; undefined when the journal saw it added. */
  befores: (StateRecord | undefined)[];
  removed: Set<StateRecord>;
}

function newJournal(number: number): Journal {
  return { number, records: [], befores: [], removed: new Set() };
}

/** A record, and whether it is (still, or again) part of the state. */
export interface Change {
  record: StateRecord;
  present: boolean;
}

const EMPTY_META: Meta = {
  kind: StateKind.META, height: 0, slot: 0, nodes: 0, openChannels: 0, claims: 0, settledLinks: 0,
  settledCredits: 0, paramsVersion: 1, proposals: 0, released: 0, seed: new Uint8Array(32),
  epochSlot: 0,
};

const EMPTY_RATES: Rates = {
  kind: StateKind.RATES, revision: 1, creditLineP: 0, payBatchP: 0, trustMaxP: 0, claimFirst: 0,
  levyLocalPerMille: 0, levyGlobalPerMille: 0, demurragePerMille: 0,
};

function balanceOf(record: StateRecord): number {
  switch (record.kind) {
    case StateKind.NODE: case StateKind.OWNER: case StateKind.POOL: return record.balance;
    default: return 0;
  }
}

function ballotKey(ballot: { proposal: number; owner: Uint8Array }): string {
  return `${ballot.proposal}:${keyText(ballot.owner)}`;
}

export class State {
  readonly owners = new Map<string, Owner>();
  readonly nodes = new Map<number, Node>();
  readonly pools = new Map<number, Pool>();
  readonly channels = new Map<number, Channel>();
  readonly gateways = new Map<number, Gateway>();
  readonly proposals = new Map<number, Proposal>();
  readonly ballots = new Map<string, Ballot>();
  meta: Meta = { ...EMPTY_META };
  rates: Rates = { ...EMPTY_RATES };
  /** Channel numbers by node, as payer or payee: what a node's STATE is made from. */
  readonly channelsByNode = new Map<number, Set<number>>();
  /** Every record edited or added since a rule last emptied it; may hold one twice. */
  readonly touched: StateRecord[] = [];
  private journals = 1;
  private journal = newJournal(1);
  private sealed = newJournal(0);
  /** Copies that no journal needs any more, by kind: new ones for every block would be most of its garbage. */
  private readonly spare: StateRecord[][] = [];

  owner(key: Uint8Array): Owner | undefined {
    return this.owners.get(keyText(key));
  }

  ballot(proposal: number, owner: Uint8Array): Ballot | undefined {
    return this.ballots.get(ballotKey({ proposal, owner }));
  }

  /** The record behind a key of the store (kind and id), if there is one. */
  find(key: Uint8Array): StateRecord | undefined {
    const kind = key[0] as StateKind;
    if (!isKind(kind) || key.length !== keySize(kind)) return undefined;
    switch (kind) {
      case StateKind.META: return this.meta;
      case StateKind.OWNER: return this.owner(key.subarray(1));
      case StateKind.NODE: return this.nodes.get(getU32(key, 1));
      case StateKind.POOL: return this.pools.get(getU16(key, 1));
      case StateKind.CHANNEL: return this.channels.get(channelNumber(getU32(key, 1), key[5]!, key[6]!));
      case StateKind.GATEWAY: return this.gateways.get(getU32(key, 1));
      case StateKind.RATES: return this.rates;
      case StateKind.PROPOSAL: return this.proposals.get(getU32(key, 1));
      case StateKind.BALLOT: return this.ballot(getU32(key, 1), key.subarray(5));
    }
  }

  /** All records, META and RATES included. */
  get size(): number {
    const maps = [
      this.owners, this.nodes, this.pools, this.channels, this.gateways, this.proposals, this.ballots,
    ];
    return maps.reduce((sum, map) => sum + map.size, 2);
  }

  /** Call before changing a record's fields; returns it. */
  edit<T extends StateRecord>(record: T): T {
    const { journal, touched } = this;
    if (record.journal !== journal.number) {
      journal.befores.push(this.copyOf(record));
      journal.records.push(record);
      record.journal = journal.number;
    }
    if (touched[touched.length - 1] !== record) touched.push(record);
    return record;
  }

  private copyOf(record: StateRecord): StateRecord {
    const copy = this.spare[record.kind]?.pop() ?? blankRecord(record.kind);
    copyRecord(record, copy);
    return copy;
  }

  /** Empties a journal that nobody will go back to and gives it the next number. */
  private renew(journal: Journal): Journal {
    for (const copy of journal.befores) if (copy !== undefined) (this.spare[copy.kind] ??= []).push(copy);
    journal.number = ++this.journals;
    journal.records.length = 0;
    journal.befores.length = 0;
    journal.removed.clear();
    return journal;
  }

  add<T extends StateRecord>(record: T): T {
    this.journal.records.push(record);
    this.journal.befores.push(undefined);
    record.journal = this.journal.number;
    this.touched.push(record);
    this.place(record);
    return record;
  }

  remove(record: StateRecord): void {
    this.edit(record);
    this.journal.removed.add(record);
    this.displace(record);
  }

  /**
   * Ends a block: what it changed. From here `undo` starts anew and `undoSealed` takes this block back. `created` is
   * what may have come into being: nothing, except at the founding. Another sum is our own bug and throws.
   */
  seal(created: number): Change[] {
    const { records, befores, removed } = this.journal;
    const changes: Change[] = [];
    let grown = 0;
    for (let i = 0; i < records.length; i++) {
      const [record, before] = [records[i]!, befores[i]];
      const present = removed.size === 0 || !removed.has(record);
      grown += (present ? balanceOf(record) : 0) - (before === undefined ? 0 : balanceOf(before));
      // Added and removed in one block: nobody outside ever saw it.
      if (present || before !== undefined) changes.push({ record, present });
    }
    if (grown !== created) throw new Error(`a block changed the sum of all balances by ${grown}`);
    const last = this.sealed;
    this.sealed = this.journal;
    this.journal = this.renew(last);
    return changes;
  }

  /** Takes back everything since the last seal. */
  undo(): void {
    this.revert(this.journal);
    this.journal = this.renew(this.journal);
  }

  /** Takes back the last sealed block; tells which records the tree must take again. */
  undoSealed(): Change[] {
    const changes = this.revert(this.sealed);
    this.sealed = this.renew(this.sealed);
    return changes;
  }

  private revert({ records, befores, removed }: Journal): Change[] {
    const changes: Change[] = [];
    for (let i = records.length - 1; i >= 0; i--) {
      const [record, before] = [records[i]!, befores[i]];
      if (before !== undefined) {
        copyRecord(before, record);
        // Whoever edits it again is to journal it again.
        record.journal = 0;
        if (removed.has(record)) this.place(record);
      } else if (!removed.has(record)) {
        this.displace(record);
      }
      changes.push({ record, present: before !== undefined });
    }
    return changes;
  }

  place(record: StateRecord): void {
    switch (record.kind) {
      case StateKind.META: this.meta = record; break;
      case StateKind.OWNER: this.owners.set(keyText(record.key), record); break;
      case StateKind.NODE: this.nodes.set(record.address, this.shared(record)); break;
      case StateKind.POOL: this.pools.set(record.id, record); break;
      case StateKind.GATEWAY: this.gateways.set(record.address, record); break;
      case StateKind.CHANNEL: this.placeChannel(record); break;
      case StateKind.RATES: this.rates = record; break;
      case StateKind.PROPOSAL: this.proposals.set(record.id, record); break;
      case StateKind.BALLOT: this.ballots.set(ballotKey(record), record); break;
    }
  }

  /** Equal keys become one object: a million nodes with seven byte fields of their own would not fit. */
  private shared(node: Node): Node {
    if (node.owner === node.guarantor && node.nextLinkKey === ZERO) return node;
    node.owner = this.owner(node.owner)?.key ?? node.owner;
    node.guarantor = this.owner(node.guarantor)?.key ?? node.guarantor;
    for (const field of ['usedChains', 'nextLinkKey', 'nextBookRoot'] as const) {
      if (isZero(node[field])) node[field] = ZERO;
    }
    return node;
  }

  private displace(record: StateRecord): void {
    switch (record.kind) {
      case StateKind.META: break;
      case StateKind.OWNER: this.owners.delete(keyText(record.key)); break;
      case StateKind.NODE: this.nodes.delete(record.address); break;
      case StateKind.POOL: this.pools.delete(record.id); break;
      case StateKind.GATEWAY: this.gateways.delete(record.address); break;
      case StateKind.CHANNEL: this.displaceChannel(record); break;
      case StateKind.RATES: break;
      case StateKind.PROPOSAL: this.proposals.delete(record.id); break;
      case StateKind.BALLOT: this.ballots.delete(ballotKey(record)); break;
    }
  }

  private placeChannel(channel: Channel): void {
    const number = channelNumber(channel.payer, channel.generation, channel.chain);
    this.channels.set(number, channel);
    for (const address of [channel.payer, channel.payee]) {
      const numbers = this.channelsByNode.get(address) ?? new Set();
      this.channelsByNode.set(address, numbers.add(number));
    }
  }

  private displaceChannel(channel: Channel): void {
    const number = channelNumber(channel.payer, channel.generation, channel.chain);
    this.channels.delete(number);
    for (const address of [channel.payer, channel.payee]) this.channelsByNode.get(address)?.delete(number);
  }
}
