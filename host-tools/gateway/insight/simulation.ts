// One simulation at a time in a thread of its own, with bounds on size, memory and wall time, so that nobody who
// watches one can slow the gateway down for long. Keeps what the thread last said; http/simulation-routes.ts asks it.
import { Worker } from 'node:worker_threads';
import { paramsOf } from '../../simulator/run.ts';
import { SCENARIOS } from '../../simulator/scenarios.ts';
import type { SimulationRequest, SimulationView } from './simulation-view.ts';

export const SIMULATION_NODES_MAX = 150;
export const SIMULATION_HOURS_MAX = 48;
const WALL_MS_MAX = 180_000;
const MEMORY_MB = 768;

/** What the thread says: everything new since it last spoke. */
export type SimulationNews = Partial<Omit<SimulationView, keyof SimulationRequest | 'state' | 'reason'>>;

const IDLE: SimulationView = {
  scenario: '',
  seed: 1,
  nodes: 0,
  hours: 0,
  state: 'idle',
  reason: '',
  progressPerMille: 0,
  mesh: { nodes: [], links: [], map: null },
  frames: [],
  series: [],
  result: null,
};

export class Simulation {
  private view = IDLE;
  private worker: Worker | undefined;
  private limit: NodeJS.Timeout | undefined;

  /** `wallMsMax`: it is stopped after so long. */
  constructor(private readonly wallMsMax = WALL_MS_MAX) {}

  scenarios(): { name: string; summary: string }[] {
    return Object.entries(SCENARIOS).map(([name, { summary }]) => ({ name, summary }));
  }

  look(): SimulationView {
    return this.view;
  }

  /** Throws a RangeError with one sentence when the request makes no sense. One that runs is stopped for it. */
  start(request: SimulationRequest): SimulationView {
    const { scenario, seed, nodes, hours } = request;
    if (nodes > SIMULATION_NODES_MAX) throw new RangeError(`here at most ${SIMULATION_NODES_MAX} nodes`);
    if (hours > SIMULATION_HOURS_MAX) throw new RangeError(`here at most ${SIMULATION_HOURS_MAX} hours`);
    const run = { scenario, seed, set: [`nodes=${nodes}`, `hours=${hours}`] };
    paramsOf(run);
    this.end('stopped', 'another one was started');
    this.view = { ...IDLE, scenario, seed, nodes, hours, state: 'running' };
    const worker = new Worker(new URL('./simulation-worker.js', import.meta.url), {
      workerData: run,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
    });
    this.worker = worker;
    worker.unref();
    worker.on('message', (news: SimulationNews) => this.hear(worker, news));
    worker.on('error', (error) => worker === this.worker && this.end('failed', error.message));
    this.limit = setTimeout(
      () => this.end('stopped', `it ran longer than ${this.wallMsMax / 1000} s`),
      this.wallMsMax,
    );
    this.limit.unref();
    return this.view;
  }

  stop(): SimulationView {
    this.end('stopped', 'on request');
    return this.view;
  }

  private hear(worker: Worker, news: SimulationNews): void {
    if (worker !== this.worker) return;
    this.view = { ...this.view, ...news };
    if (news.result !== undefined) this.end('done', '');
  }

  private end(state: SimulationView['state'], reason: string): void {
    clearTimeout(this.limit);
    if (this.worker === undefined) return;
    void this.worker.terminate();
    this.worker = undefined;
    this.view = { ...this.view, state, reason };
  }
}
