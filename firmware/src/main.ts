// Composition: the board's radio, flash and console around one mesh node. The only file with effects at its top
// level; it carries events in and actions out and decides nothing about the mesh.
import board from '#board';
import { createRadio } from '#radio';
import { fromHex } from '#protocol';
import type { Action, NodeConfig, RadioPort } from '#mesh';
import { ActionKind, EventKind, MeshNode } from '#mesh';
import { encodeReading } from './app/reading.ts';
import { measureBattery } from './drivers/battery.ts';
import { bytesText, listen, say, textBytes } from './drivers/console.ts';
import { flashStore } from './drivers/flash-store.ts';
import { nativeCrypto } from './drivers/native-crypto.ts';
import { startWatchdog } from './drivers/watchdog.ts';

const NOTHING = new Uint8Array(0);
const STATUS_EVERY_MS = 10000;
const FIRST_READING_MS = 4000;
const EXTEND_AFTER_MS = 3000;
/** The node wants to be called every second; one that was not for so long has lost its timer to an error. */
const STUCK_MS = 20000;
/** The optional parts take some 190 (SPEC 8.10), an hour of traffic twice that; the rest is for what comes and goes. */
const EXTEND_FREE_VARS = 900;

/** Milliseconds since boot; the interpreter's own time jumps when somebody sets the clock. */
const bootS = getTime();
let lastMs = 0;
function nowMs(): number {
  const ms = Math.floor((getTime() - bootS) * 1000);
  // A clock that was set back stands still until it has caught up; the node's times never go back.
  if (ms > lastMs) lastMs = ms;
  return lastMs;
}

process.on('uncaughtException', function (error: Error): void {
  say({ t: 'error', message: String(error.message || error), stack: error.stack });
});

/** Both exist from `start` on; nothing runs before. */
let node: MeshNode;
let radio: RadioPort;
let home = 0;
let timer = 0;
let readings = 0;
let steppedMs = 0;

function step(kind: EventKind, bytes: Uint8Array, a: number, b: number): void {
  carryOut(node.step({ kind: kind, bytes: bytes, a: a, b: b }, nowMs()));
  if (timer) clearTimeout(timer);
  steppedMs = nowMs();
  const waitMs = node.wakeMs() - steppedMs;
  timer = setTimeout(tick, waitMs > 1 ? waitMs : 1);
}

function tick(): void {
  timer = 0;
  step(EventKind.TICK, NOTHING, 0, 0);
}

function carryOut(actions: Action[]): void {
  for (let i = 0; i < actions.length; i++) {
    const { kind, bytes, address, a, b } = actions[i];
    switch (kind) {
      case ActionKind.TRANSMIT:
        radio.send(bytes);
        break;
      case ActionKind.HOST_DELIVER:
        say({ t: 'packet', src: address, seq: b, class: a >> 8, hops: a & 255, data: bytesText(bytes) });
        break;
      case ActionKind.BROADCAST:
        say({ t: 'broadcast', src: address, hops: b, data: bytesText(bytes) });
        break;
      case ActionKind.DELIVER:
        say({ t: 'message', src: address, hops: b, data: bytesText(bytes) });
        break;
      default:
        say({ t: 'note', note: a, who: address, value: b });
        break;
    }
  }
}

function sendReading(): void {
  measureBattery(sendReadingWith);
}

function sendReadingWith(batteryMv: number): void {
  const counters = node.core.counters;
  const reading = encodeReading({
    number: readings++,
    uptimeS: Math.floor(nowMs() / 1000),
    batteryMv: batteryMv,
    freeVars: process.memory(false).free,
    received: counters.received,
    relayed: counters.relayed,
  });
  step(EventKind.SEND, reading, home, 0);
}

function sayStatus(): void {
  const memory = process.memory(false);
  const { counters, neighbours, routes, accounts } = node.core;
  say({
    t: 'status',
    uptimeMs: nowMs(),
    vars: memory.usage,
    varsTotal: memory.total,
    received: counters.received,
    refused: counters.refused,
    sent: counters.sent,
    relayed: counters.relayed,
    airtimeMs: counters.airtimeMs,
    neighbours: bytesText(neighbours.table),
    routes: bytesText(routes.table),
    accounts: bytesText(accounts.table),
  });
}

/** What the host asks (docs/console.md); anything else is answered with a refusal. */
function hear(message: any): void {
  const bytes = textBytes(message.data);
  if (message.t === 'status') sayStatus();
  else if (bytes === undefined) say({ t: 'refused', request: message.t });
  else if (message.t === 'send') step(EventKind.HOST_SEND, bytes, message.dst, message.seq);
  else if (message.t === 'receipt' && bytes.length === 12) step(EventKind.HOST_RECEIPT, bytes, 0, 0);
  else if (message.t === 'header') step(EventKind.HOST_HEADER, bytes, 0, 0);
  else if (message.t === 'state') step(EventKind.HOST_STATE, bytes, 0, 0);
  else if (message.t === 'message') {
    const seq = node.endpoint.seq;
    step(EventKind.SEND, bytes, message.dst, 0);
    // By its number the host knows the packet's receipt from others'.
    if (node.endpoint.seq > seq) say({ t: 'sent', dst: message.dst, seq: seq % 65536 });
  } else say({ t: 'refused', request: message.t });
}

/** The provisioned settings, or undefined on a board that has none yet. */
function readConfig(): any {
  const bytes = flashStore.read('fh.node');
  if (bytes === undefined) return undefined;
  try {
    const settings: any = JSON.parse(E.toString(bytes) || '');
    settings.ledger = fromHex(settings.ledger);
    settings.networkKey = fromHex(settings.networkKey);
    return settings;
  } catch (e) {
    return undefined;
  }
}

/** The mesh comes first: what it can do besides is added when it is on the air, if memory is left for it. */
function extend(): void {
  const { free } = process.memory(false);
  if (free >= EXTEND_FREE_VARS) node.extend();
  else say({ t: 'short', free: free });
}

function start(settings: any, keys: Uint8Array, paySecret: Uint8Array): void {
  const config: NodeConfig = settings;
  home = config.home;
  node = new MeshNode(config, nativeCrypto, flashStore, keys, paySecret);
  radio = createRadio();
  radio.start(
    function (frame, rssiDbm, snrDb): void {
      step(EventKind.FRAME, frame, rssiDbm, Math.floor(snrDb));
    },
    function (sent): void {
      step(EventKind.SENT, NOTHING, sent ? 1 : 0, 0);
    },
    function (code): void {
      say({ t: 'fault', code: code });
    },
  );
  listen(hear);
  tick();
  startWatchdog(function (): boolean {
    return nowMs() - steppedMs < STUCK_MS;
  });
  setTimeout(extend, EXTEND_AFTER_MS);
  setInterval(sayStatus, STATUS_EVERY_MS);
  if (settings.readingS > 0 && !config.endOnHost) {
    setTimeout(
      function (): void {
        sendReading();
        setInterval(sendReading, settings.readingS * 1000);
      },
      FIRST_READING_MS + node.core.jitter.below(settings.readingS * 1000),
    );
  }
}

function boot(): void {
  const settings = readConfig();
  const keys = flashStore.read('fh.keys');
  const paySecret = flashStore.read('fh.pay');
  const ready = settings !== undefined && keys !== undefined && paySecret !== undefined;
  say({ t: 'boot', board: board.id, address: ready ? settings.address : 0, name: ready ? settings.name : '' });
  if (settings === undefined || keys === undefined || paySecret === undefined) {
    say({ t: 'unprovisioned', remedy: 'fairhop provision' });
    return;
  }
  start(settings, keys, paySecret);
}

boot();
