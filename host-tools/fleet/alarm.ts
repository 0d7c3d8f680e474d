// What stops a gateway of a fleet for good (SPEC F5): the chain that the others have, or that the engine shows, is not
// the one that this gateway keeps. No automatic way back: a person has to find out who is right.
import { CliError, ExitCode } from '../cli/cli-error.ts';

const REMEDY =
  'stop, keep the data directory, compare `fairhop fleet status` of all gateways (docs/fleet.md, "Alarms")';

export class FleetAlarm extends CliError {
  constructor(message: string) {
    super(`ALARM: ${message}`, REMEDY, ExitCode.CheckFailed);
  }
}
