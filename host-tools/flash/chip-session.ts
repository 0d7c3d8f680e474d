// One conversation with the loader of a chip: connect, identify, hash, read, erase, write, restart.
// Wraps esptool-js 0.7, whose defects are worked round here and nowhere else; each work-around says why.
// Knows nothing of images, plans or boards. Called by the board flasher; every failure is a CliError.
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { ESPLoader, Transport, UnexpectedChipIdError, UnexpectedChipMagicError } from 'esptool-js';
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { lostError } from '../ports/port-errors.ts';
import { noBootloaderError } from './connect-failure.ts';
import type { SerialLine } from './lines/serial-line.ts';
import { WebSerialPort } from './web-serial-port.ts';

const ROM_BAUD = 115200;
const EN_LOW_MS = 100;
/** An answer to a data block; the stub needs at most 2 s for the 64 KiB block erase behind it. */
const BLOCK_WITHIN_MS = 3000;
const ERASE_REGION_MS_PER_MB = 30000;
const ERASE_WITHIN_MS_MIN = 3000;
/** The mask ROM's block; the library sends it the stub's 16 KiB and rounds what is erased up to that. */
const ROM_BLOCK_BYTES = 0x400;
const OP_SPI_SET_PARAMS = 0x0b;
const OP_ERASE_REGION = 0xd1;
const OP_READ_FLASH = 0xd2;
const READ_BLOCK_BYTES = 0x1000;
const READ_BLOCKS_IN_FLIGHT = 4;
const FLASH_ID_BUS_HIGH = 0xffffff;

export type ChipFamily = 'esp32' | 'esp32s3' | 'esp32c3';

const FAMILY_BY_NAME: Readonly<Record<string, ChipFamily>> = {
  ESP32: 'esp32',
  'ESP32-S3': 'esp32s3',
  'ESP32-C3': 'esp32c3',
};

export interface ChipInfo {
  readonly family: ChipFamily;
  readonly mac: string;
  readonly flashBytes: number;
  /** The rate really in use; the chip may have refused the one asked for. */
  readonly baud: number;
}

export interface ConnectOptions {
  readonly baud: number;
  /** Reset sequences to try; seven take about six seconds on a board that says nothing. */
  readonly attempts: number;
  /** False after a stub that did not start: the mask ROM then does the work itself. */
  readonly useStub: boolean;
}

export class ChipSession {
  /** With the stub running, reading back and erasing regions are possible. */
  stub = false;
  private readonly web: WebSerialPort;
  private readonly transport: Transport;
  private loader: ESPLoader | null = null;
  private readonly interruption: Promise<never>;
  private interrupted: CliError | null = null;

  constructor(
    private readonly line: SerialLine,
    signal: AbortSignal,
    private readonly log: (text: string) => void,
  ) {
    this.web = new WebSerialPort(line);
    this.transport = new Transport(this.web as never, false);
    // Defect: trace() writes to the console even with tracing off.
    this.transport.trace = (message: string) => this.log(message);
    this.interruption = new Promise((_, reject) => {
      const stop = (error: CliError): void => {
        this.interrupted ??= error;
        this.web.abort(error);
        reject(error);
      };
      line.onLost = () => stop(lostError(line.name));
      signal.addEventListener('abort', () => stop(interruptedError()), { once: true });
      if (signal.aborted) stop(interruptedError());
    });
    // Between two operations nobody waits for it; the next operation reports it.
    this.interruption.catch(() => {});
  }

