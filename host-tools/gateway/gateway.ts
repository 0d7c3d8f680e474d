// The gateway: its board on one side, the chain on the other, and everything a person may see of both. It decides
// nothing that the ledger or the mesh decides; it carries, counts and remembers. No sockets and no clock of its own:
// up.ts gives it a board stream and calls `tick`.
import { pack, unpack } from 'msgpackr';
import { Note } from '#mesh';
import { Payload, putU32, getU32 } from '#protocol';
import { TxCode } from '../ledger/index.ts';
import { addressText } from '../provision/identity.ts';
import type { BoardLink, BoardMessage } from './board-link.ts';
import type { ChainService, MadeBlock } from './chain-service.ts';
import { Downlink } from './downlink.ts';
import type { ArrivedPacket, EndStation } from './end-station.ts';
import { Home } from './home.ts';
import { describePayload } from './reading.ts';
import type { ChainStore } from './store/index.ts';
import type { BlockView, GatewayEvent, PacketView } from './view.ts';

/** Counted since the chain began; kept in the store with each block. */
export interface Tally {
  delivered: number;
  receipts: number;
  payments: number;
  faults: number;
}

export interface GatewayParts {
  address: number;
  chain: ChainService;
  store: ChainStore;
  end: EndStation;
  nameOf(address: number): string;
}

const TALLY_NOTE = 'tally';
const SEQ_NOTE = 'seq';
const SEQ_LEASE = 1024;
const BLOCKS_KEPT = 200;

/** Packet numbers leased in the store: a crash skips some and repeats none. */
export function leasedNumbers(store: ChainStore): () => number {
  const kept = store.note(SEQ_NOTE);
  let next = kept === undefined ? 1 : getU32(kept, 0);
  let lease = next;
  return () => {
    if (next >= lease) {
      lease = next + SEQ_LEASE;
      const bytes = new Uint8Array(4);
      putU32(bytes, 0, lease);
      store.putNote(SEQ_NOTE, bytes);
    }
    return next++;
  };
}

export class Gateway {
  readonly tally: Tally;
  readonly blocks: BlockView[] = [];
  /** Per node: packets delivered, hops of the last one, when it was heard (ms). */
  readonly heard = new Map<number, { delivered: number; hops: number; atMs: number }>();
  private readonly home: Home;
  private readonly downlink: Downlink;
  private readonly listeners = new Set<(event: GatewayEvent) => void>();
  private link: BoardLink | undefined;
  private nextPacketId: number;
  private nowMs = 0;

  constructor(private readonly parts: GatewayParts) {
    const { store, chain, end } = parts;
    this.home = new Home(chain.ledger, (root) => store.book(root));
    this.downlink = new Downlink((dst, plaintext) => end.prepare(dst, plaintext));
    const kept = store.note(TALLY_NOTE);
    this.tally = {
      delivered: 0,
      receipts: 0,
      payments: 0,
      faults: 0,
      ...(kept && (unpack(Buffer.from(kept)) as Tally)),
    };
    this.nextPacketId = store.lastPacketId() + 1;
  }

  attach(link: BoardLink): void {
    this.link = link;
  }

