// The thread of a simulation that is watched: runs a scenario and says several times a second how its world looks.
// Started by simulation.ts with the request; ends with the result.
import { parentPort, workerData } from 'node:worker_threads';
import { Flag } from '#protocol';
import { addressText } from '../../provision/identity.ts';
import { sampleOf } from '../../simulator/money.ts';
import type { Outcome } from '../../simulator/outcome.ts';
import { runScenario, type RunRequest } from '../../simulator/run.ts';
import type { World } from '../../simulator/world.ts';
import { FRAME_NAMES } from '../frame-names.ts';
import type { LinkView, MeshView, NodeView } from '../view.ts';
import type { SimulationNews } from './simulation.ts';
import type { SimulationResult, SimulationSample, SimulationView } from './simulation-view.ts';

const SAY_EVERY_MS = 300;
/** The eye follows no more; the rest happened too. */
const FRAMES_MAX = 40;

const say = (news: SimulationNews): void => parentPort!.postMessage(news);

class Watcher {
  private readonly series: SimulationSample[] = [];
  private frames: SimulationView['frames'] = [];
  private saidMs = 0;
  private listens = false;

  /** After each block of the world, which is minutes of its time. */
  see(world: World): void {
    if (!this.listens) this.listen(world);
    const nowMs = performance.now();
    if (nowMs - this.saidMs < SAY_EVERY_MS) return;
    this.saidMs = nowMs;
    const elapsedMs = world.scheduler.nowMs();
    this.series.push(this.sample(world, elapsedMs));
    say({
      progressPerMille: Math.min(999, Math.floor((1000 * elapsedMs) / world.durationMs)),
      mesh: meshOf(world),
      frames: this.frames,
      series: this.series,
    });
    this.frames = [];
  }

  private listen(world: World): void {
    this.listens = true;
    world.ether.onTransmission = ({ station, frame, receivedBy }) => {
      if (this.frames.length >= FRAMES_MAX) return;
      const text = (index: number): string => addressText(world.nodes[index]!.address);
      const kind = FRAME_NAMES[frame[0]! & Flag.TYPE] ?? 'other';
      this.frames.push({ from: text(station), kind, bytes: frame.length, receivedBy: receivedBy.map(text) });
    };
  }

  private sample(world: World, elapsedMs: number): SimulationSample {
    const sum = (counts: Int32Array): number => counts.reduce((total, count) => total + count, 0);
    const sent = sum(world.meter.sent);
    return {
      hour: Math.round(elapsedMs / 36_000) / 100,
      deliveryPerMille: sent === 0 ? 0 : Math.round((1000 * sum(world.meter.delivered)) / sent),
      ...sampleOf(world),
    };
  }
}

function meshOf(world: World): MeshView {
  const { gateways } = world.params;
  const nodes = world.nodes.map(({ index, address, up }): NodeView => {
    const hops = world.place.hops[index]!;
    const { x, y } = world.ether.positionOf(index) ?? world.place.positions[index]!;
    const kind = index < gateways ? 'gateway' : world.isHonest(index) ? 'node' : 'special';
    return {
      address: addressText(address),
      name: `${kind} ${index}${up ? '' : ' (down)'}`,
      role: index < gateways ? 'gateway' : 'node',
      next: null,
      x,
      y,
      balance: world.chain.ledger.account(address)?.balance ?? 0,
      hops: hops < 0 ? null : hops,
      delivered: 0,
      lastSeenS: null,
    };
  });
  return { nodes, links: linksOf(world), map: null };
}

/** Whoever hears whom, each pair once, with what is left in the channels between them. */
function linksOf(world: World): LinkView[] {
  const payable = new Map<string, number>();
  for (const { payer, payee, limit, settled } of world.chain.ledger.channels()) {
    const key = `${Math.min(payer, payee)} ${Math.max(payer, payee)}`;
    payable.set(key, (payable.get(key) ?? 0) + limit - settled);
  }
  const links: LinkView[] = [];
  for (const { index, address } of world.nodes) {
    for (const { station, rssiDbm } of world.ether.listenersOf(index)) {
      const other = world.nodes[station]!.address;
      if (other <= address) continue;
      links.push({
        a: addressText(address),
        b: addressText(other),
        rssiDbm,
        rssiBackDbm: rssiDbm,
        qualityAb: null,
        qualityBa: null,
        payableLinks: payable.get(`${address} ${other}`) ?? 0,
      });
    }
  }
  return links;
}

function resultOf(outcome: Outcome): SimulationResult {
  const { verdict, targets, honestDelivery, baselineDelivery, starvedHonest, attackers } = outcome;
  const { attackerNetGain, attackerBound, gini, conserved, violations } = outcome;
  return {
    verdict,
    honestDelivery,
    baselineDelivery,
    starvedHonest,
    attackers,
    attackerNetGain,
    attackerBound,
    gini,
    conserved,
    violations: violations.slice(0, 20),
    targets: Object.entries(targets).map(([name, target]) => ({ name, verdict: target })),
  };
}

const watcher = new Watcher();
const outcome = runScenario(workerData as RunRequest, (world) => watcher.see(world));
say({ progressPerMille: 1000, result: resultOf(outcome) });
