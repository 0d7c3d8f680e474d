// The bench groups by name, and the pages of docs/ that some of them write. A new group is one line here.
import type { Figure } from './figure.ts';
import { NO_NATS } from '../fleet/local-cluster.ts';
import { devicePage, deviceFigures } from './device.ts';
import { frames, framesPage } from './frame-table.ts';
import { benchChain } from './chain.ts';
import { benchLedger } from './ledger.ts';
import { ledgerPage } from './ledger-page.ts';
import { benchFleet } from './fleet.ts';
import { benchJoin } from './fleet-join.ts';
import { nodeFigures, nodePage } from './node.ts';
import { overhead } from './overhead.ts';

export interface Group {
  name: string;
  about: string;
  /**
   * False when this computer lacks what the group needs: then only --only runs it, and says what is
   * missing.
   */
  possible(): boolean;
  run(): Figure[] | Promise<Figure[]>;
  /** A page of docs/ made from the figures. */
  page?: { file: string; text(figures: Figure[]): string };
}

const always = (): boolean => true;

export const GROUPS: Group[] = [
  { name: 'overhead', about: 'what paying costs the air', possible: always, run: overhead },
  {
    name: 'frames',
    about: 'length and time on air of every frame',
    possible: always,
    run: frames,
    page: { file: 'frames.md', text: framesPage },
  },
  {
    name: 'device',
    about: 'microseconds per operation on the Espruino interpreter',
    possible: () => (process.env.ESPRUINO ?? '') !== '',
    run: deviceFigures,
    page: { file: 'performance.md', text: devicePage },
  },
  {
    name: 'node',
    about: 'variables, processor time and bytes of the whole firmware on the Espruino interpreter (minutes)',
    possible: () => (process.env.ESPRUINO ?? '') !== '' && (process.env.ESPRUINO32 ?? '') !== '',
    run: nodeFigures,
    page: { file: 'performance.md', text: nodePage },
  },
  {
    name: 'ledger',
    about: 'claims, replay, proofs and hashing (some minutes)',
    possible: always,
    run: benchLedger,
    page: { file: 'performance.md', text: ledgerPage },
  },
  {
    name: 'chain',
    about: 'a chain of a million claims, made and verified (minutes; only when asked for)',
    possible: () => false,
    run: benchChain,
  },
  {
    name: 'fleet',
    about: 'claims, latency and failover through a NATS cluster on this computer (a minute)',
    possible: () => NO_NATS === false,
    run: benchFleet,
  },
  {
    name: 'join',
    about: 'a new gateway joins a chain of a million claims from a snapshot (minutes; only when asked for)',
    possible: () => false,
    run: benchJoin,
  },
];
