// The whole job on one board: connect, check, plan, back up, erase, write, verify, restart, wait, upload.
// Resumable by design: every run starts by comparing, so a second run finishes what the first began, and so
// does the repeat at a lower baud rate after an error. Called by the batch runner; never throws.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type { ChipFamily, ChipInfo } from './chip-session.ts';
import { ChipSession, DeadStubError, isNoBootloader, isWriteFailure } from './chip-session.ts';
import type { FlashPlan, Segment } from './flash-plan.ts';
import { SECTOR_BYTES, planEverything, planWrites } from './flash-plan.ts';
import type { FlashReport } from './flash-report.ts';
import { emptyReport } from './flash-report.ts';
import { waitForInterpreter } from './interpreter.ts';
import type { OpenLine, SerialLine, UsbIdentity } from './lines/serial-line.ts';
import type { RuntimeImage } from './runtime-image.ts';
import { backUpStorage, lookAtStorage } from './storage-backup.ts';

const ROM_BAUD = 115200;
const BAUD_STEPS = [921600, 460800, 115200];
/** About six seconds of trying on the first contact, two and a half once the board has been met. */
const FIRST_ATTEMPTS = 7;
const REPEAT_ATTEMPTS = 3;
const WRITES_PER_SEGMENT = 2;
const PROMPT_WITHIN_MS = 8000;

export type Erase = 'none' | 'region' | 'all';
export type Stage =
  'connecting' | 'comparing' | 'backing up' | 'erasing' | 'writing' | 'restarting' | 'uploading';

/** Puts the application on a board whose interpreter answers. Returns the names of the files written. */
export type Upload = (
  line: SerialLine,
  signal: AbortSignal,
  onProgress: (fraction: number) => void,
) => Promise<string[]>;

export interface FlashJob {
  readonly port: string;
  readonly usb: UsbIdentity | null;
  /** Null where the runtime is left alone: nobody looks at the chip then. */
  readonly chip: ChipFamily | null;
  /** Flash size the board is sold with; a smaller chip is a different board. */
  readonly flashBytes: number;
  /** Null leaves the runtime as it is and only uploads. */
  readonly image: RuntimeImage | null;
  readonly upload: Upload | null;
  readonly erase: Erase;
  readonly baud: number;
  readonly dryRun: boolean;
  readonly backupDirectory: string;
}

export interface FlashTools {
  readonly openLine: OpenLine;
  readonly signal: AbortSignal;
  /** `fraction` runs from 0 to 1 within a stage. */
  readonly onProgress: (stage: Stage, fraction: number) => void;
  readonly log: (text: string) => void;
}

export async function flashBoard(job: FlashJob, tools: FlashTools): Promise<FlashReport> {
  const started = performance.now();
  // A signal of its own: every pass listens to it, and a batch would pile its listeners up on the shared one.
  const run = new BoardRun(job, { ...tools, signal: AbortSignal.any([tools.signal]) });
  try {
    await run.work();
  } catch (error) {
    run.fail(error);
  } finally {
    await run.line.close().catch(() => {});
  }
  run.report.seconds = Math.round((performance.now() - started) / 10) / 100;
  return run.report;
}

class BoardRun {
  readonly line: SerialLine;
  readonly report: FlashReport;
  /** From the first erase until everything is verified the board cannot start. */
  private halfWritten = false;
  private metBefore = false;
  private useStub = true;
  private backedUp = false;
  private erased = false;

  constructor(
    private readonly job: FlashJob,
    private readonly tools: FlashTools,
  ) {
    this.line = tools.openLine(job.port, job.usb);
    this.report = emptyReport(job.port);
  }

