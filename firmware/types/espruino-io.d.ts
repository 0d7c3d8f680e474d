// What the interpreter offers beyond the language: timers, pins, buses, flash, hashing, UDP. For drivers
// and main.ts only; the pure rooms get time, randomness and bytes as arguments (the tidy test refuses
// these names there). Written from the interpreter's own sources (2v29) and tried on it where a computer
// can try it.

declare function print(...values: any[]): void;
/** Seconds since power-up or since setTime, with microsecond resolution. It jumps when the time is set. */
declare function getTime(): number;
declare function setTime(seconds: number): void;
declare function getSerial(): string;
declare function setTimeout(callback: () => void, ms: number): number;
declare function setInterval(callback: () => void, ms: number): number;
declare function clearTimeout(id?: number): void;
declare function clearInterval(id?: number): void;
declare function changeInterval(id: number, ms: number): void;
declare function peek32(address: number): number;
declare function peek32(address: number, count: number): Uint32Array;
declare function load(): void;
declare function echo(on: boolean): void;
declare function btoa(bytes: string): string;
declare function atob(base64: string): string;

/** A physical pin. D34..D39 of a classic ESP32 are inputs without pull resistors. */
interface Pin {
  mode(
    mode: 'input' | 'input_pullup' | 'input_pulldown' | 'output' | 'opendrain' | 'analog' | 'auto',
  ): void;
  read(): boolean;
  set(): void;
  reset(): void;
  write(value: boolean | number): void;
}
interface WatchEvent {
  state: boolean;
  /** Seconds, stamped in the interrupt. */
  time: number;
  lastTime: number;
}
interface WatchOptions {
  repeat: boolean;
  edge: 'rising' | 'falling' | 'both';
}
declare function setWatch(callback: (event: WatchEvent) => void, pin: Pin, options: WatchOptions): number;
declare function clearWatch(id: number): void;
declare function digitalWrite(pin: Pin, value: boolean | number): void;
declare function digitalRead(pin: Pin): number;
declare function digitalPulse(pin: Pin, value: boolean | number, ms: number): void;
declare function pinMode(pin: Pin, mode: string): void;
/** 0..1 of the reference voltage. Only D32..D39 of a classic ESP32 work beside the radio. */
declare function analogRead(pin: Pin): number;

interface SpiPort {
  setup(options: { sck: Pin; miso: Pin; mosi: Pin; baud: number; mode?: number }): void;
  /** One typed array per call: a plain array would go out byte by byte, each a transaction of its own. */
  send(bytes: Uint8Array, chipSelect: Pin): Uint8Array;
  write(bytes: Uint8Array, chipSelect: Pin): void;
}
declare const SPI1: SpiPort;
declare const SPI2: SpiPort;

interface I2cPort {
  setup(options: { scl: Pin; sda: Pin; bitrate?: number }): void;
  writeTo(address: number, bytes: Uint8Array | number[]): void;
  readFrom(address: number, count: number): Uint8Array;
}
declare const I2C1: I2cPort;

interface SerialPort {
  setup(baud: number, options?: { rx?: Pin; tx?: Pin; flow?: 'none' | 'xon' }): void;
  write(bytes: string | Uint8Array): void;
  setConsole(force?: boolean): void;
  on(event: 'data', callback: (bytes: string) => void): void;
}
declare const Serial1: SerialPort;
declare const Serial2: SerialPort;
/** The console's port where there is no Serial1: native USB on an ESP32-S3 or C3, stdout on Linux. */
declare const USB: SerialPort;

interface MemoryUsage {
  free: number;
  usage: number;
  total: number;
  history: number;
  gctime: number;
  blocksize: number;
}
interface Process {
  readonly version: string;
  readonly env: { readonly BOARD: string; readonly VERSION: string; readonly SERIAL: string };
  /** Collects garbage first, unless `gc` is false. */
  memory(gc?: boolean): MemoryUsage;
  /** Takes the place of the interpreter's own error print. */
  on(event: 'uncaughtException', callback: (error: Error) => void): void;
}
declare const process: Process;

interface Espruino {
  /** No copy where the source is a string in one piece; undefined when there is no contiguous memory. */
  toUint8Array(source: string | ArrayLike<number>): Uint8Array;
  /** Binary string of the bytes; undefined when there is no contiguous memory for it. */
  toString(source: Uint8Array | ArrayBuffer): string | undefined;
  CRC32(source: string | Uint8Array): number;
  getErrorFlags(): string[];
  enableWatchdog(seconds: number, automatic: boolean): void;
  kickWatchdog(): void;
  reboot(): void;
  setFlags(flags: { [flag: string]: number }): void;
  getSizeOf(value: any): number;
  on(event: 'errorFlag', callback: (flags: string[]) => void): void;
  on(event: 'init' | 'kill', callback: () => void): void;
  /** An EVENT packet of the serial protocol: the host's message, already parsed. */
  on(event: 'packet', callback: (message: any) => void): void;
}
declare const E: Espruino;

