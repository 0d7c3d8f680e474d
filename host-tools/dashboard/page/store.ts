// What the page knows: signals that the views read, and the functions that fold the gateway's answers and
// events into them. No DOM and no network; live.ts feeds it.
import { batch, signal } from '@preact/signals';
import type { BlockView, GatewayEvent, MeshView, PacketView, Status } from '../../gateway/view.ts';

/** `token`: the gateway answers, but not to this browser. */
export type Connection = 'connecting' | 'live' | 'lost' | 'token';
export type LogLine = Extract<GatewayEvent, { type: 'log' }>['data'] & { key: number };
export type FrameOnAir = Extract<GatewayEvent, { type: 'frame' }>['data'];

const PACKETS_KEPT = 400;
const BLOCKS_KEPT = 100;
const LOG_KEPT = 6;

export const connection = signal<Connection>('connecting');
export const status = signal<Status | null>(null);
export const mesh = signal<MeshView | null>(null);
/** Newest first; null until the gateway has answered. Holes in the ids are shown as such. */
export const packets = signal<PacketView[] | null>(null);
export const blocks = signal<BlockView[] | null>(null);
export const log = signal<LogLine[]>([]);
export const selected = signal<string | null>(null);

let logKey = 0;
const frameListeners = new Set<(frame: FrameOnAir) => void>();

/** Frames are events, not state: they pass by and only the graph draws them. */
export function onFrame(listener: (frame: FrameOnAir) => void): () => void {
  frameListeners.add(listener);
  return () => frameListeners.delete(listener);
}

export function newestPacketId(): number {
  return packets.value?.[0]?.id ?? 0;
}

export interface Snapshot {
  status: Status;
  mesh: MeshView;
  packets: PacketView[];
  blocks: BlockView[];
}

export function takeSnapshot(snapshot: Snapshot): void {
  batch(() => {
    takeStatus(snapshot.status);
    mesh.value = snapshot.mesh;
    addPackets(snapshot.packets);
    addBlocks(snapshot.blocks);
  });
}

export function takeEvent(event: GatewayEvent): void {
  switch (event.type) {
    case 'status':
      return takeStatus(event.data);
    case 'mesh':
      mesh.value = event.data;
      return;
    case 'packet':
      return addPackets([event.data]);
    case 'block':
      return addBlocks([event.data]);
    case 'frame':
      for (const listener of frameListeners) listener(event.data);
      return;
    case 'log':
      log.value = [{ ...event.data, key: logKey++ }, ...log.value].slice(0, LOG_KEPT);
  }
}

export function addBlocks(added: readonly BlockView[]): void {
  blocks.value = merge(blocks.value ?? [], added, (block) => block.height, BLOCKS_KEPT);
}

export function addPackets(added: readonly PacketView[]): void {
  packets.value = merge(packets.value ?? [], added, (packet) => packet.id, PACKETS_KEPT);
}

/** Another ledger behind the same address is another story: nothing of the old one may stay on the page. */
function takeStatus(next: Status): void {
  batch(() => {
    if (status.value !== null && status.value.ledgerId !== next.ledgerId) {
      packets.value = [];
      blocks.value = [];
      mesh.value = null;
      selected.value = null;
    }
    status.value = next;
  });
}

/** Both lists joined without doubles, the highest number first, at most `kept`. */
function merge<T>(
  old: readonly T[],
  added: readonly T[],
  numberOf: (item: T) => number,
  kept: number,
): T[] {
  const byNumber = new Map<number, T>();
  for (const item of old) byNumber.set(numberOf(item), item);
  for (const item of added) byNumber.set(numberOf(item), item);
  return [...byNumber.values()].sort((a, b) => numberOf(b) - numberOf(a)).slice(0, kept);
}