  async connect(options: ConnectOptions): Promise<ChipInfo> {
    this.web.clearRecent();
    const loader = new ESPLoader({
      transport: this.transport,
      baudrate: options.useStub ? options.baud : ROM_BAUD,
      romBaudrate: ROM_BAUD,
      terminal: { clean: () => {}, writeLine: (text) => this.log(text), write: (text) => this.log(text) },
    });
    // Three attempts of three seconds each would outlast the patience of whoever watches a dead board.
    loader.WRITE_BLOCK_ATTEMPTS = 2;
    this.loader = loader;
    await this.enterLoader(loader, options.attempts);
    const family = FAMILY_BY_NAME[loader.chip.CHIP_NAME];
    if (family === undefined) {
      throw new CliError(
        `the chip is an ${loader.chip.CHIP_NAME}`,
        'use a board with an ESP32, ESP32-S3 or ESP32-C3',
        ExitCode.WrongChip,
      );
    }
    if (loader.secureDownloadMode) {
      throw new CliError(
        'the chip is locked in secure download mode',
        'use another board: the lock is a fuse',
        ExitCode.WrongChip,
      );
    }
    const mac = await this.run('read the MAC', () => loader.chip.readMac(loader));
    // Defect: main() forces the stub and prints much; its parts are called one by one instead.
    if (options.useStub) await this.startStub(loader, options.baud);
    else await this.attachFlash(loader);
    const flashBytes = await this.flashSize(loader);
    return { family, mac, flashBytes, baud: this.transport.baudrate };
  }

  /** MD5 of a flash range, 32 hexadecimal digits. */
  async md5(address: number, length: number): Promise<string> {
    const answer = await this.run('hash the flash', (loader) => loader.flashMd5sum(address, length));
    // Defect: the ROM answers in ASCII digits and the library writes those in hexadecimal once more.
    return this.stub ? answer : Buffer.from(answer, 'hex').toString('latin1');
  }

  /**
   * Stub only. Defect: readFlash() takes the answer's value word for a status, though real chips repeat the
   * last register there, and leaves the MD5 that follows the data unread; so the op is driven here.
   */
  async read(address: number, length: number): Promise<Uint8Array> {
    return this.run('read the flash', async (loader) => {
      const request = words(address, length, READ_BLOCK_BYTES, READ_BLOCKS_IN_FLIGHT);
      await loader.checkCommand('read flash', OP_READ_FLASH, request);
      const data = new Uint8Array(length);
      for (let at = 0; at < length;) {
        const block = await this.transport.read(BLOCK_WITHIN_MS);
        if (block.length === 0 || at + block.length > length) throw new Error('a block of a wrong length');
        data.set(block, at);
        at += block.length;
        await this.transport.write(words(at));
      }
      const trailer = await this.transport.read(BLOCK_WITHIN_MS);
      if (createHash('md5').update(data).digest().compare(trailer) !== 0)
        throw new Error('it arrived damaged');
      return data;
    });
  }

  /** Erases whole 4 KiB sectors. Without the stub the ROM does it as the start of a write. */
  async erase(address: number, length: number): Promise<void> {
    const withinMs = Math.max(ERASE_WITHIN_MS_MIN, (ERASE_REGION_MS_PER_MB * length) / 1e6);
    await this.run('erase the flash', async (loader) => {
      // The library has no call for "erase region"; its op is sent through the general command.
      if (!this.stub) await loader.flashBegin(length, address);
      else await loader.checkCommand('erase region', OP_ERASE_REGION, words(address, length), 0, 0, withinMs);
    });
  }

  /** Stub only. */
  async eraseAll(): Promise<void> {
    await this.run('erase the flash', (loader) => loader.eraseFlash());
  }

  /** Writes compressed; `data` is a multiple of 4 bytes. The caller compares the MD5 afterwards. */
  async write(address: number, data: Uint8Array, onBytes: (writtenBytes: number) => void): Promise<void> {
    // Defect: writeFlash() may edit the image header and then stores a wrong digest; never used here.
    await this.run('write the flash', async (loader) => {
      const packed = deflateSync(data, { level: 9 });
      await loader.flashDeflBegin(data.length, packed.length, address);
      const blockBytes = loader.FLASH_WRITE_SIZE;
      for (let at = 0, sequence = 0; at < packed.length; at += blockBytes, sequence++) {
        await loader.flashDeflBlock(packed.subarray(at, at + blockBytes), sequence, BLOCK_WITHIN_MS);
        onBytes(Math.round((data.length * Math.min(packed.length, at + blockBytes)) / packed.length));
      }
      // The ROM would leave the flash mode for the application on this command; only the stub gets it.
      if (this.stub) await loader.flashDeflFinish(false, BLOCK_WITHIN_MS);
    });
  }