  subscribe(listener: (event: GatewayEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private emit(event: GatewayEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** A frame on the virtual air, for the page to draw. */
  frame(data: { from: string; kind: string; bytes: number; receivedBy: string[] }): void {
    this.emit({ type: 'frame', data });
  }

  log(level: 'info' | 'warn' | 'error', text: string): void {
    this.emit({ type: 'log', data: { at: new Date(this.nowMs).toISOString(), level, text } });
  }

  // ---------------------------------------------------------------- from the board

  hear(message: BoardMessage): void {
    switch (message.kind) {
      case 'packet':
        return this.packet(message.packet, message.hops);
      case 'message':
        return this.request(message.src, message.plaintext);
      case 'note':
        return this.note(message);
      case 'trouble':
        return this.trouble(`gateway board: ${message.text}`);
      default:
        return;
    }
  }

  trouble(text: string): void {
    this.tally.faults++;
    this.log('warn', text);
  }

  private packet(packet: ArrivedPacket, hops: number): void {
    const opened = this.parts.end.open(packet);
    if (!opened.ok) return this.trouble(`packet from ${addressText(packet.src)} refused: ${opened.reason}`);
    void this.link?.receipt(packet.lock, opened.preimage).catch(() => {});
    this.tally.receipts++;
    if (opened.repeated) return;
    this.remember(packet, opened.plaintext, hops);
    this.request(packet.src, opened.plaintext);
  }

  private remember(packet: ArrivedPacket, plaintext: Uint8Array, hops: number): void {
    const known = this.heard.get(packet.src);
    const delivered = (known?.delivered ?? 0) + 1;
    this.heard.set(packet.src, { delivered, hops, atMs: this.nowMs });
    this.tally.delivered++;
    const view: PacketView = {
      id: this.nextPacketId++,
      at: new Date(this.nowMs).toISOString(),
      src: addressText(packet.src),
      name: this.parts.nameOf(packet.src),
      kind: kindOf(plaintext),
      hops,
      bytes: packet.ciphertext.length,
      backed: (packet.packetClass & 0x80) !== 0,
      text: describePayload(plaintext),
    };
    this.parts.store.appendPackets([[view.id, pack(view)]]);
    this.emit({ type: 'packet', data: view });
  }

  private request(src: number, plaintext: Uint8Array): void {
    const output = this.home.receive(src, plaintext);
    if (output.refused !== undefined)
      this.log('warn', `${output.kind} of ${this.parts.nameOf(src)} refused: ${output.refused}`);
    if (output.transaction !== undefined) {
      const code = this.parts.chain.submit(output.transaction);
      if (code !== TxCode.OK)
        this.log('warn', `${output.kind} of ${this.parts.nameOf(src)} not queued (code ${code})`);
    }
    this.tell(output.messages);
  }

  private note({ note, who, value }: { note: number; who: number; value: number }): void {
    if (note === Note.RECEIPT) this.downlink.delivered(who, value);
    else if (note === Note.LOST) this.downlink.lost(who, value, this.nowMs);
    else if (note === Note.UNSENDABLE) this.downlink.unsent(who, this.nowMs);
    this.seen(note);
  }

  /** A payment or another event on any board that can be watched. */
  seen(note: number): void {
    if (note === Note.PAID_IN) this.tally.payments++;
  }

  // ---------------------------------------------------------------- to the nodes

  private tell(messages: { dst: number; plaintext: Uint8Array }[]): void {
    for (const { dst, plaintext } of messages) {
      if (dst === this.parts.address) void this.link?.state(plaintext).catch(() => {});
      else this.downlink.push(dst, plaintext, this.nowMs);
    }
  }

  // ---------------------------------------------------------------- time

  /** Several times a second. Throws a StoreError when a block cannot be kept. */
  tick(nowMs: number): MadeBlock | undefined {
    this.nowMs = nowMs;
    for (const packet of this.downlink.due(nowMs)) {
      this.link?.send(packet).catch(() => this.downlink.lost(packet.dst, packet.seq16, nowMs));
    }
    const before = this.parts.chain.ledger.counters.claims;
    const credits = this.parts.chain.ledger.counters.settledCredits;
    const made = this.parts.chain.makeBlock(Math.floor(nowMs / 1000), [[TALLY_NOTE, pack(this.tally)]]);
    if (made === undefined) return undefined;
    this.concluded(made, before, credits);
    return made;
  }

  private concluded(made: MadeBlock, claimsBefore: number, creditsBefore: number): void {
    const { counters } = this.parts.chain.ledger;
    this.tell(this.home.afterBlock(made.transactions));
    for (const { code } of made.refused) this.log('warn', `a transaction was refused (code ${code})`);
    const view: BlockView = {
      height: made.header.height,
      at: new Date(this.nowMs).toISOString(),
      hash: Buffer.from(made.hash).toString('hex'),
      stateRoot: Buffer.from(made.header.stateRoot).toString('hex'),
      transactions: made.transactions.length,
      claims: counters.claims - claimsBefore,
      settledCredits: counters.settledCredits - creditsBefore,
    };
    this.blocks.push(view);
    if (this.blocks.length > BLOCKS_KEPT) this.blocks.shift();
    this.emit({ type: 'block', data: view });
  }

  /** The newest packets with an id above `afterId`, oldest first; they survive restarts. */
  packets(afterId: number, limit: number): PacketView[] {
    return this.parts.store.packets(afterId, limit).map(([, bytes]) => unpack(Buffer.from(bytes)) as PacketView);
  }
}

const KINDS: Partial<Record<number, PacketView['kind']>> = {
  [Payload.READING]: 'reading',
  [Payload.TEXT]: 'text',
  [Payload.OPEN]: 'open',
  [Payload.CLAIM]: 'claim',
  [Payload.STATE_REQUEST]: 'state-request',
};

function kindOf(plaintext: Uint8Array): PacketView['kind'] {
  return KINDS[plaintext[0] ?? 0] ?? 'other';
}
