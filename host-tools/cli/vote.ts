// `fairhop vote`: lists what is put to the vote, or votes on it.
import type { Command } from 'commander';
import { TxKind, signTx } from '../ledger/index.ts';
import { FOUNDER } from '../provision/owners.ts';
import { sentence } from '../owner/proposals.ts';
import { wholeNumber } from '../owner/references.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { fate, guarded, print, sessionOf, table, withWait, type OwnerFlags } from './owner-flags.ts';

type Flags = OwnerFlags & { from: string };

export function register(program: Command): void {
  withWait(program.command('vote').description('vote on a proposal; without one, list them'))
    .argument('[proposal]', 'its number')
    .argument('[choice]', 'yes or no')
    .option('--from <name>', "a member's key", FOUNDER)
    .option('--offline', 'list from the stored chain of the data directory')
    .action((proposal: string | undefined, choice: string | undefined, flags: Flags) =>
      guarded(() => (proposal === undefined ? list(flags) : vote(proposal, choice, flags))));
}

async function list(flags: Flags): Promise<void> {
  const session = sessionOf(flags);
  const reader = await session.reader();
  const params = await reader.params();
  const proposals = await reader.proposals();
  const rows = proposals.map((proposal) => [
    proposal.number, sentence(proposal, params, session.keys), proposal.yes, proposal.no,
    proposal.state === 'voting'
      ? `counted at the end of epoch ${proposal.countsAt}`
      : `passed, takes effect at the end of epoch ${proposal.effectAt}`,
  ]);
  print(flags, { height: params.height, epoch: params.epoch, proposals }, [
    ...(rows.length === 0 ? ['nothing is put to the vote'] : table(['number', 'proposal', 'yes', 'no', ''], rows)),
    `epoch ${params.epoch} ends with block ${params.epochEndsAt}`,
  ]);
}

async function vote(text: string, choice: string | undefined, flags: Flags): Promise<void> {
  const proposal = wholeNumber(text, 'a proposal', 1, 0xffffffff);
  if (choice !== 'yes' && choice !== 'no')
    throw new CliError('the vote is missing', `Write: fairhop vote ${proposal} yes, or no`, ExitCode.Usage);
  const session = sessionOf(flags);
  if (flags.offline === true)
    throw new CliError('a vote needs a gateway', 'Leave --offline away.', ExitCode.Usage);
  const params = await session.gateway().params();
  const signer = await session.keys.open(flags.from);
  const sent = await session.submit(params, signer, (ledgerId, signed) =>
    signTx(
      ledgerId,
      TxKind.VOTE,
      { owner: signer.key, proposal, choice: choice === 'yes' ? 1 : 0, ...signed },
      signer.sign,
    ));
  print(flags, { ...sent, proposal, choice }, [`${choice} to proposal ${proposal}`, fate(sent)]);
}