  /**
   * Restarts into the application. Defect: the library's hard_reset only lowers RTS, which is low already,
   * so EN never pulses and the board stays in the loader. Here EN is pulled low and released.
   */
  async restart(): Promise<void> {
    await this.line.setControlLines(false, true);
    await this.line.setBaud(ROM_BAUD);
    await sleep(EN_LOW_MS);
    await this.line.setControlLines(false, false);
  }

  private async enterLoader(loader: ESPLoader, attempts: number): Promise<void> {
    try {
      await Promise.race([loader.connect('default_reset', attempts, true), this.interruption]);
    } catch (error) {
      if (this.interrupted !== null) throw this.interrupted;
      if (error instanceof UnexpectedChipIdError || error instanceof UnexpectedChipMagicError) {
        throw new CliError(
          `the chip is not known: ${error.message}`,
          'use a board with an ESP32, ESP32-S3 or ESP32-C3',
          ExitCode.WrongChip,
        );
      }
      throw noBootloaderError(this.line.name, this.web.recentText());
    }
  }

  private async startStub(loader: ESPLoader, baud: number): Promise<void> {
    try {
      await Promise.race([loader.runStub(), this.interruption]);
    } catch (error) {
      if (this.interrupted !== null) throw this.interrupted;
      throw new DeadStubError((error as Error).message);
    }
    this.stub = true;
    if (baud !== ROM_BAUD) await this.run('change the baud rate', () => loader.changeBaud());
  }

  private async attachFlash(loader: ESPLoader): Promise<void> {
    loader.FLASH_WRITE_SIZE = ROM_BLOCK_BYTES;
    await this.run('attach the flash', async () => {
      await loader.flashSpiAttach(0);
      // Id, size (for the ROM's bounds check), 64 KiB block, 4 KiB sector, 256 B page, status mask.
      const params = words(0, 16 * 1024 * 1024, 0x10000, 0x1000, 0x100, 0xffff);
      await loader.checkCommand('set flash parameters', OP_SPI_SET_PARAMS, params);
    });
  }

  private async flashSize(loader: ESPLoader): Promise<number> {
    const id = await this.run('identify the flash', () => loader.readFlashId());
    const label = loader.DETECTED_FLASH_SIZES[(id >> 16) & 0xff];
    const match = /^(\d+)(KB|MB)$/.exec(label ?? '');
    if ((id & FLASH_ID_BUS_HIGH) === FLASH_ID_BUS_HIGH || id === 0 || match === null) {
      throw new CliError(
        'the flash chip of the board does not answer',
        'disconnect whatever is wired to GPIO 6-11, or use another board',
        ExitCode.WriteFailed,
      );
    }
    return Number(match[1]) * (match[2] === 'MB' ? 1024 * 1024 : 1024);
  }

  /**
   * Runs one loader operation. Defect: the library's device-lost callback is unreachable and after a failed
   * write its errors speak of locked streams; so every operation races against the loss of the port.
   */
  private async run<T>(what: string, operation: (loader: ESPLoader) => Promise<T>): Promise<T> {
    if (this.interrupted !== null) throw this.interrupted;
    try {
      return await Promise.race([operation(this.loader!), this.interruption]);
    } catch (error) {
      if (this.interrupted !== null) throw this.interrupted;
      throw new CliError(
        `could not ${what}: ${(error as Error).message.split('\n')[0]!.trim()}`,
        'try a shorter cable, another USB socket, or --baud 115200; then repeat the same command',
        ExitCode.WriteFailed,
      );
    }
  }
}

/** The stub was loaded but did not start; the chip needs a reset before anything else. */
export class DeadStubError extends Error {}

export function interruptedError(): CliError {
  return new CliError('interrupted', 'repeat the same command to finish the job', ExitCode.Interrupted);
}

/** True for an answer that a retry at a lower rate may cure. */
export function isWriteFailure(error: unknown): error is CliError {
  return error instanceof CliError && error.exitCode === ExitCode.WriteFailed;
}

export function isNoBootloader(error: unknown): error is CliError {
  return error instanceof CliError && error.exitCode === ExitCode.NoBootloader;
}

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
