// Where the passphrase of a key comes from: FAIRHOP_PASSPHRASE, or a question on the terminal that shows nothing of
// the answer. Knows no keys; the key ring asks through it.
import type { PassphraseSource } from '../owner/key-ring.ts';
import { askLine } from './ask-line.ts';
import { CliError, ExitCode } from './cli-error.ts';

const CHARS_MIN = 8;

export const keyPassphrase: PassphraseSource = async (what, isFresh) => {
  const given = process.env.FAIRHOP_PASSPHRASE;
  if (given !== undefined && given !== '') return isFresh ? longEnough(given) : given;
  if (!process.stdin.isTTY) {
    throw new CliError(
      `the key ${what} needs its passphrase, and there is no terminal to ask on`,
      'Set FAIRHOP_PASSPHRASE, or run this in a terminal.',
      ExitCode.Usage,
    );
  }
  if (!isFresh) return askLine(`passphrase of ${what}: `, true);
  const first = longEnough(await askLine(`new passphrase for ${what}: `, true));
  if ((await askLine('the same again: ', true)) === first) return first;
  throw new CliError('the two passphrases differ', 'Run the command again; nothing was made.', ExitCode.Usage);
};

function longEnough(passphrase: string): string {
  if (passphrase.length >= CHARS_MIN) return passphrase;
  throw new CliError(
    `the passphrase has fewer than ${CHARS_MIN} characters`,
    'Choose a longer one: it is all that protects the key file.',
    ExitCode.Usage,
  );
}
