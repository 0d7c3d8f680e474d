// The radio of a board without a radio chip: frames travel as UDP datagrams to a hub that simulates the
// channel. Runs on Espruino for Linux and on Wi-Fi boards; the hub's address comes from the Storage file
// `fh.radio`, {"host", "port", "index"}. Owns the datagram layout (the hub's side is
// host-tools/ether/station-radio.ts); knows nothing of what a frame means. Used by main.ts through `#radio`.
import type { RadioPort } from '../mesh/ports.ts';
import { RadioFault } from './radio-fault.ts';

const enum Op {
  Register = 0x01,
  Transmit = 0x02,
  Received = 0x11,
  Ended = 0x12,
}

const CONFIG_FILE = 'fh.radio';
const FRAME_BYTES_MAX = 255;
/** Registering again finds a hub that was restarted. */
const REGISTER_INTERVAL_MS = 10000;
/** The slowest frame (SF12, 125 kHz, 255 bytes) is 9.2 s on air. */
const ANSWER_TIMEOUT_MS = 12000;

let socket: UdpSocket | undefined;
let host = '';
let port = 0;
let index = 0;
/** The running time limit of a transmission; undefined when none is under way. */
let pending: number | undefined;
let report: (sent: boolean) => void;
let fault: (code: number) => void;
let deliver: (frame: Uint8Array, rssiDbm: number, snrDb: number) => void;

/** Binary text out. An empty datagram would close the socket: there is none. */
function sendDatagram(bytes: string): void {
  if (socket) socket.send(bytes, 0, bytes.length, port, host);
}

function register(): void {
  // Through bytes: a build with Unicode strings makes something else of fromCharCode(128) and above.
  const bytes = E.toString(new Uint8Array([Op.Register, index >> 8, index & 255]));
  if (bytes !== undefined) sendDatagram(bytes);
}

function end(sent: boolean): void {
  if (pending === undefined) return;
  clearTimeout(pending);
  pending = undefined;
  report(sent);
}

function configured(): boolean {
  const text = require('Storage').read(CONFIG_FILE);
  if (text === undefined) return false;
  let config;
  try {
    config = JSON.parse(text);
  } catch (e) {
    return false;
  }
  if (!config || typeof config.host !== 'string') return false;
  if (!(config.port > 0) || !(config.index >= 0)) return false;
  host = config.host;
  port = config.port;
  index = config.index;
  return true;
}

function received(data: string): void {
  const bytes = E.toUint8Array(data);
  if (!bytes) {
    fault(RadioFault.BusException);
    return;
  }
  deliver(bytes.subarray(3), -bytes[1], (bytes[2] < 128 ? bytes[2] : bytes[2] - 256) / 4);
}

function onMessage(data: string, info: UdpInfo): void {
  // Anybody on the network can send here; only the hub is listened to.
  if (info.port !== port || info.address !== host) return;
  const op = data.charCodeAt(0);
  if (op === Op.Ended && data.length === 2) end(data.charCodeAt(1) === 1);
  else if (op === Op.Received && data.length > 3 && data.length <= 3 + FRAME_BYTES_MAX) received(data);
  else fault(RadioFault.HeaderError);
}

function start(
  onFrame: (frame: Uint8Array, rssiDbm: number, snrDb: number) => void,
  onSent: (sent: boolean) => void,
  onFault: (code: number) => void,
): void {
  deliver = onFrame;
  report = onSent;
  fault = onFault;
  if (!configured()) {
    fault(RadioFault.BadConfig);
    return;
  }
  socket = require('dgram').createSocket('udp4');
  socket.on('message', onMessage);
  socket.bind(0);
  register();
  setInterval(register, REGISTER_INTERVAL_MS);
}

function send(frame: Uint8Array): void {
  const bytes = E.toString(frame);
  if (bytes !== undefined) sendDatagram(String.fromCharCode(Op.Transmit) + bytes);
  const asked = bytes !== undefined && socket !== undefined;
  // The answer comes from a timer even when it is known at once: no caller sees it before `send` returns.
  pending = setTimeout(
    function (): void {
      fault(asked ? RadioFault.StuckTx : RadioFault.BusException);
      end(false);
    },
    asked ? ANSWER_TIMEOUT_MS : 0,
  );
}

export function createRadio(): RadioPort {
  return { start: start, send: send };
}
