// A board behind an RFC 2217 server (ser2net, another computer, the emulator) as a line. Control lines travel
// in one TCP segment, so that the far end sees them close together. Called through lineFor.
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { CliError, ExitCode } from '../../cli/cli-error.ts';
import { lostError } from '../../ports/port-errors.ts';
import {
  COM_SET_BAUD,
  COM_SET_CONTROL,
  CONTROL_DTR_OFF,
  CONTROL_DTR_ON,
  CONTROL_RTS_OFF,
  CONTROL_RTS_ON,
  OPTION_BINARY,
  OPTION_COM_PORT,
  OPTION_SUPPRESS_GO_AHEAD,
  TELNET_DO,
  TELNET_WILL,
  TelnetDecoder,
  baudBytes,
  comPortCommand,
  telnetEscape,
  telnetNegotiation,
} from '../rfc2217.ts';
import type { SerialLine } from './serial-line.ts';

const CONNECT_WITHIN_MS = 5000;

export class Rfc2217Line implements SerialLine {
  readonly usb = null;
  onData: (bytes: Uint8Array) => void = () => {};
  onLost: () => void = () => {};
  private socket: Socket | null = null;

  constructor(readonly name: string) {}

  async open(baud: number): Promise<void> {
    const { host, port } = this.address();
    const socket = connect({ host, port });
    await new Promise<void>((resolve, reject) => {
      const fail = (): void => {
        socket.destroy();
        reject(
          new CliError(
            `${this.name} does not answer`,
            'start the RFC 2217 server and check host and port',
            ExitCode.NoPort,
          ),
        );
      };
      socket.setTimeout(CONNECT_WITHIN_MS, fail);
      socket.once('error', fail);
      socket.once('connect', () => {
        socket.setTimeout(0);
        socket.off('error', fail);
        resolve();
      });
    });
    this.attach(socket);
    for (const option of [OPTION_BINARY, OPTION_SUPPRESS_GO_AHEAD, OPTION_COM_PORT]) {
      await this.send(telnetNegotiation(TELNET_WILL, option));
    }
    await this.send(telnetNegotiation(TELNET_DO, OPTION_BINARY));
    await this.setBaud(baud);
    await this.setControlLines(false, false);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.send(telnetEscape(bytes));
  }

  setBaud(baud: number): Promise<void> {
    return this.send(comPortCommand(COM_SET_BAUD, baudBytes(baud)));
  }

  setControlLines(dtr: boolean, rts: boolean): Promise<void> {
    return this.send(
      Buffer.concat([
        comPortCommand(COM_SET_CONTROL, [dtr ? CONTROL_DTR_ON : CONTROL_DTR_OFF]),
        comPortCommand(COM_SET_CONTROL, [rts ? CONTROL_RTS_ON : CONTROL_RTS_OFF]),
      ]),
    );
  }

  async close(): Promise<void> {
    const socket = this.socket;
    this.socket = null;
    if (socket === null || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
      socket.end();
      socket.destroySoon();
    });
  }

  private attach(socket: Socket): void {
    this.socket = socket;
    socket.setNoDelay(true);
    const decoder = new TelnetDecoder({
      data: (bytes) => this.onData(bytes),
      negotiate: () => {},
      subnegotiate: () => {},
    });
    socket.on('data', (bytes) => decoder.push(bytes));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      // Closing on our own side clears the field first, so only a loss arrives here with it set.
      if (this.socket !== socket) return;
      this.socket = null;
      this.onLost();
    });
  }

  private send(bytes: Uint8Array): Promise<void> {
    const socket = this.socket;
    if (socket === null || socket.destroyed) return Promise.reject(lostError(this.name));
    return new Promise((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(lostError(this.name)) : resolve()));
    });
  }

  private address(): { host: string; port: number } {
    const match = /^rfc2217:\/\/(\[[0-9a-fA-F:]+\]|[^:/]+):(\d{1,5})\/?$/.exec(this.name);
    if (match === null) {
      throw new CliError(
        `"${this.name}" is not an RFC 2217 address`,
        'write rfc2217://HOST:PORT',
        ExitCode.Usage,
      );
    }
    return { host: match[1]!.replace(/^\[|\]$/g, ''), port: Number(match[2]) };
  }
}
