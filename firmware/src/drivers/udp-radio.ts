// The radio of a board without a radio chip: frames travel as UDP datagrams to a hub that simulates the
// channel. Runs on Espruino for Linux and on Wi-Fi boards; the hub's address comes from the Storage file
// `fh.radio`. Owns the datagram layout (the hub's side is host-tools/ether/station-radio.ts); knows nothing
// of what a frame means. Used by main.ts where the board's radio kind is "udp".
import type { RadioPort } from '../mesh/ports.ts';

const enum Op {
  Register = 0x01,
  Transmit = 0x02,
  Received = 0x11,
  Ended = 0x12,
}

/** Reported through `onFault`. The low numbers belong to the SPI radios. */
export const enum UdpRadioFault {
  NotConfigured = 0x41,
  BadDatagram = 0x42,
  NoMemory = 0x43,
  NoAnswer = 0x44,
}

const CONFIG_FILE = 'fh.radio';
const FRAME_BYTES_MAX = 255;
/** Registering again finds a hub that was restarted. */
const REGISTER_INTERVAL_MS = 10000;
/** The slowest frame (SF12, 125 kHz, 255 bytes) is 9.2 s on air. */
const ANSWER_TIMEOUT_MS = 12000;

export function createRadio(): RadioPort {
  let socket: UdpSocket | undefined;
  let host = '';
  let port = 0;
  let index = 0;
  /** The running time limit of a transmission; undefined when none is under way. */
  let pending: number | undefined;
  let report: (sent: boolean) => void;
  let fault: (code: number) => void;

  /** False when the bytes found no memory. An empty datagram would close the socket: there is none. */
  function sendDatagram(bytes: string): boolean {
    if (!socket || !bytes) return false;
    socket.send(bytes, 0, bytes.length, port, host);
    return true;
  }

  function register(): void {
    if (!sendDatagram(String.fromCharCode(Op.Register, index >> 8, index & 255))) fault(UdpRadioFault.NoMemory);
  }

  function end(sent: boolean): void {
    if (pending === undefined) return;
    clearTimeout(pending);
    pending = undefined;
    report(sent);
  }

  function fail(code: number): void {
    fault(code);
    end(false);
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

  return {
    start: function (onFrame, onSent, onFault): void {
      report = onSent;
      fault = onFault;
      if (!configured()) {
        fault(UdpRadioFault.NotConfigured);
        return;
      }
      const opened = require('dgram').createSocket('udp4');
      opened.on('message', function (data, info): void {
        const op = data.charCodeAt(0);
        // Anybody on the network can send here; only the hub is listened to.
        if (info.port !== port || info.address !== host) return;
        if (op === Op.Ended && data.length === 2) {
          end(data.charCodeAt(1) === 1);
        } else if (op === Op.Received && data.length > 3 && data.length <= 3 + FRAME_BYTES_MAX) {
          const bytes = E.toUint8Array(data);
          if (!bytes) {
            fault(UdpRadioFault.NoMemory);
            return;
          }
          onFrame(bytes.subarray(3), -bytes[1], (bytes[2] < 128 ? bytes[2] : bytes[2] - 256) / 4);
        } else {
          fault(UdpRadioFault.BadDatagram);
        }
      });
      opened.bind(0);
      socket = opened;
      register();
      setInterval(register, REGISTER_INTERVAL_MS);
    },

    send: function (frame): void {
      const bytes = E.toString(frame);
      const sent = bytes !== undefined && sendDatagram(String.fromCharCode(Op.Transmit) + bytes);
      // The answer comes from a timer even when it is known at once: no caller sees it before `send` returns.
      pending = setTimeout(
        function (): void {
          fail(sent ? UdpRadioFault.NoAnswer : UdpRadioFault.NoMemory);
        },
        sent ? ANSWER_TIMEOUT_MS : 0,
      );
    },
  };
}
