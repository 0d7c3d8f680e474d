// What the page sees of a simulation that runs beside the gateway: the shapes of /api/v1/simulation. Types only.
import type { MeshView } from '../view.ts';

export interface SimulationRequest {
  scenario: string;
  seed: number;
  nodes: number;
  hours: number;
}

export interface SimulationSample {
  hour: number;
  deliveryPerMille: number;
  giniPerMille: number;
  moneyCentiP: number;
}

/** What came out, in the words of `fairhop sim`. */
export interface SimulationResult {
  verdict: 'held' | 'missed';
  targets: { name: string; verdict: string }[];
  honestDelivery: number;
  baselineDelivery: number;
  starvedHonest: number;
  attackers: number;
  attackerNetGain: number;
  attackerBound: number;
  gini: number;
  conserved: boolean;
  violations: string[];
}

export interface SimulationView extends SimulationRequest {
  state: 'idle' | 'running' | 'done' | 'stopped' | 'failed';
  /** Why it failed or was stopped. */
  reason: string;
  progressPerMille: number;
  mesh: MeshView;
  /** A few of the frames since the last look, to be drawn. */
  frames: { from: string; kind: string; bytes: number; receivedBy: string[] }[];
  series: SimulationSample[];
  result: SimulationResult | null;
}
