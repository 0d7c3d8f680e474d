// What is to be written where, in which order. Pure: regions and hashes in, segments out. The order is the
// safety of the whole flasher: the sector with the application's header is erased before anything else is
// touched and written last, so that an interrupted board is old, new, or refuses to start.
import { createHash } from 'node:crypto';
import type { Region } from './runtime-image.ts';

export const SECTOR_BYTES = 0x1000;
/** The flash's own erase block; also what a repeated run can skip, and what a failure costs. */
export const SEGMENT_BYTES = 0x10000;

export interface Segment {
  readonly region: string;
  readonly address: number;
  readonly data: Uint8Array;
  readonly md5: string;
  /** The first sector of the application: the mark that the installation is complete. */
  readonly isCommitMark: boolean;
}

export interface RegionPlan {
  readonly region: string;
  readonly address: number;
  readonly bytes: number;
  readonly state: 'same' | 'differs';
  readonly bytesToWrite: number;
}

export interface FlashPlan {
  readonly regions: readonly RegionPlan[];
  /** In writing order, the commit mark last. Empty when the board already holds the image. */
  readonly segments: readonly Segment[];
}

export type HashRange = (address: number, length: number) => Promise<string>;

/** Compares the image with the chip through `hash` (MD5 of a range), whole regions first. */
export async function planWrites(regions: readonly Region[], hash: HashRange): Promise<FlashPlan> {
  const plans: RegionPlan[] = [];
  const segments: Segment[] = [];
  for (const region of regions) {
    const same = (await hash(region.address, region.data.length)) === md5Of(region.data);
    const differing: Segment[] = [];
    for (const segment of same ? [] : split(region)) {
      if ((await hash(segment.address, segment.data.length)) !== segment.md5) differing.push(segment);
    }
    segments.push(...differing);
    plans.push(regionPlan(region, differing));
  }
  return { regions: plans, segments: commitLast(segments, regions) };
}

/** The plan for a chip that will be erased whole: everything is written, nothing needs asking. */
export function planEverything(regions: readonly Region[]): FlashPlan {
  const all = regions.map((region) => ({ region, segments: split(region) }));
  return {
    regions: all.map(({ region, segments }) => regionPlan(region, segments)),
    segments: commitLast(
      all.flatMap(({ segments }) => segments),
      regions,
    ),
  };
}

export function md5Of(data: Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}

function regionPlan(region: Region, differing: readonly Segment[]): RegionPlan {
  const bytesToWrite = differing.reduce((sum, segment) => sum + segment.data.length, 0);
  return {
    region: region.name,
    address: region.address,
    bytes: region.data.length,
    state: differing.length === 0 ? 'same' : 'differs',
    bytesToWrite,
  };
}

/** Whatever changes, the commit mark is rewritten too: it is erased first as the sign of work in progress. */
function commitLast(segments: readonly Segment[], regions: readonly Region[]): Segment[] {
  if (segments.length === 0) return [];
  const application = regions.find((region) => region.isApplication);
  const mark = application === undefined ? [] : split(application).slice(0, 1);
  return [...segments.filter((segment) => !segment.isCommitMark), ...mark];
}

function split(region: Region): Segment[] {
  const segments: Segment[] = [];
  const end = region.address + region.data.length;
  for (let from = region.address; from < end;) {
    const isCommitMark = region.isApplication && from === region.address;
    const step = isCommitMark ? SECTOR_BYTES : SEGMENT_BYTES - (from % SEGMENT_BYTES);
    const to = Math.min(end, from + step);
    const data = region.data.subarray(from - region.address, to - region.address);
    segments.push({ region: region.name, address: from, data, md5: md5Of(data), isCommitMark });
    from = to;
  }
  return segments;
}
