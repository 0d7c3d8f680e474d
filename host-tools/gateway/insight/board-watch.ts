// What boards said of themselves since the gateway started: a ring of samples, of refusals and of console lines a
// board, all bounded. Only remembers; insight.ts makes views of it. Fed by watch-boards.ts.
import { Note } from '#mesh';
import { addressText } from '../../provision/identity.ts';
import { decodeLine } from '../../monitor/decode-line.ts';
import { noteName } from '../../monitor/names.ts';
import type { BoardStatus } from '../board-lines.ts';
import type { BoardSample, ConsoleLine, CountView, RefusalView } from './insight-view.ts';

/** An hour of status lines at ten seconds each. */
const SAMPLES_MAX = 360;
const REFUSALS_MAX = 40;
const BOARDS_MAX = 1024;
const LINES_MAX = 2000;
const LINE_CHARS_MAX = 400;

/** The notes that say why something did not happen. */
const REFUSALS = new Set<number>([Note.LOST, Note.REFUSED, Note.NACKED, Note.UNSENDABLE]);

interface Watched {
  status: BoardStatus | undefined;
  statusMs: number;
  samples: BoardSample[];
  refusals: RefusalView[];
  counts: Map<string, number>;
  /** As of the last status line, to tell what changed. */
  routes: Map<string, string>;
}

export class BoardWatch {
  private readonly boards = new Map<number, Watched>();
  private readonly ring: ConsoleLine[] = [];
  private lineNumber = 0;

  constructor(private readonly nameOf: (address: number) => string) {}

  /** The last status of a board and when it came; undefined before the first. */
  status(address: number): { status: BoardStatus; atMs: number } | undefined {
    const known = this.boards.get(address);
    return known?.status === undefined ? undefined : { status: known.status, atMs: known.statusMs };
  }

  samples(address: number): BoardSample[] {
    return this.boards.get(address)?.samples ?? [];
  }

  refusals(address: number): RefusalView[] {
    return this.boards.get(address)?.refusals ?? [];
  }

  /** Of one board, or of all. */
  refusalCounts(address?: number): CountView[] {
    const sums = new Map<string, number>();
    for (const [at, { counts }] of this.boards) {
      if (address !== undefined && at !== address) continue;
      for (const [reason, count] of counts) sums.set(reason, (sums.get(reason) ?? 0) + count);
    }
    return [...sums].map(([reason, count]) => ({ reason, count })).sort((a, b) => b.count - a.count);
  }

  /** Console lines with a number above `after`, oldest first. */
  lines(after: number, limit: number): ConsoleLine[] {
    return this.ring.filter(({ number }) => number > after).slice(-limit);
  }

  heardStatus(address: number, status: BoardStatus, atMs: number): void {
    const board = this.board(address);
    const before = board.status;
    // A board that restarted counts from zero again.
    const from =
      before === undefined || before.uptimeMs > status.uptimeMs ? { uptimeMs: 0, airtimeMs: 0 } : before;
    const span = status.uptimeMs - from.uptimeMs;
    const { vars, varsTotal, received, refused, sent, relayed, airtimeMs } = status;
    board.samples.push({
      at: new Date(atMs).toISOString(),
      uptimeS: Math.floor(status.uptimeMs / 1000),
      vars,
      varsTotal,
      received,
      refused,
      sent,
      relayed,
      airtimeMs,
      dutyPerMille: span <= 0 ? 0 : Math.round(((airtimeMs - from.airtimeMs) * 1000) / span),
    });
    if (board.samples.length > SAMPLES_MAX) board.samples.shift();
    board.status = status;
    board.statusMs = atMs;
  }

  heardNote(address: number, note: { note: number; who: number; value: number }, atMs: number): void {
    if (!REFUSALS.has(note.note)) return;
    const name = noteName(note.note)!;
    const board = this.board(address);
    // Counted by reason, whoever it was; the number of a lost packet is no reason.
    const words =
      note.note === Note.LOST ? 'a packet was lost: no receipt came' : name.words('another board', note.value);
    board.counts.set(words, (board.counts.get(words) ?? 0) + 1);
    const who = note.who === 0 ? '' : addressText(note.who);
    const reason = name.words(note.who === 0 ? 'nobody known' : this.nameOf(note.who), note.value);
    board.refusals.unshift({ at: new Date(atMs).toISOString(), kind: name.name, reason, who });
    board.refusals.length = Math.min(board.refusals.length, REFUSALS_MAX);
  }

  /** In the words of `fairhop monitor`. */
  heardLine(address: number, text: string, atMs: number): void {
    if (text.trim() === '') return;
    const who = { at: new Date(atMs).toISOString(), address: addressText(address), name: this.nameOf(address) };
    for (const { kind, level, text: words } of decodeLine(text, this.board(address).routes)) {
      this.ring.push({ number: ++this.lineNumber, ...who, kind, level, text: words.slice(0, LINE_CHARS_MAX) });
    }
    while (this.ring.length > LINES_MAX) this.ring.shift();
  }

  private board(address: number): Watched {
    const known = this.boards.get(address);
    if (known !== undefined) return known;
    // Only boards with keys are heard at all; a bound all the same.
    if (this.boards.size >= BOARDS_MAX) this.boards.delete(this.boards.keys().next().value!);
    const board: Watched = {
      status: undefined,
      statusMs: 0,
      samples: [],
      refusals: [],
      counts: new Map(),
      routes: new Map(),
    };
    this.boards.set(address, board);
    return board;
  }
}
