// Puts an emulated board on a TCP port of this computer as an RFC 2217 server: the one transport without a
// kernel driver that carries DTR and RTS. One client at a time, as a serial port has. Used by tests and by
// anyone who wants to try `fairhop flash --port rfc2217://127.0.0.1:PORT` without a board.
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import {
  COM_ANSWER,
  COM_SET_BAUD,
  COM_SET_CONTROL,
  CONTROL_DTR_OFF,
  CONTROL_DTR_ON,
  CONTROL_RTS_OFF,
  CONTROL_RTS_ON,
  OPTION_COM_PORT,
  TELNET_DO,
  TELNET_WILL,
  TelnetDecoder,
  comPortCommand,
  telnetEscape,
  telnetNegotiation,
} from '../rfc2217.ts';
import type { EmulatedBoard } from './emulated-board.ts';

export interface Rfc2217Server {
  readonly url: string;
  close(): Promise<void>;
}

export async function serveRfc2217(board: EmulatedBoard): Promise<Rfc2217Server> {
  let client: Socket | null = null;
  const server = createServer((socket) => {
    if (board.state === 'unplugged') return socket.destroy();
    // The last one wins: the end of the one before may still be on its way.
    client?.destroy();
    client = socket;
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (client === socket) client = null;
    });
    connectClient(board, socket);
  });
  board.output = (bytes) => client?.write(telnetEscape(bytes));
  board.onUnplug = () => client?.destroy();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `rfc2217://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        board.stop();
        client?.destroy();
        server.close(() => resolve());
      }),
  };
}

function connectClient(board: EmulatedBoard, socket: Socket): void {
  const lines = { dtr: false, rts: false };
  const decoder = new TelnetDecoder({
    data: (bytes) => board.receive(bytes),
    negotiate: (verb, option) => {
      if (verb === TELNET_WILL) socket.write(telnetNegotiation(TELNET_DO, option));
      else if (verb === TELNET_DO) socket.write(telnetNegotiation(TELNET_WILL, option));
    },
    subnegotiate: (sub) => {
      if (sub[0] !== OPTION_COM_PORT || sub.length < 2) return;
      const value = [...sub.subarray(2)];
      if (sub[1] === COM_SET_CONTROL) applyControl(lines, value[0]!, board);
      // Asking for baud 0 means "which one is set"; every other value is accepted as given.
      const isQuery = sub[1] === COM_SET_BAUD && value.every((byte) => byte === 0);
      socket.write(comPortCommand(sub[1]! + COM_ANSWER, isQuery ? [0, 1, 0xc2, 0] : value));
    },
  });
  socket.on('data', (bytes) => decoder.push(bytes));
}

function applyControl(lines: { dtr: boolean; rts: boolean }, value: number, board: EmulatedBoard): void {
  if (value === CONTROL_DTR_ON || value === CONTROL_DTR_OFF) lines.dtr = value === CONTROL_DTR_ON;
  else if (value === CONTROL_RTS_ON || value === CONTROL_RTS_OFF) lines.rts = value === CONTROL_RTS_ON;
  else return;
  board.setLines(lines.dtr, lines.rts);
}
