// Explains why no loader answered, from what the board did print: the boot log names the boot mode, a
// brown-out or nothing at all, and each has its own cure. Pure text in, error out; called by the session.
import { CliError, ExitCode } from '../cli/cli-error.ts';

const HOLD_BOOT =
  'hold BOOT, press and release RESET (or plug the board in), release BOOT, repeat the command';

export function noBootloaderError(port: string, received: string): CliError {
  const [what, remedy] = explain(received);
  return new CliError(`no answer from a bootloader on ${port}: ${what}`, remedy, ExitCode.NoBootloader);
}

function explain(received: string): [what: string, remedy: string] {
  if (/brownout/i.test(received)) {
    return ['the supply voltage of the board collapses', 'use a shorter cable or a powered USB hub'];
  }
  const modes = [...received.matchAll(/boot:(0x[0-9a-fA-F]+)([^\n]*\n?[^\n]*waiting for download)?/g)];
  const last = modes.at(-1);
  if (last?.[2] !== undefined) {
    return [
      'it is in download mode but does not hear this computer',
      'disconnect whatever is wired to the RX and TX pins, or try another cable',
    ];
  }
  if (last !== undefined) {
    return [`it restarts but starts its application (boot mode ${last[1]})`, HOLD_BOOT];
  }
  if (received.length > 0)
    return ['it sends bytes, but not those of an ESP32', `check the port; ${HOLD_BOOT}`];
  return ['nothing was received', `check that this is the right port and a data cable; then ${HOLD_BOOT}`];
}
