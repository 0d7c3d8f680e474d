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
