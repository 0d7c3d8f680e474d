// The gateway: its board on one side, the chain on the other, and everything a person may see of both. It decides
// nothing that the ledger or the mesh decides; it carries, counts and remembers. No sockets and no clock of its own:
// run.ts gives it a board stream and calls `tick`.
import { pack, unpack } from 'msgpackr';
import { Note } from '#mesh';
import { Class, Payload, getU32, putU32, toHex } from '#protocol';
import { TxCode } from '../ledger/index.ts';
import { addressText } from '../provision/identity.ts';
import { blockView, workNotes } from './block-views.ts';
import type { BoardLink } from './board-link.ts';
import type { BoardMessage } from './board-lines.ts';
import type { Chain, MadeBlock } from './chain-service.ts';
import { Downlink, subjectOf, type Message } from './downlink.ts';
import type { ArrivedPacket, EndStation } from './end-station.ts';
import { Errands } from './errands.ts';
import { Figures } from './figures.ts';
import { Home } from './home.ts';
import { Office, type GatewayKeys } from './office.ts';
import { describePayload, readingOf } from './reading.ts';
import { refusalText } from './refusals.ts';
import { StoreError, type ChainStore } from './store/index.ts';
import type { GatewayEvent, PacketView } from './view.ts';

export interface GatewayParts {
  address: number;
  chain: Chain;
  store: ChainStore;
  end: EndStation;
  /** Without them nodes are carried for and nothing is announced. */
  keys?: GatewayKeys;
  nameOf(address: number): string;
  /** How a packet came here, where somebody listened to the air; without it nobody did. */
  pathOf?(src: number, seq16: number): PacketView['path'];
}

const SEQ_NOTE = 'seq';
const SEQ_LEASE = 256;
/** The packet number is the cipher's nonce: after the last one nothing may be sent. */
const SEQ_MAX = 2 ** 32 - SEQ_LEASE;
/** No board needs a proof later than a packet lives (SPEC 8.4). */
const RECEIPT_LIFE_MS = 90_000;
/** Three times as long as a board is silent when all is well (docs/console.md). */
const SILENCE_MS = 30_000;

/** Packet numbers leased in the store: a crash skips some and repeats none. */
export function leasedNumbers(store: ChainStore): () => number {
  const kept = store.note(SEQ_NOTE);
  let next = kept === undefined ? 1 : getU32(kept, 0);
  let lease = next;
  return () => {
    if (next >= lease) {
      if (next > SEQ_MAX) throw new StoreError('all packet numbers are used up', 'Give the gateway a new link key.');
      lease = next + SEQ_LEASE;
      const bytes = new Uint8Array(4);
      putU32(bytes, 0, lease);
      store.putNote(SEQ_NOTE, bytes);
    }
    return next++;
  };
}

export class Gateway {
  readonly figures: Figures;
  /** Restarts of the own board since it was attached. */
  reboots = 0;
  private readonly home: Home;
  private readonly downlink: Downlink;
  private readonly errands = new Errands();
  private readonly listeners = new Set<(event: GatewayEvent) => void>();
  private link: BoardLink | undefined;
  private nowMs = 0;
  /** When the board last said something; 0 before. */
  private lineMs = 0;
  private silent = false;
  private early = false;
  private known = false;
  private readonly office: Office | undefined;
  /** The board's firmware is too old to send headers. */
  private headless = false;

  constructor(private readonly parts: GatewayParts) {
    const { store, chain, end, keys, address } = parts;
    this.home = new Home(chain.ledger, (root) => store.book(root));
    this.downlink = new Downlink((dst, plaintext) => end.prepare(dst, plaintext));
    this.figures = new Figures(store);
    end.restore(this.figures.peers);
    if (keys !== undefined) this.office = new Office({ ...keys, address, chain, store, figures: this.figures });
  }

