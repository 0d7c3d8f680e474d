// `fairhop transfer`: moves credits that an owner, or one of its nodes, has earned.
import type { Command } from 'commander';
import { StateKind, TxKind, signTx } from '../ledger/index.ts';
import { FOUNDER } from '../provision/owners.ts';
import { accountNamed, wholeNumber } from '../owner/references.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { fate, guarded, print, sessionOf, withWait, type OwnerFlags } from './owner-flags.ts';

interface Flags extends OwnerFlags {
  from: string;
  to: string;
}

const AMOUNT_MAX = 2 ** 46;

export function register(program: Command): void {
  withWait(program.command('transfer').description('move credits to another account'))
    .argument('<amount>', 'credits')
    .option('--from <account>', 'a key of yours, or the address of a node of yours', FOUNDER)
    .requiredOption('--to <account>', 'a node (8 digits), an owner (64 digits or a key here) or pool:NUMBER')
    .action((amount: string, flags: Flags) => guarded(() => transfer(amount, flags)));
}

async function transfer(text: string, flags: Flags): Promise<void> {
  const session = sessionOf(flags);
  const amount = wholeNumber(text, 'the amount', 1, AMOUNT_MAX);
  const from = accountNamed(flags.from, session.keys);
  const to = accountNamed(flags.to, session.keys);
  if (from.kind === StateKind.POOL)
    throw new CliError('a pool belongs to nobody', 'Propose a release: `fairhop propose release`.', ExitCode.Usage);
  if (from.id === to.id)
    throw new CliError('both accounts are the same', 'Name another one with --to.', ExitCode.Usage);
  const gateway = session.gateway();
  const params = await gateway.params();
  const account = await gateway.account(from.id);
  const transferable = account?.transferable ?? 0;
  if (amount > transferable) {
    throw new CliError(
      `${flags.from} can transfer ${transferable} credits, not ${amount}`,
      'Only what was earned and is not reserved moves, never the line: `fairhop balance`.',
      ExitCode.Refused,
    );
  }
  const signer = await session.signerOf(account?.owner ?? from.id.slice('owner:'.length), flags.from);
  const sent = await session.submit(params, signer, (ledgerId, signed) =>
    signTx(
      ledgerId,
      TxKind.TRANSFER,
      { fromKind: from.kind, from: from.reference, toKind: to.kind, to: to.reference, amount, ...signed },
      signer.sign,
    ));
  print(flags, { ...sent, from: from.id, to: to.id, amount }, [
    `${amount} credits from ${flags.from} to ${flags.to}`,
    fate(sent),
  ]);
}
