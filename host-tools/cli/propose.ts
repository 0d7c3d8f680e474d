// `fairhop propose`: puts something to the vote of the members.
import type { Command } from 'commander';
import { TxKind, signTx } from '../ledger/index.ts';
import { FOUNDER } from '../provision/owners.ts';
import { ACTION_WORDS, motionOf } from '../owner/proposals.ts';
import { fate, guarded, print, sessionOf, withWait, type OwnerFlags } from './owner-flags.ts';

export function register(program: Command): void {
  const lines = Object.entries(ACTION_WORDS).map(([action, words]) => `  fairhop propose ${action} ${words}`);
  const help = ['\nWhat can be proposed (`fairhop params` shows rates, bounds, pools and gateways):', ...lines];
  withWait(program.command('propose').description('put something to the vote of the members'))
    .argument('<action>')
    .argument('[words...]')
    .option('--from <name>', "a member's key", FOUNDER)
    .addHelpText('after', help.join('\n'))
    .action((action: string, words: string[], flags: OwnerFlags & { from: string }) =>
      guarded(() => propose(action, words, flags)));
}

async function propose(name: string, words: string[], flags: OwnerFlags & { from: string }): Promise<void> {
  const session = sessionOf(flags);
  const gateway = session.gateway();
  const params = await gateway.params();
  const { action, subject, value } = motionOf(name, words, params, session.keys);
  const signer = await session.keys.open(flags.from);
  const sent = await session.submit(params, signer, (ledgerId, signed) =>
    signTx(ledgerId, TxKind.PROPOSE, { owner: signer.key, action, subject, value, ...signed }, signer.sign));
  const mine = (await gateway.proposals()).filter((proposal) =>
    proposal.owner === signer.publicKey && proposal.action === name && proposal.value === value &&
    proposal.subject === Buffer.from(subject).toString('hex'));
  // Two may say the same; ours is the newest. While no block holds it, it has no number.
  const number = sent.state === 'included' ? (mine.at(-1)?.number ?? null) : null;
  print(flags, { ...sent, proposal: number, action: name, value }, [
    number === null ? 'proposed' : `proposal ${number}: vote with \`fairhop vote ${number} yes\``,
    fate(sent),
  ]);
}