  async work(): Promise<void> {
    const { job, tools, report } = this;
    tools.onProgress('connecting', 0);
    await this.line.open(ROM_BAUD);
    if (job.image !== null) await this.bringRuntime(job.image);
    if (job.dryRun) {
      report.outcome = 'planned';
      return;
    }
    tools.onProgress('restarting', 0);
    const { version, board } = await waitForInterpreter(this.line, PROMPT_WITHIN_MS, tools.signal);
    report.interpreter = `Espruino ${version} ${board}`;
    if (job.upload !== null) {
      tools.onProgress('uploading', 0);
      report.uploadedFiles = await job.upload(this.line, tools.signal, (fraction) =>
        tools.onProgress('uploading', fraction),
      );
    }
    const changed = report.bytesWritten > 0 || report.uploadedFiles.length > 0;
    report.outcome = changed ? 'flashed' : 'already-there';
  }

  fail(error: unknown): void {
    const known = error instanceof CliError ? error : null;
    const text = known?.message ?? `unexpected: ${error instanceof Error ? error.message : String(error)}`;
    const state = this.halfWritten ? '; the board will not start until the job is finished' : '';
    this.report.outcome = 'failed';
    this.report.exitCode = known?.exitCode ?? ExitCode.Unexpected;
    this.report.message = text.split('\n')[0]! + state;
    this.report.remedy = known?.remedy ?? 'repeat the same command';
  }

  /** Repeats the pass at lower and lower rates while writing fails; each pass skips what is there already. */
  private async bringRuntime(image: RuntimeImage): Promise<void> {
    const rates = [this.job.baud, ...BAUD_STEPS.filter((rate) => rate < this.job.baud), ROM_BAUD];
    let failure: CliError | null = null;
    for (const baud of rates) {
      try {
        await this.pass(image, baud);
        return;
      } catch (error) {
        if (isNoBootloader(error) && failure !== null) throw stoppedAnswering(failure);
        if (!isWriteFailure(error)) throw error;
        this.tools.log(`${error.message}; trying a lower rate than ${baud}`);
        failure = error;
      }
    }
    throw failure!;
  }

  private async pass(image: RuntimeImage, baud: number): Promise<void> {
    const session = new ChipSession(this.line, this.tools.signal, this.tools.log);
    const chip = await this.connect(session, baud);
    try {
      this.check(chip, image);
    } catch (error) {
      await session.restart();
      throw error;
    }
    const plan = await this.compare(session, image);
    if (!this.job.dryRun) {
      await this.prepare(session, chip, image, plan);
      await this.write(session, plan, image);
    }
    await session.restart();
  }

  private async connect(session: ChipSession, baud: number): Promise<ChipInfo> {
    const attempts = this.metBefore ? REPEAT_ATTEMPTS : FIRST_ATTEMPTS;
    let chip: ChipInfo;
    try {
      chip = await session.connect({ baud, attempts, useStub: this.useStub });
    } catch (error) {
      if (!(error instanceof DeadStubError)) throw error;
      this.tools.log('the stub does not start; going on with the mask ROM, which is slower');
      this.useStub = false;
      chip = await session.connect({ baud, attempts: REPEAT_ATTEMPTS, useStub: false });
    }
    this.metBefore = true;
    Object.assign(this.report, {
      chip: chip.family,
      mac: chip.mac,
      flashBytes: chip.flashBytes,
      baud: chip.baud,
    });
    return chip;
  }

  private check(chip: ChipInfo, image: RuntimeImage): void {
    const wrong = (what: string, remedy: string): CliError => new CliError(what, remedy, ExitCode.WrongChip);
    if (chip.family !== this.job.chip) {
      throw wrong(
        `the chip is an ${chip.family}, the board definition says ${this.job.chip}`,
        'give the right --board; `fairhop boards` lists them',
      );
    }
    if (chip.family !== image.chip) {
      throw wrong(
        `the runtime is for the ${image.chip}, the chip is an ${chip.family}`,
        'give the runtime of this chip with --runtime',
      );
    }
    const needed = Math.max(image.flashBytesMin, this.job.flashBytes);
    if (chip.flashBytes < needed) {
      throw wrong(
        `the flash has ${megabytes(chip.flashBytes)}, ${megabytes(needed)} are needed`,
        'give the right --board, or use a board with more flash',
      );
    }
  }

