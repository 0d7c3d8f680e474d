// Payment chains walked four at a time between two marks each, which is what the claims of a block need. The hashing
// is the engine's; here is only who shares a group of four. Also loaded alone by the gateway's threads, so it imports
// nothing.

export const LANES = 4;
/** Steps that a walk may have here: the length of a payment chain. */
export const STEPS_MAX = 1024;
/** A walk's prefix and link, or its two answers, in words. */
export const WALK_WORDS = 8;

/** Pairs of marks on many chains as flat arrays: what the claims of a block need, without an object a claim. */
export interface PairWalks {
  count: number;
  /** Per walk the four words of its prefix and the four of its link. */
  starts: Int32Array;
  /** Per walk the first and the last number of steps to stop at; the first is at most the last. */
  marks: Int32Array;
  /** Per walk the four words of the link at the first mark and of that at the last. */
  links: Int32Array;
}

/** Four chains that walk in step: word i of lane l lies at 4 i + l, the prefix in front of the link. */
export interface Lanes {
  memory: Int32Array;
  walk(steps: number): void;
}

/** Walks all of `walks`; those of equal length share a group of four. */
export function walkPairs(lanes: Lanes, walks: PairWalks): void {
  const order = byLastMark(walks);
  for (let first = 0; first < walks.count; first += LANES) {
    const used = Math.min(LANES, walks.count - first);
    for (let lane = 0; lane < used; lane++) startLane(lanes.memory, walks.starts, order[first + lane]!, lane);
    let done = 0;
    for (;;) {
      let next = STEPS_MAX + 1;
      for (let lane = 0; lane < used; lane++) {
        const mark = stopLane(lanes.memory, walks, order[first + lane]!, lane, done);
        if (mark < next) next = mark;
      }
      if (next > STEPS_MAX) break;
      lanes.walk(next - done);
      done = next;
    }
  }
}

function startLane(memory: Int32Array, starts: Int32Array, walk: number, lane: number): void {
  for (let i = 0; i < WALK_WORDS; i++) memory[i * LANES + lane] = starts[WALK_WORDS * walk + i]!;
}

/** Takes the link if a mark is reached after `done` steps; the next mark of this walk, or more than any. */
function stopLane(memory: Int32Array, walks: PairWalks, walk: number, lane: number, done: number): number {
  const { marks, links } = walks;
  const [first, last] = [marks[2 * walk]!, marks[2 * walk + 1]!];
  if (first === done) for (let i = 0; i < 4; i++) links[8 * walk + i] = memory[(4 + i) * LANES + lane]!;
  if (last === done) for (let i = 0; i < 4; i++) links[8 * walk + 4 + i] = memory[(4 + i) * LANES + lane]!;
  return first > done ? first : last > done ? last : STEPS_MAX + 1;
}

const ANY_ORDER = Uint32Array.from({ length: LANES }, (_, i) => i);

/** Numbers of the walks, the shortest first: a group runs as long as its longest. */
export function byLastMark({ count, marks }: PairWalks): Uint32Array {
  // One group takes them in any order, and a single claim to check is the usual case.
  if (count <= LANES) return ANY_ORDER;
  const places = new Uint32Array(STEPS_MAX + 2);
  for (let i = 0; i < count; i++) places[marks[2 * i + 1]! + 1]! += 1;
  for (let steps = 0; steps <= STEPS_MAX; steps++) places[steps + 1]! += places[steps]!;
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[places[marks[2 * i + 1]!]!++] = i;
  return order;
}
