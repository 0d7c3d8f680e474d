// The one kind of error that a command shows on purpose: what is wrong, what to do about it, and the exit
// code. Commands throw it; main.ts prints it. Anything else that escapes a command is our own bug.

/** Exit codes are part of the interface: scripts tell failures apart by them. */
export const ExitCode = {
  Ok: 0,
  Unexpected: 1,
  Usage: 2,
  NoPort: 3,
  PortBusy: 4,
  Permission: 5,
  NoBootloader: 6,
  WrongChip: 7,
  WriteFailed: 8,
  PortLost: 9,
  CheckFailed: 10,
  NoGateway: 11,
  Refused: 12,
  NotIncluded: 13,
  Interrupted: 130,
} as const;

/** What each says, for `fairhop --help`; docs/operating.md repeats it. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [ExitCode.Ok, 'done'],
  [ExitCode.Unexpected, 'unexpected: a bug'],
  [ExitCode.Usage, 'usage'],
  [ExitCode.NoPort, 'no port, or several'],
  [ExitCode.PortBusy, 'port busy'],
  [ExitCode.Permission, 'no permission'],
  [ExitCode.NoBootloader, 'no bootloader answers'],
  [ExitCode.WrongChip, 'wrong chip or image'],
  [ExitCode.WriteFailed, 'writing or verifying failed'],
  [ExitCode.PortLost, 'port lost'],
  [ExitCode.CheckFailed, 'a check failed: upload, provisioning, delivery'],
  [ExitCode.NoGateway, 'no gateway answers'],
  [ExitCode.Refused, 'the ledger refuses'],
  [ExitCode.NotIncluded, 'no block has taken it yet'],
  [ExitCode.Interrupted, 'interrupted'],
];

export class CliError extends Error {
  readonly remedy: string;
  readonly exitCode: number;

  /** `message`: one line, what is wrong. `remedy`: one line, what the user can do. */
  constructor(message: string, remedy: string, exitCode: number = ExitCode.Unexpected) {
    super(message);
    this.remedy = remedy;
    this.exitCode = exitCode;
  }
}