/**
 * Flash file system. Names have at most 28 characters; a rewritten file leaves its old copy until
 * `compact`.
 */
interface StorageModule {
  read(name: string): string | undefined;
  readArrayBuffer(name: string): ArrayBuffer | undefined;
  /** False when the flash is full. Identical content is not written again. */
  write(name: string, data: string | Uint8Array, offset?: number, size?: number): boolean;
  erase(name: string): void;
  list(pattern?: RegExp): string[];
  compact(): void;
  getFree(): number;
  getStats(): {
    totalBytes: number;
    freeBytes: number;
    fileBytes: number;
    fileCount: number;
    trashBytes: number;
  };
}

/**
 * Single blocks only: the interpreter's CTR ignores `iv` and always counts from zero, which repeats the
 * key stream.
 */
interface AesOptions {
  mode: 'ECB';
}
interface CryptoModule {
  /**
   * 32 bytes. Undefined when no contiguous memory was found. A nested array is hashed as its
   * concatenation.
   */
  SHA256(data: string | Uint8Array | readonly Uint8Array[]): ArrayBuffer | undefined;
  readonly AES: {
    encrypt(data: Uint8Array, key: Uint8Array, options: AesOptions): ArrayBuffer | undefined;
    decrypt(data: Uint8Array, key: Uint8Array, options: AesOptions): ArrayBuffer | undefined;
  };
}

interface UdpInfo {
  address: string;
  port: number;
  size: number;
}
interface UdpSocket {
  bind(port: number, callback?: () => void): void;
  /** Datagrams are binary strings both ways. */
  send(data: string, offset: number, length: number, port: number, address: string): void;
  on(event: 'message', callback: (data: string, info: UdpInfo) => void): void;
  on(event: 'error' | 'close', callback: (error: any) => void): void;
  close(): void;
}
interface DgramModule {
  createSocket(kind: 'udp4' | { type: 'udp4'; reuseAddr?: boolean }): UdpSocket;
}

declare function require(module: 'Storage'): StorageModule;
declare function require(module: 'crypto'): CryptoModule;
declare function require(module: 'dgram'): DgramModule;

/** Present on ESP32 builds only. */
declare const ESP32: {
  getWakeupCause(): number;
  /** At most 2147 s; the program starts from the beginning. */
  deepSleep(us: number): void;
  enableBLE(on: boolean): void;
  enableWifi(on: boolean): void;
  getState(): { freeHeap: number; [field: string]: any };
};

/** GPIO numbers; which of them exist depends on the chip (the board file names the ones in use). */
declare const D0: Pin,
  D1: Pin,
  D2: Pin,
  D3: Pin,
  D4: Pin,
  D5: Pin,
  D6: Pin,
  D7: Pin,
  D8: Pin,
  D9: Pin,
  D10: Pin,
  D11: Pin,
  D12: Pin,
  D13: Pin,
  D14: Pin,
  D15: Pin,
  D16: Pin,
  D17: Pin,
  D18: Pin,
  D19: Pin,
  D20: Pin,
  D21: Pin,
  D22: Pin,
  D23: Pin,
  D24: Pin,
  D25: Pin,
  D26: Pin,
  D27: Pin,
  D28: Pin,
  D29: Pin,
  D30: Pin,
  D31: Pin,
  D32: Pin,
  D33: Pin,
  D34: Pin,
  D35: Pin,
  D36: Pin,
  D37: Pin,
  D38: Pin,
  D39: Pin,
  D40: Pin,
  D41: Pin,
  D42: Pin,
  D43: Pin,
  D44: Pin,
  D45: Pin,
  D46: Pin,
  D47: Pin,
  D48: Pin;

// The radio drivers hold chip select themselves around a header and a body, and fall back to single bytes.
interface SpiPort {
  send(bytes: Uint8Array): Uint8Array;
  send(byte: number): number;
}

/** Drawing into an array of pixels; on the supported ESP32 builds and on Linux, with the 6x8 font. */
interface GraphicsBuffer {
  readonly buffer: ArrayBuffer;
  clear(): void;
  setFont(name: '6x8'): void;
  drawString(text: string, x: number, y: number): void;
}
declare const Graphics: {
  createArrayBuffer(
    width: number, height: number, bitsPerPixel: 1, options: { vertical_byte: true },
  ): GraphicsBuffer;
};