  attach(link: BoardLink): void {
    this.link = link;
    this.tell(this.home.about(this.parts.address));
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

  trouble(text: string): void {
    this.figures.tally.faults++;
    this.log('warn', text);
  }

  // ---------------------------------------------------------------- from the board

  /** Throws a StoreError when a packet cannot be kept; no receipt is given for it then. */
  hear(message: BoardMessage): void {
    const before = this.known;
    this.known = true;
    this.lineMs = this.nowMs;
    switch (message.kind) {
      case 'boot':
        return this.booted(message.address, before);
      case 'unprovisioned':
        return this.trouble('the gateway board has lost its settings: start the gateway again to write them');
      case 'packet':
        return this.packet(message.packet, message.hops);
      case 'message':
        return this.fromOwnBoard(message.src, message.plaintext);
      case 'note':
        return this.note(message);
      case 'refused':
        return this.refused(message.request);
      case 'trouble':
        return this.trouble(`gateway board: ${message.text}`);
      // Nobody asks for either through the gateway.
      case 'sent':
      case 'status':
        return;
    }
  }

  private refused(request: string): void {
    if (request !== 'header') return this.trouble(`the gateway board refused a request (${request})`);
    if (!this.headless) this.log('info', 'the firmware of the gateway board sends no headers: flash the present one');
    this.headless = true;
  }

  /** The board's memory is gone: what was under way with it goes again. `before`: it had said something already. */
  private booted(address: number, before: boolean): void {
    if (address !== 0 && address !== this.parts.address)
      this.trouble(`another board (${addressText(address)}) answers on the port of the gateway's`);
    else if (before) this.trouble(`the gateway board restarted (${++this.reboots} times since the gateway began)`);
    this.headless = false;
    this.downlink.interrupted(this.nowMs);
    this.tell(this.home.about(this.parts.address));
  }

  private packet(packet: ArrivedPacket, hops: number): void {
    const opened = this.parts.end.open(packet);
    if (!opened.ok) return this.trouble(`packet from ${addressText(packet.src)} refused: ${opened.reason}`);
    // Kept first: a receipt is a promise.
    if (opened.repeated) this.figures.tally.receipts++;
    else this.remember(packet, opened.plaintext, hops);
    const { lock } = packet;
    this.errand(`receipt ${toHex(lock, 0, lock.length)}`, this.nowMs + RECEIPT_LIFE_MS, (link) =>
      link.receipt(lock, opened.preimage));
    if (opened.repeated) return;
    if (this.downlink.heard(packet.src, this.nowMs))
      this.tell([...this.home.about(packet.src), ...(this.office?.params(packet.src) ?? [])]);
    this.request(packet.src, opened.plaintext);
  }

  private remember(packet: ArrivedPacket, plaintext: Uint8Array, hops: number): void {
    const view: PacketView = {
      id: this.figures.packetId + 1,
      at: new Date(this.nowMs).toISOString(),
      src: addressText(packet.src),
      name: this.parts.nameOf(packet.src),
      kind: kindOf(plaintext),
      hops,
      bytes: packet.ciphertext.length,
      backed: (packet.packetClass & Class.BACKED) !== 0,
      text: describePayload(plaintext),
      seq: packet.seq16,
      reading: readingOf(plaintext),
      path: this.parts.pathOf?.(packet.src, packet.seq16) ?? [],
    };
    this.parts.store.appendPackets([[view.id, new Uint8Array(pack(view))]]);
    this.figures.count(view);
    this.emit({ type: 'packet', data: view });
  }

  private fromOwnBoard(src: number, plaintext: Uint8Array): void {
    if (src === this.parts.address) this.request(src, plaintext);
    else this.trouble(`the gateway board speaks for ${addressText(src)}`);
  }

  private request(src: number, plaintext: Uint8Array): void {
    const answer = this.office?.answer(src, plaintext, this.nowMs);
    if (answer !== undefined) {
      this.unheeded(src, answer);
      return this.tell(answer.messages);
    }
    const output = this.home.receive(src, plaintext);
    this.unheeded(src, output);
    if (output.transaction !== undefined) this.submit(src, output.transaction);
    this.tell(output.messages);
  }

  private unheeded(src: number, { kind, refused }: { kind: string; refused?: string }): void {
    if (refused !== undefined) this.log('warn', `${kind} of ${this.parts.nameOf(src)} refused: ${refused}`);
  }

  private submit(src: number, transaction: Uint8Array): void {
    const { chain, nameOf } = this.parts;
    const code = chain.submit(transaction);
    const text = code === TxCode.OK ? undefined : refusalText(transaction, code, nameOf);
    if (text !== undefined) this.log('warn', `${text} (from ${nameOf(src)})`);
  }

  private note({ note, who, value }: { note: number; who: number; value: number }): void {
    if (note === Note.RECEIPT) this.delivered(who, value);
    else if (note === Note.LOST) this.downlink.lost(who, value, this.nowMs);
    else if (note === Note.UNSENDABLE) this.downlink.unsent(who, this.nowMs);
    this.seen(note);
  }

  private delivered(dst: number, seq16: number): void {
    const message = this.downlink.delivered(dst, seq16);
    if (message !== undefined) this.office?.confirmed(message);
  }

  /** A payment or another event on any board that can be watched. */
  seen(note: number): void {
    if (note === Note.PAID_IN) this.figures.tally.payments++;
  }

  // ---------------------------------------------------------------- to the nodes

  private tell(messages: Message[]): void {
    for (const message of messages) {
      if (message.dst !== this.parts.address) this.inform(message);
      else this.tellBoard(message);
    }
  }

  private tellBoard({ plaintext, subject }: Message): void {
    const bytes = typeof plaintext === 'function' ? plaintext(this.nowMs) : plaintext;
    this.errand(`state ${subject ?? subjectOf(bytes)}`, Infinity, (link) => link.state(bytes));
  }

  /** A node of another home is told by that one. */
  private inform({ dst, plaintext, ...about }: Message): void {
    const home = this.parts.chain.ledger.account(dst)?.home;
    if (home === undefined || home === this.parts.address) this.downlink.push(dst, plaintext, this.nowMs, about);
  }

  private errand(name: string, untilMs: number, run: (link: BoardLink) => Promise<void>): void {
    this.errands.push(name, untilMs, async () => {
      if (this.link === undefined) throw new Error('no board is attached');
      await run(this.link);
    });
    if (this.link?.isUp === true) void this.errands.go(this.nowMs);
  }

  // ---------------------------------------------------------------- time

  /** Several times a second. Throws a StoreError when a block cannot be kept. */
  tick(nowMs: number): MadeBlock | undefined {
    this.nowMs = nowMs;
    this.talk();
    const { chain } = this.parts;
    this.watchClock(Math.floor(nowMs / 1000));
    const made = chain.makeBlock(Math.floor(nowMs / 1000), (height, work) => [
      this.figures.note(this.parts.end.positions()),
      ...workNotes(height, work),
    ]);
    if (made !== undefined) this.concluded(made);
    this.announce();
    return made;
  }

  /** After the block of the slot, so that the header is of the newest one. */
  private announce(): void {
    const { link, nowMs } = this;
    if (link === undefined || !link.isUp || this.headless) return;
    const header = this.office?.header(nowMs);
    // One that is lost is lost: the next slot has another.
    if (header !== undefined) link.header(header).catch(() => {});
  }

  /** While the board is away nothing is sent, and no message loses a try. */
  private talk(): void {
    const { link, nowMs } = this;
    if (link === undefined || !link.isUp) {
      this.lineMs = 0;
      return;
    }
    if (this.lineMs === 0) this.lineMs = nowMs;
    const silent = nowMs - this.lineMs > SILENCE_MS;
    if (silent && !this.silent) this.trouble(`the gateway board has said nothing for ${SILENCE_MS / 1000} s`);
    this.silent = silent;
    for (const packet of this.downlink.due(nowMs)) {
      link.send(packet).catch(() => this.downlink.lost(packet.dst, packet.seq16, this.nowMs));
    }
    void this.errands.go(nowMs);
  }

  /** Blocks wait for a clock that was set back; somebody should know why. */
  private watchClock(timeS: number): void {
    const { ledger } = this.parts.chain;
    const early = ledger.slotAt(timeS) < ledger.counters.slot - 1;
    if (early && !this.early) {
      const seconds = ledger.counters.slot * ledger.params.blockIntervalS - timeS;
      this.trouble(`this computer's clock is ${seconds} s behind the last block: no blocks until it has caught up`);
    }
    this.early = early;
  }

  private concluded(made: MadeBlock): void {
    const { chain, nameOf } = this.parts;
    this.tell(this.home.afterBlock(made.transactions));
    for (const { transaction, code } of made.refused) {
      const text = refusalText(transaction, code, nameOf);
      if (text !== undefined) this.log('warn', text);
    }
    this.office?.afterBlock(Math.floor(this.nowMs / 1000));
    this.tell(this.office?.news() ?? []);
    const { blockIntervalS } = chain.ledger.params;
    this.emit({ type: 'block', data: blockView(made.header, made.hash, made.work, blockIntervalS) });
  }

  /** At a clean end: what the last block did not take along. */
  keep(): void {
    this.parts.store.putNote(...this.figures.note(this.parts.end.positions()));
  }

  /** The newest packets with an id above `afterId`, oldest first; they survive restarts. */
  packets(afterId: number, limit: number): PacketView[] {
    return this.parts.store.packets(afterId, limit).map(unpacked);
  }

  /** The oldest packets with an id above `afterId`, oldest first. */
  packetsFrom(afterId: number, limit: number): PacketView[] {
    return this.parts.store.packetsFrom(afterId, limit).map(unpacked);
  }
}

/** What a store of an earlier version does not have. */
const BEFORE_PATHS = { seq: 0, reading: null, path: [] } satisfies Partial<PacketView>;

function unpacked([, bytes]: [id: number, bytes: Uint8Array]): PacketView {
  return { ...BEFORE_PATHS, ...(unpack(Buffer.from(bytes)) as PacketView) };
}

const KINDS: Partial<Record<number, PacketView['kind']>> = {
  [Payload.READING]: 'reading',
  [Payload.TEXT]: 'text',
  [Payload.OPEN]: 'open',
  [Payload.CLAIM]: 'claim',
  [Payload.STATE_REQUEST]: 'state-request',
  [Payload.TIME]: 'time',
  [Payload.KEYREQ]: 'key-request',
  [Payload.PROOF_REQUEST]: 'proof-request',
};

function kindOf(plaintext: Uint8Array): PacketView['kind'] {
  return KINDS[plaintext[0] ?? 0] ?? 'other';
}
