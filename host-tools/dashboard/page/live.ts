// Keeps the store fed: one snapshot by fetch, then the event stream. The browser reconnects a broken stream
// itself and names the last packet it has; this file covers what it does not: a refused stream, a silent
// one, and blocks missed.
import type { BlockView, GatewayEvent } from '../../gateway/view.ts';
import { ApiError, fetchJson } from './fetch-json.ts';
import {
  addBlocks,
  connection,
  newestPacketId,
  status,
  takeEvent,
  takeSnapshot,
  type Snapshot,
} from './store.ts';

const RETRY_MS = 1500;
/**
 * The gateway speaks every second; this long without a word means a dead connection that nobody reported.
 */
const SILENCE_MS = 8000;
const EVENT_TYPES = ['status', 'mesh', 'packet', 'block', 'frame', 'log'] as const;

let stream: EventSource | null = null;
let heardAtMs = 0;

export function startLive(): void {
  void connect();
  setInterval(() => {
    if (stream === null || performance.now() - heardAtMs < SILENCE_MS) return;
    connection.value = 'lost';
    restart();
  }, 1000);
}

function restart(): void {
  stream?.close();
  stream = null;
  void connect();
}

async function connect(): Promise<void> {
  try {
    takeSnapshot(await fetchSnapshot());
  } catch (error) {
    connection.value = error instanceof ApiError && error.status === 401 ? 'token' : 'lost';
    setTimeout(() => void connect(), RETRY_MS);
    return;
  }
  openStream();
}

async function fetchSnapshot(): Promise<Snapshot> {
  const [status, mesh, packets, blocks] = await Promise.all(
    ['status', 'mesh', 'packets?limit=400', 'blocks?limit=100'].map((path) => fetchJson(`/api/${path}`)),
  );
  return { status, mesh, packets, blocks } as Snapshot;
}

function openStream(): void {
  const opened = new EventSource(`/api/events?after=${newestPacketId()}`);
  stream = opened;
  heardAtMs = performance.now();
  let wasOpen = false;
  opened.onopen = () => {
    connection.value = 'live';
    heardAtMs = performance.now();
    // Packets resume by their number; blocks have none in the stream, so the newest are asked for again.
    if (wasOpen) void refetchBlocks();
    wasOpen = true;
  };
  opened.onerror = () => {
    if (stream !== opened) return;
    connection.value = 'lost';
    if (opened.readyState !== EventSource.CLOSED) return;
    stream = null;
    setTimeout(() => void connect(), RETRY_MS);
  };
  for (const type of EVENT_TYPES) {
    opened.addEventListener(type, (message: MessageEvent<string>) => {
      heardAtMs = performance.now();
      const ledgerId = status.value?.ledgerId;
      takeEvent({ type, data: JSON.parse(message.data) } as GatewayEvent);
      // Another ledger counts its packets anew: start over instead of resuming by a number of the old one.
      if (status.value?.ledgerId !== ledgerId) restart();
    });
  }
}

async function refetchBlocks(): Promise<void> {
  try {
    addBlocks(await fetchJson<BlockView[]>('/api/blocks?limit=100'));
  } catch {
    // The stream has just opened; if the gateway went away again, its own error reports that.
  }
}
