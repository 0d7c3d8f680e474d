// The line to a board as the flasher needs it: bytes both ways, baud rate, and the two control lines set
// together. Implemented over a serial port and over RFC 2217; chosen by the form of the port's name.
// It knows nothing of chips or of the loader.
import { Rfc2217Line } from './rfc2217-line.ts';
import { SerialPortLine } from './serialport-line.ts';

export interface UsbIdentity {
  readonly vendorId: number;
  readonly productId: number;
}

export interface SerialLine {
  readonly name: string;
  readonly usb: UsbIdentity | null;
  /** Both may be replaced at any time; data nobody listens to is dropped. */
  onData: (bytes: Uint8Array) => void;
  /** Called once when the far side disappears; every later call on the line fails. */
  onLost: () => void;
  /** Opens with both control lines released. Throws CliError. */
  open(baud: number): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  setBaud(baud: number): Promise<void>;
  setControlLines(dtr: boolean, rts: boolean): Promise<void>;
  close(): Promise<void>;
}

export type OpenLine = (port: string, usb: UsbIdentity | null) => SerialLine;

export const lineFor: OpenLine = (port, usb) =>
  port.startsWith('rfc2217://') ? new Rfc2217Line(port) : new SerialPortLine(port, usb);
