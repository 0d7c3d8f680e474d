// What the gateway takes from its boards while it runs: everything from its own over the serial port, and from the
// others of a virtual mesh only what a page may draw. run.ts sets it up.
import { Note } from '#mesh';
import { Flag } from '#protocol';
import type { TransmissionReport } from '../ether/ether.ts';
import { addressText } from '../provision/identity.ts';
import { ReconnectingPort } from '../serial/reconnecting-port.ts';
import { BoardLink } from './board-link.ts';
import { parseBoardLine } from './board-lines.ts';
import type { Desk } from './desk.ts';
import { FRAME_NAMES } from './frame-names.ts';
import type { Gateway } from './gateway.ts';
import type { Narrator } from './narrator.ts';
import type { BoardWatch } from './insight/board-watch.ts';
import type { LiveSource } from './source.ts';

export interface Watchers {
  desk: Desk;
  gateway: Gateway;
  source: LiveSource;
  narrator: Narrator;
  watch: BoardWatch;
  nameOf(address: number): string;
  /** Ends the gateway: it could not keep what it was told. */
  fail(error: unknown): void;
}

/** Opens the port of the gateway's own board and keeps it open. Rejects with a PortError. */
export async function attachRadio(
  path: string,
  watchers: Watchers,
): Promise<{ link: BoardLink; close(): Promise<void> }> {
  const { desk, gateway, source, narrator, watch, fail } = watchers;
  const own = desk.founding.gatewayAddress;
  const port = new ReconnectingPort(path);
  const link = new BoardLink(port, (message) => {
    try {
      gateway.hear(message);
    } catch (error) {
      fail(error);
    }
    if (message.kind === 'status') {
      source.heardStatus(own, message.status);
      watch.heardStatus(own, message.status, Date.now());
    }
    if (message.kind === 'note') watch.heardNote(own, message, Date.now());
    if (message.kind === 'note' && message.note === Note.PAID_IN) narrator.paid();
  }, (line) => watch.heardLine(own, line, Date.now()));
  let opened = 0;
  port.onOpen(() => {
    link.up();
    if (opened++ > 0) gateway.log('warn', `${path}: the board is back`);
    link.askStatus().catch(() => gateway.trouble('the gateway board does not answer'));
  });
  port.onLost((error) => {
    link.down();
    gateway.trouble(error.message);
  });
  gateway.attach(link);
  await port.start();
  const close = async (): Promise<void> => {
    link.down();
    await port.close();
  };
  return { link, close };
}

/** Lines of the other virtual boards: watched for the page, never obeyed. */
export function watchLine(watchers: Watchers, address: number, line: string): void {
  const { desk, gateway, source, narrator, watch, nameOf } = watchers;
  if (address === desk.founding.gatewayAddress) return;
  watch.heardLine(address, line, Date.now());
  const message = parseBoardLine(line);
  if (message?.kind === 'status') {
    source.heardStatus(address, message.status);
    watch.heardStatus(address, message.status, Date.now());
  } else if (message?.kind === 'trouble') gateway.trouble(`${nameOf(address)}: ${message.text}`);
  else if (message?.kind === 'note') {
    watch.heardNote(address, message, Date.now());
    gateway.seen(message.note);
    if (message.note === Note.PAID_IN) narrator.paid();
  }
}

export function frameView(
  { members }: Desk,
  report: TransmissionReport,
): { from: string; kind: string; bytes: number; receivedBy: string[] } {
  const text = (station: number): string => addressText(members[station]!.address);
  return {
    from: text(report.station),
    kind: FRAME_NAMES[report.frame[0]! & Flag.TYPE] ?? 'other',
    bytes: report.frame.length,
    receivedBy: report.receivedBy.map(text),
  };
}
