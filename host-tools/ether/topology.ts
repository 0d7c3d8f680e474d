// Where the stations stand. Each function returns one position per station; station 0 is the gateway by
// convention. Knows distances only; the caller says what the range is. Used by `fairhop up`, the simulator
// and tests.
import { Prng } from './prng.ts';

/** Metres on a plane: x grows to the east, y to the north. */
export interface Position {
  x: number;
  y: number;
}

export function line(count: number, spacingM: number): Position[] {
  return Array.from({ length: count }, (_, i) => ({ x: i * spacingM, y: 0 }));
}

export function grid(columns: number, rows: number, spacingM: number): Position[] {
  return Array.from({ length: columns * rows }, (_, i) => ({
    x: (i % columns) * spacingM,
    y: Math.floor(i / columns) * spacingM,
  }));
}

/**
 * As many stations as wanted at the crossings of a grid, each off its crossing by at most `offM` in x and in y: an even
 * density without clusters, where everybody has neighbours.
 */
export function scattered(count: number, spacingM: number, offM: number, seed: number): Position[] {
  const prng = new Prng(seed);
  const columns = Math.ceil(Math.sqrt(count));
  const off = (): number => (2 * prng.unit() - 1) * offM;
  return grid(columns, columns, spacingM).slice(0, count).map(({ x, y }) => ({ x: x + off(), y: y + off() }));
}

/** Hops from `from` to every station over links no longer than `rangeM`; -1 where there is no way. */
export function hopsFrom(positions: readonly Position[], rangeM: number, from: number): number[] {
  const hops = positions.map(() => -1);
  hops[from] = 0;
  const queue = [from];
  for (let next = 0; next < queue.length; next++) {
    const at = queue[next];
    positions.forEach((position, i) => {
      if (hops[i] >= 0 || distanceM(position, positions[at]) > rangeM) return;
      hops[i] = hops[at] + 1;
      queue.push(i);
    });
  }
  return hops;
}

export function distanceM(a: Position, b: Position): number {
  return Math.sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2);
}

/**
 * Scattered over a disc, and connected: each station is drawn again until an earlier one is within `rangeM`.
 * The disc grows with the number of stations so that one has about `neighbours` others in range.
 */
export function randomGeometric(count: number, rangeM: number, seed: number, neighbours = 6): Position[] {
  const prng = new Prng(seed);
  const radiusM = rangeM * Math.sqrt(Math.max(1, count / neighbours));
  const near = new NearIndex(rangeM);
  const positions: Position[] = [];
  let attempts = 0;
  while (positions.length < count) {
    // After many misses in a sparse disc the draw is made beside a station that is there already.
    const spot =
      positions.length === 0
        ? { x: 0, y: 0 }
        : attempts < 200
          ? inDisc(prng, { x: 0, y: 0 }, radiusM)
          : inDisc(prng, positions[prng.below(positions.length)], rangeM * 0.9);
    attempts++;
    if (positions.length > 0 && !near.has(spot)) continue;
    attempts = 0;
    near.add(spot);
    positions.push(spot);
  }
  return positions;
}

/**
 * A village for demonstrations: station 0 is the gateway, stations 1 to 3 lie along the road so that the
 * third is three hops away, the rest are houses near one that is there already. Always connected, the same
 * for a given count.
 */
export function defaultVillage(count: number, rangeM: number): Position[] {
  const step = 0.75 * rangeM;
  const road = [
    { x: 0, y: 0 },
    { x: step, y: 0.1 * step },
    { x: 2 * step, y: -0.1 * step },
    { x: 3 * step, y: 0 },
  ];
  const positions = road.slice(0, count);
  const prng = new Prng(2026);
  while (positions.length < count) {
    const house = inDisc(prng, positions[prng.below(positions.length)], 0.7 * rangeM);
    // Not on top of another house, and no short cut past the road.
    if (positions.some((other) => distanceM(other, house) < 0.25 * rangeM)) continue;
    if (hopsFrom([...positions, house], rangeM, 0)[3] < 3) continue;
    positions.push(house);
  }
  return positions.map(({ x, y }) => ({ x: Math.round(x), y: Math.round(y) }));
}

function inDisc(prng: Prng, centre: Position, radiusM: number): Position {
  for (;;) {
    const x = (2 * prng.unit() - 1) * radiusM;
    const y = (2 * prng.unit() - 1) * radiusM;
    if (x * x + y * y <= radiusM * radiusM) return { x: centre.x + x, y: centre.y + y };
  }
}

/** Points in square cells one range wide, so that only the nine cells around a spot need to be looked at. */
export class NearIndex {
  private readonly cells = new Map<string, Position[]>();

  constructor(private readonly rangeM: number) {}

  add(position: Position): void {
    const key = this.key(position, 0, 0);
    const cell = this.cells.get(key);
    if (cell) cell.push(position);
    else this.cells.set(key, [position]);
  }

  /** Every point in the nine cells around: all that are within range, and some that are not. */
  *around(position: Position): Generator<Position> {
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) yield* this.cells.get(this.key(position, dx, dy)) ?? [];
    }
  }

  has(position: Position): boolean {
    for (const other of this.around(position)) {
      if (distanceM(position, other) <= this.rangeM) return true;
    }
    return false;
  }

  private key(position: Position, dx: number, dy: number): string {
    return `${Math.floor(position.x / this.rangeM) + dx},${Math.floor(position.y / this.rangeM) + dy}`;
  }
}
