// What one node of a simulated mesh lives through, event by event, so that the same firmware can live through it again
// on the interpreter: a mesh around a busy relay, a line in which one relay does nothing but relay, paid and unpaid,
// and the same line without a packet. Called by node.ts; knows nothing of the interpreter.
import { ActionKind, EventKind, Note } from '#mesh';
import { Flag, FrameType, Link, toHex } from '#protocol';
import { DEFAULTS, type SimParams } from '../simulator/params.ts';
import type { Player } from '../simulator/players/player.ts';
import { cooperator } from '../simulator/players/takers.ts';
import type { SimNode } from '../simulator/sim-node.ts';
import { World } from '../simulator/world.ts';
import { Settlement as Forwarding } from './forwarding/settlement.ts';

/** The board adds its optional parts (SPEC 8.10): no event of the node, but one of its life. */
export const EXTEND = 255;
/** As main.ts does it. */
const EXTEND_AFTER_MS = 3000;

export interface Recorded {
  atMs: number;
  kind: EventKind | typeof EXTEND;
  bytes: Uint8Array;
  a: number;
  b: number;
  /** Packets relayed, and frames sent, when this step was over. */
  relayed: number;
  sent: number;
}

export interface Recording {
  /** Files of the board. */
  files: Map<string, Uint8Array>;
  events: Recorded[];
  neighbours: number;
  destinations: number;
}

interface Course {
  params: Partial<SimParams>;
  paid: boolean;
  seed: number;
  /** Which node is of interest, when all is over. */
  pick(world: World, recordings: Recording[]): number;
  /** Nodes that send nothing of their own. */
  silent?: readonly number[];
  /** The relay meets no frame that only paying needs. */
  bare?: boolean;
}

const RELAY = 2;
const LINE = {
  nodes: 5,
  topology: 'line',
  anyToAny: 0,
  packetS: 5,
  hours: 0.5,
  lossPerMille: 0,
  chains: 64,
} as const;

/** An hour with 8 neighbours and 24 destinations: the busiest of such nodes. */
export function busyHour(): Recording {
  const params = { nodes: 25, neighbours: 8, hours: 1, packetS: 30, anyToAny: 50, lossPerMille: 20, chains: 64 };
  return record({
    params,
    paid: true,
    seed: 4,
    pick: (_world, all) => {
      const fitting = all.map((one, i) => ({ i, one })).filter(({ i, one }) => i > 0 && one.neighbours === 8);
      fitting.sort((x, y) => y.one.events.at(-1)!.relayed - x.one.events.at(-1)!.relayed);
      if (fitting.length === 0) throw new Error('no node of the mesh has eight neighbours');
      return fitting[0]!.i;
    },
  });
}

/** A relay between two others, `packets` at least through it; sources and sinks pay and are paid. */
export function line(packets: number, paid: boolean): Recording {
  const hours = (packets * LINE.packetS * 1.2) / 2 / 3600;
  return record({ params: { ...LINE, hours }, paid, seed: 1, pick: () => RELAY, silent: [1, RELAY], bare: !paid });
}

/** The same line for as long, but nobody sends. */
export function quietLine(packets: number, paid: boolean): Recording {
  const hours = (packets * LINE.packetS * 1.2) / 2 / 3600;
  const silent = [1, RELAY, 3, 4];
  return record({ params: { ...LINE, hours }, paid, seed: 1, pick: () => RELAY, silent, bare: !paid });
}

function record(course: Course): Recording {
  const events: Recorded[][] = [];
  const base = course.paid ? (): Player => ({ kind: 'honest' }) : cooperator;
  const watched = (player: Player): Player => ({
    ...player,
    prepare: (node) => {
      player.prepare?.(node);
      if (course.bare === true) withoutReceipts(node);
      listen(node, (events[node.index] ??= []));
    },
  });
  const world: World = new World({
    params: { ...DEFAULTS, ...course.params },
    seed: course.seed,
    cooperative: !course.paid,
    cast: () => ({ players: new Map((course.silent ?? []).map((i) => [i, { ...base(), packetS: 0 }])) }),
    ...(course.paid ? {} : { everybody: base }),
    wrap: watched,
  });
  world.run();
  const recordings = world.nodes.map((node, i) => recordingOf(world, node, events[i] ?? [], course.bare === true));
  return recordings[course.pick(world, recordings)]!;
}

/** All nodes of a line without payments live as the one that is measured does: receipts would hide what got lost. */
function withoutReceipts({ mesh }: SimNode): void {
  const { constructor: _own, ...methods } = Object.getOwnPropertyDescriptors(Forwarding.prototype);
  Object.defineProperties(mesh.settlement, methods);
}

function listen(node: SimNode, events: Recorded[]): void {
  const { mesh } = node;
  const step = mesh.step.bind(mesh);
  let relayed = 0;
  let sent = 0;
  let bootMs: number | undefined;
  let extended = false;
  mesh.step = (event, nowMs) => {
    bootMs ??= nowMs;
    if (!extended && nowMs >= bootMs + EXTEND_AFTER_MS) {
      extended = true;
      mesh.extend();
      events.push({ atMs: Math.ceil(nowMs), kind: EXTEND, bytes: new Uint8Array(0), a: 0, b: 0, relayed, sent });
    }
    const { kind, b } = event;
    const bytes = event.bytes.slice();
    // What a board is told: whole milliseconds, and whole decibels.
    const atMs = Math.ceil(nowMs);
    const a = kind === EventKind.FRAME ? Math.max(-255, Math.round(event.a)) : event.a;
    const actions = step({ kind, bytes: event.bytes, a, b }, atMs);
    for (const action of actions) {
      if (action.kind === ActionKind.NOTE && action.a === Note.RELAYED) relayed++;
      if (action.kind === ActionKind.TRANSMIT) sent++;
    }
    events.push({ atMs, kind, bytes, a, b, relayed, sent });
    return actions;
  };
}

function recordingOf(world: World, node: SimNode, events: Recorded[], bare: boolean): Recording {
  const { config, keys, paySecret } = node.parts;
  const { ledger, networkKey, ...plain } = config;
  const settings = {
    ...plain,
    ledger: toHex(ledger, 0, 8),
    networkKey: toHex(networkKey, 0, 16),
    name: 'relay',
    readingS: 0,
  };
  const { checkpoints } = world.founding.members[node.index]!.book;
  return {
    files: new Map([
      ['fh.keys', keys],
      ['fh.pay', paySecret],
      ['fh.cp', checkpoints],
      ['fh.node', new Uint8Array(Buffer.from(JSON.stringify(settings)))],
    ]),
    events: bare ? events.filter((event) => !isPaying(event)) : events,
    neighbours: node.neighbourCount(),
    destinations: world.nodes.filter((other) => node.mesh.core.routes.find(other.address) !== 255).length,
  };
}

/** Receipts, payments and what opens a channel: frames that a mesh without payments has not. */
function isPaying({ kind, bytes }: Recorded): boolean {
  if (kind !== EventKind.FRAME) return false;
  const type = bytes[Link.TYPE]! & Flag.TYPE;
  return (
    type === FrameType.RECEIPT || type === FrameType.PAY || type === FrameType.OPEN || type === FrameType.RESYNC
  );
}
