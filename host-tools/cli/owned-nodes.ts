// `fairhop node list|join|leave|rekey|unvouch|home|name|publish`: an owner's nodes on the ledger. What concerns a board
// on a port is elsewhere; both share the command `node`, whoever registers first makes it.
import type { Command } from 'commander';
import { FOUNDER } from '../provision/owners.ts';
import {
  FIRST_COMMUNITY, joinNode, leaveNode, moveHome, nameNode, nodeAt, publishAgain, rekeyNode, unvouchNode,
  type NodeSent,
} from '../owner/nodes.ts';
import { addressNamed, wholeNumber } from '../owner/references.ts';
import {
  fate, guarded, notices, print, sessionOf, table, withGateway, withOffline, withPatience, withWait, type OwnerFlags,
} from './owner-flags.ts';

interface JoinFlags extends OwnerFlags {
  owner: string;
  guarantor?: string;
  line?: string;
  community: string;
  home?: string;
}

const LINE_MAX = 2 ** 46;

export function register(program: Command): void {
  const node =
    program.commands.find((command) => command.name() === 'node') ??
    program.command('node').description('nodes: on the ledger, and on a port');
  withOffline(node.command('list').description('your nodes on the ledger'))
    .option('--all', "everybody's")
    .action((flags: OwnerFlags & { all?: boolean }) => guarded(() => list(flags)));
  withPatience(node.command('join').description('make secrets for a new node and join it to the ledger'))
    .argument('<address>', 'eight hexadecimal digits that no node has used')
    .option('--owner <name>', 'key of the owner', FOUNDER)
    .option('--guarantor <name>', 'key that vouches for the line; without it the owner')
    .option('--line <credits>', 'credit line; without it the largest allowed')
    .option('--community <number>', 'pool of the community', String(FIRST_COMMUNITY))
    .option('--home <address>', 'home gateway; without it the first admitted one')
    .action((address: string, flags: JoinFlags) => guarded(() => join(address, flags)));
  withWait(node.command('leave').description('take a node off the ledger at the end of the notice'))
    .argument('<address>')
    .action((address: string, flags: OwnerFlags) => guarded(() => leave(address, flags)));
  withPatience(node.command('rekey').description('new secrets for a node at the end of the notice'))
    .argument('<address>')
    .action((address: string, flags: OwnerFlags) => guarded(() => rekey(address, flags)));
  withWait(node.command('unvouch').description('take back the line that you gave a node, at the end of the notice'))
    .argument('<address>')
    .action((address: string, flags: OwnerFlags) => guarded(() => unvouch(address, flags)));
  withWait(node.command('home').description('let another gateway speak for a node'))
    .argument('<address>')
    .argument('<gateway>', 'address of the gateway')
    .action((address: string, gateway: string, flags: OwnerFlags) => guarded(() => home(address, gateway, flags)));
  withWait(node.command('name').description('name a node that you vouch for to its community (basic allowance)'))
    .argument('<address>')
    .option('--off', 'take the naming back')
    .action((address: string, flags: OwnerFlags & { off?: boolean }) => guarded(() => name(address, flags)));
  withGateway(node.command('publish').description("bring a node's chequebook to the gateway once more"))
    .argument('<address>')
    .action((address: string, flags: OwnerFlags) => guarded(() => publish(address, flags)));
}

async function list(flags: OwnerFlags & { all?: boolean }): Promise<void> {
  const session = sessionOf(flags);
  const reader = await session.reader();
  const { height } = await reader.params();
  const nodes = (await reader.nodes()).filter(({ owner }) =>
    flags.all === true || session.keys.byPublicKey(owner) !== undefined);
  const rows = nodes.map((node) => [
    node.address, session.keys.byPublicKey(node.owner)?.name ?? `${node.owner.slice(0, 16)}...`, node.status,
    node.balance, node.free, node.line, node.channels, notices(node),
  ]);
  const headings = ['address', 'owner', 'status', 'balance', 'free', 'line', 'channels', ''];
  const lines = rows.length === 0 ? ['no nodes of your own; --all shows every one'] : table(headings, rows);
  print(flags, { height, nodes }, lines);
}

async function join(text: string, flags: JoinFlags): Promise<void> {
  const session = sessionOf(flags);
  const address = addressNamed(text);
  const line = flags.line === undefined ? undefined : wholeNumber(flags.line, '--line', 0, LINE_MAX);
  const community = wholeNumber(flags.community, '--community', 0, 0xffff);
  if (flags.home !== undefined) addressNamed(flags.home);
  const params = await session.gateway().params();
  const guarantor = flags.guarantor ?? flags.owner;
  const request = { address, owner: flags.owner, guarantor, line, community, home: flags.home };
  tell(flags, await joinNode(session, params, request), 'has joined');
}

async function rekey(text: string, flags: OwnerFlags): Promise<void> {
  const session = sessionOf(flags);
  const params = await session.gateway().params();
  const node = await nodeAt(session, addressNamed(text));
  tell(flags, await rekeyNode(session, params, node), `gets new keys in ${params.noticeHeights} blocks`);
}

function tell(flags: OwnerFlags, sent: NodeSent, what: string): void {
  const { address, generation, keyFile } = sent;
  print(flags, sent, [
    `node ${address} ${what}, generation ${generation}`,
    `its secrets are in ${keyFile}: keep a copy`,
    fate(sent),
  ]);
}

async function leave(text: string, flags: OwnerFlags): Promise<void> {
  const session = sessionOf(flags);
  const params = await session.gateway().params();
  const node = await nodeAt(session, addressNamed(text));
  const sent = await leaveNode(session, params, node);
  const { address } = node;
  print(flags, { ...sent, address }, [`node ${address} leaves in ${params.noticeHeights} blocks`, fate(sent)]);
}

async function unvouch(text: string, flags: OwnerFlags): Promise<void> {
  const session = sessionOf(flags);
  const params = await session.gateway().params();
  const node = await nodeAt(session, addressNamed(text));
  const sent = await unvouchNode(session, params, node);
  const { address } = node;
  print(flags, { ...sent, address }, [`the line of ${address} ends in ${params.noticeHeights} blocks`, fate(sent)]);
}

async function home(text: string, gateway: string, flags: OwnerFlags): Promise<void> {
  const session = sessionOf(flags);
  const params = await session.gateway().params();
  const node = await nodeAt(session, addressNamed(text));
  const sent = await moveHome(session, params, node, addressNamed(gateway));
  const { address } = node;
  const words = `gateway ${gateway} is the home of ${address}; provision the board for it again`;
  print(flags, { ...sent, address, home: gateway }, [words, fate(sent)]);
}

async function name(text: string, flags: OwnerFlags & { off?: boolean }): Promise<void> {
  const session = sessionOf(flags);
  const params = await session.gateway().params();
  const node = await nodeAt(session, addressNamed(text));
  const named = flags.off !== true;
  const sent = await nameNode(session, params, node, named);
  const { address } = node;
  print(flags, { ...sent, address, named }, [`node ${address} is ${named ? '' : 'no longer '}named`, fate(sent)]);
}

async function publish(text: string, flags: OwnerFlags): Promise<void> {
  const session = sessionOf(flags);
  const params = await session.gateway().params();
  const node = await nodeAt(session, addressNamed(text));
  const bookRoot = await publishAgain(session, params, node);
  print(flags, { address: node.address, bookRoot }, [`the gateway has the chequebook of ${node.address}`]);
}
