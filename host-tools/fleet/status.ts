// What a gateway tells of its fleet: as an object for `fairhop fleet status` and the API, and as Prometheus text. Reads
// and computes; changes nothing.
import type { Doors } from '../gateway/http/doors.ts';
import type { Ledger } from '../ledger/index.ts';
import { addressToken } from './names.ts';
import type { Fleet } from './fleet.ts';
import type { LogHealth } from './ordered-log.ts';
import type { SlotClock } from './slot-clock.ts';

export interface PeerView {
  gateway: string;
  admitted: boolean;
  strikes: number;
  /** The last height it signed; null when nothing was heard since this gateway started. */
  height: number | null;
  differs: boolean;
  /** Entries of its that were no next block, by reason. */
  skipped: Record<string, number>;
  /** Blocks of its without a transaction that was valid and known here for two slots. */
  leftOut: number;
}

export interface FleetView {
  gateway: string;
  height: number;
  /** Entries of the log that are not judged yet. */
  lag: number;
  sequence: number;
  /** Whose turn it is now, the leader first. */
  turn: string[];
  pool: number;
  unacknowledged: number;
  blocks: { applied: number; own: number };
  peers: PeerView[];
  evidence: { gateway: string; slot: number }[];
  alarm: string | null;
  engine: LogHealth;
}

const RANKS_SHOWN = 3;

export function turnAt(ledger: Ledger, clock: SlotClock, nowMs: number): string[] {
  const slot = clock.slotOf(nowMs);
  const ranks = Array.from({ length: RANKS_SHOWN }, (_, rank) => ledger.leader(slot, rank));
  return ranks.flatMap((gateway) => (gateway === undefined ? [] : [addressToken(gateway.address)]));
}

export function fleetView(fleet: Fleet, nowMs: number): FleetView {
  const { chain, heads, ledger } = fleet;
  const { sequence } = chain.position;
  return {
    gateway: addressToken(fleet.producer),
    height: ledger.height,
    lag: Math.max(0, fleet.highest - sequence),
    sequence,
    turn: turnAt(ledger, fleet.clock, nowMs),
    pool: chain.poolSize,
    unacknowledged: fleet.unacknowledged,
    blocks: { applied: chain.counts.blocks, own: chain.counts.ownBlocks },
    peers: [...ledger.gateways()]
      .filter(({ address }) => address !== fleet.producer)
      .map((gateway) => ({
        gateway: addressToken(gateway.address),
        admitted: gateway.admitted !== 0,
        strikes: gateway.strikes,
        height: heads.latest.get(gateway.address)?.height ?? null,
        differs: heads.differing.has(gateway.address),
        skipped: Object.fromEntries(chain.counts.skipped.get(gateway.address) ?? []),
        leftOut: chain.counts.leftOut.get(gateway.address) ?? 0,
      })),
    evidence: chain.counts.evidence.map(({ gateway, slot }) => ({ gateway: addressToken(gateway), slot })),
    alarm: chain.alarm ?? null,
    engine: fleet.engine,
  };
}

/** Prometheus text exposition format, version 0.0.4. */
export function fleetMetrics(view: FleetView): string {
  const lines: string[] = [];
  const metric = (name: string, kind: string, help: string, samples: [labels: string, value: number][]): void => {
    lines.push(`# HELP fairhop_fleet_${name} ${help}`, `# TYPE fairhop_fleet_${name} ${kind}`);
    for (const [labels, value] of samples) lines.push(`fairhop_fleet_${name}${labels} ${value}`);
  };
  const label = (gateway: string): string => `{gateway="${gateway}"}`;
  metric('height', 'gauge', 'Height of this gateway.', [['', view.height]]);
  metric('lag_entries', 'gauge', 'Entries of the block log not judged yet.', [['', view.lag]]);
  metric('pool_transactions', 'gauge', 'Transactions that wait.', [['', view.pool]]);
  metric('unacknowledged_transactions', 'gauge', 'Own transactions the engine has not kept yet.', [
    ['', view.unacknowledged],
  ]);
  metric('blocks_total', 'counter', 'Blocks applied since the start.', [['', view.blocks.applied]]);
  metric('own_blocks_total', 'counter', 'Of these, written here.', [['', view.blocks.own]]);
  metric('evidence_total', 'counter', 'Proofs of two blocks for one slot seen.', [['', view.evidence.length]]);
  metric('alarm', 'gauge', '1 when this gateway has halted.', [['', view.alarm === null ? 0 : 1]]);
  metric('engine_replicas_current', 'gauge', 'Servers that hold the whole log.', [['', view.engine.current]]);
  const heard = view.peers.filter(({ height }) => height !== null);
  metric(
    'peer_height',
    'gauge',
    'Height that a peer last signed.',
    heard.map((peer) => [label(peer.gateway), peer.height!]),
  );
  metric('peers', 'gauge', 'Other gateways that are admitted.', [
    ['', view.peers.filter(({ admitted }) => admitted).length],
  ]);
  metric(
    'peer_strikes',
    'gauge',
    'Proofs of two blocks for one slot that the ledger holds against a peer.',
    view.peers.map((peer) => [label(peer.gateway), peer.strikes]),
  );
  metric(
    'peer_differs',
    'gauge',
    '1 when a peer signed another block or state.',
    view.peers.map((peer) => [label(peer.gateway), Number(peer.differs)]),
  );
  metric(
    'peer_skipped_total',
    'counter',
    'Entries of a peer that were no next block.',
    view.peers.map((peer) => [
      label(peer.gateway),
      Object.values(peer.skipped).reduce((sum, count) => sum + count, 0),
    ]),
  );
  metric(
    'peer_left_out_total',
    'counter',
    'Blocks of a peer without a transaction that was valid and known here for two slots.',
    view.peers.map((peer) => [label(peer.gateway), peer.leftOut]),
  );
  return `${lines.join('\n')}\n`;
}

/** Paths of the gateway's API. */
export function fleetDoors(fleet: Fleet): Doors {
  return {
    reads: [{ path: '/api/v1/fleet', parameters: [], answer: () => fleetView(fleet, Date.now()) }],
    writes: [],
  };
}
