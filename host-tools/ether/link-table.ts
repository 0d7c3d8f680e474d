// Who can hear whom, and how strongly: the precomputed neighbour lists of the ether. Built from positions and
// the path-loss model, corrected by explicit links; looked at on every transmission, so flat and without
// objects. Knows nothing of time or frames. Used by ether.ts only.
import { distanceM, NearIndex, type Position } from './topology.ts';
import { pathLossDb, rangeMaxM, shadowingDb, type PathLossModel } from './path-loss.ts';

export interface LinkOptions {
  model: PathLossModel;
  seed: number;
  powerDbm: number;
  /** Weaker links are left out: too weak even to disturb. */
  faintestDbm: number;
}

interface Override {
  /** undefined leaves the computed strength; null cuts the link. */
  rssiDbm?: number | null;
  /** Probability that a frame is lost on this link, 0 to 1, beside the ether's own. */
  loss?: number;
}

interface Station extends Position {
  index: number;
}

/**
 * Links of station s are the entries start[s] .. start[s + 1] - 1, in the order of the listeners' numbers.
 */
export class LinkTable {
  readonly start: Int32Array;
  readonly to: Int32Array;
  readonly rssiDbm: Float64Array;
  readonly loss: Float64Array;

  constructor(positions: readonly (Position | null)[], options: LinkOptions, overrides: LinkOverrides) {
    const to: number[] = [];
    const rssi: number[] = [];
    const loss: number[] = [];
    this.start = new Int32Array(positions.length + 1);
    const rangeM = rangeMaxM(options.model, options.powerDbm, options.faintestDbm);
    const near = new NearIndex(rangeM);
    positions.forEach((position, index) => position && near.add({ ...position, index } as Station));
    positions.forEach((position, from) => {
      const listeners = this.listeners(position, from, rangeM, near, options, overrides);
      for (const [listener, computedDbm] of listeners) {
        const override = overrides.get(from, listener);
        const dbm = override?.rssiDbm === undefined ? computedDbm : override.rssiDbm;
        if (dbm === null || dbm < options.faintestDbm) continue;
        to.push(listener);
        rssi.push(dbm);
        loss.push(override?.loss ?? 0);
      }
      this.start[from + 1] = to.length;
    });
    this.to = Int32Array.from(to);
    this.rssiDbm = Float64Array.from(rssi);
    this.loss = Float64Array.from(loss);
  }

  /**
   * Pairs of listener and computed strength, ordered by listener; explicit links without a position come in
   * too.
   */
  private listeners(
    position: Position | null,
    from: number,
    rangeM: number,
    near: NearIndex,
    options: LinkOptions,
    overrides: LinkOverrides,
  ): [number, number][] {
    const found = new Map<number, number>();
    for (const listener of overrides.listenersOf(from)) found.set(listener, -Infinity);
    if (position) {
      for (const other of near.around(position) as Iterable<Station>) {
        const metres = distanceM(position, other);
        if (other.index === from || metres > rangeM) continue;
        const shadowDb = shadowingDb(options.model, options.seed, from, other.index);
        found.set(other.index, options.powerDbm - pathLossDb(options.model, metres) - shadowDb);
      }
    }
    return [...found].sort((a, b) => a[0] - b[0]);
  }
}

/** What a test or a scenario says about single links, one direction each. */
export class LinkOverrides {
  private readonly byFrom = new Map<number, Map<number, Override>>();

  set(from: number, to: number, change: Override): void {
    const links = this.byFrom.get(from) ?? new Map<number, Override>();
    this.byFrom.set(from, links);
    links.set(to, { ...links.get(to), ...change });
  }

  get(from: number, to: number): Override | undefined {
    return this.byFrom.get(from)?.get(to);
  }

  listenersOf(from: number): Iterable<number> {
    return this.byFrom.get(from)?.keys() ?? [];
  }
}