  private async compare(session: ChipSession, image: RuntimeImage): Promise<FlashPlan> {
    this.tools.onProgress('comparing', 0);
    const everything = this.job.erase === 'all' && !this.erased;
    const plan = everything
      ? planEverything(image.regions)
      : await planWrites(image.regions, (address, length) => session.md5(address, length));
    // The first comparison is the report; later ones only say what a repeat still has to do.
    if (this.report.regions.length === 0) this.report.regions = [...plan.regions];
    return plan;
  }

  private async prepare(
    session: ChipSession,
    chip: ChipInfo,
    image: RuntimeImage,
    plan: FlashPlan,
  ): Promise<void> {
    const erases = this.job.erase !== 'none' && !this.erased;
    if ((erases || plan.segments.length > 0) && !this.backedUp)
      await this.backUp(session, chip, image, erases);
    if (!erases) return;
    this.tools.onProgress('erasing', 0);
    if (this.job.erase === 'all') {
      this.halfWritten = true;
      await session.eraseAll();
    } else await session.erase(image.storage.address, image.storage.bytes);
    this.erased = true;
  }

  private async backUp(
    session: ChipSession,
    chip: ChipInfo,
    image: RuntimeImage,
    erases: boolean,
  ): Promise<void> {
    const content = await lookAtStorage(session, image.storage);
    this.report.storageBytesUsed = content.bytesUsed;
    if (content.bytesUsed > 0 && session.stub) {
      this.tools.onProgress('backing up', 0);
      this.report.backupFile = await backUpStorage(
        session,
        chip.mac,
        content,
        this.job.backupDirectory,
        (bytes) => this.tools.onProgress('backing up', bytes / content.bytesUsed),
      );
    } else if (content.bytesUsed > 0 && erases) {
      throw new CliError(
        'the storage cannot be backed up, because the flash stub does not start',
        'repeat without --erase, or use another cable',
        ExitCode.WriteFailed,
      );
    }
    this.backedUp = true;
  }

  private async write(session: ChipSession, plan: FlashPlan, image: RuntimeImage): Promise<void> {
    if (plan.segments.length === 0) return;
    const total = plan.segments.reduce((sum, segment) => sum + segment.data.length, 0);
    let done = 0;
    const progress = (bytes: number): void => this.tools.onProgress('writing', (done + bytes) / total);
    const mark = plan.segments.find((segment) => segment.isCommitMark);
    this.halfWritten = true;
    if (mark !== undefined) await session.erase(mark.address, SECTOR_BYTES);
    for (const segment of plan.segments) {
      await this.writeSegment(session, segment, progress);
      done += segment.data.length;
      this.report.bytesWritten += segment.data.length;
    }
    const check = await planWrites(image.regions, (address, length) => session.md5(address, length));
    if (check.segments.length > 0) throw verifyError(check.segments[0]!);
    this.halfWritten = false;
  }

  private async writeSegment(
    session: ChipSession,
    segment: Segment,
    onBytes: (bytes: number) => void,
  ): Promise<void> {
    // A hash that differs is cured by writing again; an unanswered command needs the reset of the next pass.
    for (let written = 0; written < WRITES_PER_SEGMENT; written++) {
      await session.write(segment.address, segment.data, onBytes);
      if ((await session.md5(segment.address, segment.data.length)) === segment.md5) return;
    }
    throw verifyError(segment);
  }
}

function verifyError(segment: Segment): CliError {
  return new CliError(
    `the flash does not keep what is written at 0x${segment.address.toString(16)}`,
    'repeat the same command; if it fails at the same address the flash chip is worn out',
    ExitCode.WriteFailed,
  );
}

function stoppedAnswering(failure: CliError): CliError {
  return new CliError(
    `the board stopped answering (${failure.message})`,
    'unplug it, plug it in again, repeat the same command',
    ExitCode.WriteFailed,
  );
}

function megabytes(bytes: number): string {
  return `${bytes / (1024 * 1024)} MB`;
}
