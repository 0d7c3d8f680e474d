// require('dgram') of a virtual board: messages are binary strings both ways and arrive as callbacks of their
// own, with {address, port, size}; at most 528 bytes of a datagram are seen, as on the interpreter.
import { BoardEvents } from './board-events.ts';
import { binaryText, flatten } from './espruino-bytes.ts';
import type { Machine } from './espruino-globals.ts';
import type { Datagrams, DatagramSocket } from './local-datagrams.ts';

const DATAGRAM_BYTES_MAX = 528;

export function dgramModule(machine: Machine, network: Datagrams): Record<string, unknown> {
  return { createSocket: () => createSocket(machine, network) };
}

function createSocket(machine: Machine, network: Datagrams): Record<string, unknown> {
  const events = new BoardEvents((fn) => machine.queue(fn));
  let socket: DatagramSocket | undefined;

  const open = (port: number): void => {
    socket = network.open(port, (bytes, address, from) => {
      const seen = bytes.subarray(0, DATAGRAM_BYTES_MAX);
      const info = { address, port: from, size: seen.length };
      machine.run(() => events.emit('message', binaryText(seen), info));
    });
    if (!socket) throw machine.realm.error('Unable to create socket');
  };

  const object = {
    bind: (port: number, callback?: (socket: unknown) => void) => {
      open(port);
      if (callback) machine.queue(() => callback(object));
      return object;
    },
    /** send(text, offset, length, port, address) or send(text, port, address). */
    send: (data: unknown, ...rest: any[]) => {
      if (!socket) open(0);
      if (!machine.effect('datagram')) return;
      // Anything but a string is turned into one, as the interpreter does: a Uint8Array would go out as
      // "1,2,3".
      const text = typeof data === 'string' ? data : String(data);
      const [from, length, port, address] = rest.length > 2 ? rest : [0, text.length, ...rest];
      const bytes = flatten([text.slice(from, from + length)]);
      if (bytes.length > 0) socket!.send(Uint8Array.from(bytes), address, port);
    },
    close: () => {
      socket?.close();
      socket = undefined;
      events.emit('close', false);
    },
  };
  events.addTo(object);
  machine.onPowerOff(() => socket?.close());
  return object;
}
