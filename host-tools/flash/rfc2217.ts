// RFC 2217 (telnet COM port control) as both ends need it: splitting telnet commands from data, escaping,
// and the option numbers. A byte transform without a socket; used by the RFC 2217 line of the flasher and
// by the emulator's server. RFC 854 for IAC, RFC 855 for sub-negotiation.

const IAC = 0xff;
const SB = 0xfa;
const SE = 0xf0;
const WILL = 0xfb;
const DONT = 0xfe;
export const TELNET_WILL = 0xfb;
export const TELNET_DO = 0xfd;
export const OPTION_BINARY = 0;
export const OPTION_SUPPRESS_GO_AHEAD = 3;
export const OPTION_COM_PORT = 44;

/** Client commands of RFC 2217 section 3; a server answers with the number plus 100. */
export const COM_SET_BAUD = 1;
export const COM_SET_CONTROL = 5;
export const COM_ANSWER = 100;
/** Values of SET-CONTROL. */
export const CONTROL_DTR_ON = 8;
export const CONTROL_DTR_OFF = 9;
export const CONTROL_RTS_ON = 11;
export const CONTROL_RTS_OFF = 12;

const SUBNEGOTIATION_BYTES_MAX = 64;

export interface TelnetEvents {
  data(bytes: Uint8Array): void;
  negotiate(verb: number, option: number): void;
  subnegotiate(bytes: Uint8Array): void;
}

export class TelnetDecoder {
  private state: 'data' | 'iac' | 'verb' | 'sub' | 'sub-iac' = 'data';
  private verb = 0;
  private sub: number[] = [];

  constructor(private readonly events: TelnetEvents) {}

  push(bytes: Uint8Array): void {
    const data: number[] = [];
    for (const byte of bytes) this.step(byte, data);
    if (data.length > 0) this.events.data(Uint8Array.from(data));
  }

  private step(byte: number, data: number[]): void {
    switch (this.state) {
      case 'data':
        if (byte === IAC) this.state = 'iac';
        else data.push(byte);
        return;
      case 'iac':
        this.state = 'data';
        if (byte === IAC) data.push(IAC);
        else if (byte === SB) this.startSub();
        else if (byte >= WILL && byte <= DONT) {
          this.verb = byte;
          this.state = 'verb';
        }
        return;
      case 'verb':
        this.state = 'data';
        this.events.negotiate(this.verb, byte);
        return;
      case 'sub':
        if (byte === IAC) this.state = 'sub-iac';
        else if (this.sub.length < SUBNEGOTIATION_BYTES_MAX) this.sub.push(byte);
        return;
      case 'sub-iac':
        this.state = byte === SE ? 'data' : 'sub';
        if (byte === SE) this.events.subnegotiate(Uint8Array.from(this.sub));
        else if (byte === IAC) this.sub.push(IAC);
    }
  }

  private startSub(): void {
    this.sub = [];
    this.state = 'sub';
  }
}

export function telnetEscape(bytes: Uint8Array): Uint8Array {
  if (!bytes.includes(IAC)) return bytes;
  return Uint8Array.from([...bytes].flatMap((byte) => (byte === IAC ? [IAC, IAC] : [byte])));
}

export function telnetNegotiation(verb: number, option: number): Uint8Array {
  return Uint8Array.of(IAC, verb, option);
}

/** A COM-PORT-OPTION sub-negotiation with its value bytes escaped. */
export function comPortCommand(command: number, value: readonly number[]): Uint8Array {
  const escaped = telnetEscape(Uint8Array.from(value));
  return Uint8Array.of(IAC, SB, OPTION_COM_PORT, command, ...escaped, IAC, SE);
}

export function baudBytes(baud: number): number[] {
  return [(baud >>> 24) & 0xff, (baud >>> 16) & 0xff, (baud >>> 8) & 0xff, baud & 0xff];
}
