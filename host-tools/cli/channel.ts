// `fairhop channel list|close`: the payment channels of a node, and ending one. Parses flags and prints; the signing is
// in host-tools/owner.
import type { Command } from 'commander';
import type { ChannelView } from '../gateway/owner-view.ts';
import { closeChannel, nodeAt } from '../owner/nodes.ts';
import { addressNamed, wholeNumber } from '../owner/references.ts';
import { addressText } from '../provision/identity.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { fate, guarded, print, sessionOf, table, withOffline, withWait, type OwnerFlags } from './owner-flags.ts';

export function register(program: Command): void {
  const channel = program.command('channel').description('payment channels of a node').helpCommand(false);
  channel.addHelpText('after', '\nExamples:\n  fairhop channel list 0a000002\n  fairhop channel close 0a000002 3');
  withOffline(channel.command('list').description('channels on which a node pays or is paid'))
    .argument('<address>', 'eight hexadecimal digits')
    .action((address: string, flags: OwnerFlags) => guarded(() => list(address, flags)));
  withWait(channel.command('close').description('end a channel: no refill; what was promised is still paid'))
    .argument('<payer>', 'address of the node that pays')
    .argument('<chain>', 'number of its chain, as `channel list` shows it')
    .action((payer: string, chain: string, flags: OwnerFlags) => guarded(() => close(payer, chain, flags)));
}

async function list(text: string, flags: OwnerFlags): Promise<void> {
  const address = addressText(addressNamed(text));
  const reader = await sessionOf(flags).reader();
  const { height } = await reader.params();
  const channels = await reader.channels(address);
  const rows = channels.map(({ payer, chain, payee, settled, limit, expiry, closing }) => [
    payer, chain, payee, settled, limit, expiry, closing ? 'closing' : '',
  ]);
  const headings = ['payer', 'chain', 'payee', 'settled', 'limit', 'expires', ''];
  print(flags, { height, channels }, rows.length === 0 ? [`node ${address} has no channels`] : table(headings, rows));
}

async function close(text: string, number: string, flags: OwnerFlags): Promise<void> {
  const session = sessionOf(flags);
  const chain = wholeNumber(number, 'a chain', 0, 255);
  const params = await session.gateway().params();
  const node = await nodeAt(session, addressNamed(text));
  const isIt = (one: ChannelView): boolean => one.payer === node.address && one.chain === chain;
  const found = (await session.gateway().channels(node.address)).find(isIt);
  if (found === undefined) {
    throw new CliError(
      `node ${node.address} pays on no channel ${chain}`,
      `\`fairhop channel list ${node.address}\` shows them.`,
      ExitCode.Refused,
    );
  }
  const sent = await closeChannel(session, params, node, found);
  print(flags, { ...sent, payer: node.address, chain }, [`channel ${chain} of ${node.address} is closing`, fate(sent)]);
}
