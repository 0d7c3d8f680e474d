// What an owner does with a node on the ledger: join, rekey, leave, and publishing the chequebook that the first two
// need. The secrets are kept before the transaction goes out, so a command that was interrupted can be run again.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import type { LedgerNodeView, ParamsView } from '../gateway/owner-view.ts';
import { PoolId, TxKind, signJoin, signTx } from '../ledger/index.ts';
import { addressText, makeIdentity, type Identity } from '../provision/identity.ts';
import { bytesOf } from './references.ts';
import { lastValidHeight, type Sent } from './send.ts';
import type { Session } from './session.ts';

export interface JoinRequest {
  address: number;
  /** Names of keys; one person may be both. */
  owner: string;
  guarantor: string;
  /** Credits; the largest allowed when undefined. */
  line: number | undefined;
  community: number;
  /** A gateway's address; the first admitted one when undefined. */
  home: string | undefined;
}

export interface NodeSent extends Sent {
  address: string;
  generation: number;
  bookRoot: string;
  /** Where the node's secrets are, encrypted. */
  keyFile: string;
}

export const FIRST_COMMUNITY: number = PoolId.FIRST_COMMUNITY;

export async function joinNode(session: Session, params: ParamsView, request: JoinRequest): Promise<NodeSent> {
  const owner = await session.keys.open(request.owner);
  const guarantor = request.guarantor === request.owner ? owner : await session.keys.open(request.guarantor);
  const home = request.home ?? params.gateways.find(({ admitted }) => admitted)?.address;
  if (home === undefined)
    throw new CliError('the ledger has no admitted gateway', 'Name one with --home.', ExitCode.CheckFailed);
  await refuseUsed(session, request.address);
  const identity = await identityOf(session, params, request.address, 0);
  const fields = {
    address: identity.address,
    owner: owner.key,
    linkKey: identity.linkKey,
    bookRoot: identity.bookRoot,
    generation: identity.generation,
    home: parseInt(home, 16),
    community: request.community,
    guarantor: guarantor.key,
    line: request.line ?? params.creditLine,
    ownerNonce: await session.nonceOf(owner.publicKey),
    guarantorNonce: await session.nonceOf(guarantor.publicKey),
    validUntil: lastValidHeight(params),
  };
  const sent = await session.send(params, signJoin(bytesOf(params.ledgerId), fields, owner.sign, guarantor.sign));
  return publish(session, identity, sent);
}

/** Before any secret is made: an address is used once (SPEC L7.1). */
async function refuseUsed(session: Session, address: number): Promise<void> {
  if ((await session.gateway().account(`node:${addressText(address)}`)) === undefined) return;
  throw new CliError(
    `the address ${addressText(address)} is or was in use`,
    'Choose another; if it is your node and only its chequebook is missing: `fairhop node publish ADDRESS`.',
    ExitCode.Refused,
  );
}

/** A new book and link key under the next generation; they count when the notice ends. */
export async function rekeyNode(session: Session, params: ParamsView, node: LedgerNodeView): Promise<NodeSent> {
  const signer = await session.signerOf(node.owner, `node ${node.address}`);
  if (node.generation === 255)
    throw new CliError('the node has used all its generations', 'Join another node.', ExitCode.Refused);
  const identity = await identityOf(session, params, parseInt(node.address, 16), node.generation + 1);
  const { address, linkKey, bookRoot, generation } = identity;
  const sent = await session.submit(params, signer, (ledgerId, signed) =>
    signTx(ledgerId, TxKind.REKEY, { address, linkKey, bookRoot, generation, ...signed }, signer.sign));
  return publish(session, identity, sent);
}

export async function leaveNode(session: Session, params: ParamsView, node: LedgerNodeView): Promise<Sent> {
  const signer = await session.signerOf(node.owner, `node ${node.address}`);
  const address = parseInt(node.address, 16);
  return session.submit(params, signer, (ledgerId, signed) =>
    signTx(ledgerId, TxKind.LEAVE, { address, ...signed }, signer.sign));
}

/** The guarantor takes the line back, as far as it is not in use, at the end of the notice. */
export async function unvouchNode(session: Session, params: ParamsView, node: LedgerNodeView): Promise<Sent> {
  const signer = await session.signerOf(node.guarantor, `the line of node ${node.address}`);
  const address = parseInt(node.address, 16);
  return session.submit(params, signer, (ledgerId, signed) =>
    signTx(ledgerId, TxKind.UNVOUCH, { address, ...signed }, signer.sign));
}

/** Another gateway speaks for the node from the next block on. */
export async function moveHome(
  session: Session,
  params: ParamsView,
  node: LedgerNodeView,
  home: number,
): Promise<Sent> {
  const signer = await session.signerOf(node.owner, `node ${node.address}`);
  const address = parseInt(node.address, 16);
  return session.submit(params, signer, (ledgerId, signed) =>
    signTx(ledgerId, TxKind.HOME, { address, home, ...signed }, signer.sign));
}

/** The guarantor names the node to its community, for the basic allowance, or takes that back. */
export async function nameNode(
  session: Session,
  params: ParamsView,
  node: LedgerNodeView,
  named: boolean,
): Promise<Sent> {
  const signer = await session.signerOf(node.guarantor, `the line of node ${node.address}`);
  const address = parseInt(node.address, 16);
  return session.submit(params, signer, (ledgerId, signed) =>
    signTx(ledgerId, TxKind.NAME, { address, named: named ? 1 : 0, ...signed }, signer.sign));
}

/** No refill and no new date for this channel; what is under way is still paid (SPEC L7.4). */
export async function closeChannel(
  session: Session,
  params: ParamsView,
  node: LedgerNodeView,
  { generation, chain }: { generation: number; chain: number },
): Promise<Sent> {
  const signer = await session.signerOf(node.owner, `node ${node.address}`);
  const payer = parseInt(node.address, 16);
  return session.submit(params, signer, (ledgerId, signed) =>
    signTx(ledgerId, TxKind.CLOSE, { payer, generation, chain, ...signed }, signer.sign));
}

/** Publishes what is kept here for a node of the ledger: after a join or rekey that was interrupted. */
export async function publishAgain(session: Session, params: ParamsView, node: LedgerNodeView): Promise<string> {
  const generation = node.rekeysAt === 0 ? node.generation : node.generation + 1;
  if (!session.keys.hasNodeSecrets(node.address, generation)) {
    throw new CliError(
      `the secrets of node ${node.address}, generation ${generation}, are not here`,
      'Run this with the data directory in which they were made (--data DIR).',
      ExitCode.CheckFailed,
    );
  }
  const identity = await identityOf(session, params, parseInt(node.address, 16), generation);
  return (await session.gateway().publish(node.address, generation, identity.book)).root;
}

/** The node of that address. Throws a CliError when the ledger has none. */
export async function nodeAt(session: Session, address: number): Promise<LedgerNodeView> {
  const node = await session.gateway().node(address);
  if (node !== undefined && node.status !== 'gone') return node;
  const remedy = '`fairhop node list --all` shows the nodes.';
  throw new CliError(`the ledger has no node ${addressText(address)}`, remedy, ExitCode.Refused);
}

async function identityOf(
  session: Session,
  params: ParamsView,
  address: number,
  generation: number,
): Promise<Identity> {
  const secrets = await session.keys.nodeSecrets(addressText(address), generation);
  return makeIdentity(addressText(address), address, generation, bytesOf(params.ledgerId), secrets);
}

async function publish(session: Session, identity: Identity, sent: Sent): Promise<NodeSent> {
  const address = addressText(identity.address);
  const { generation } = identity;
  const { root } = await session.gateway().publish(address, generation, identity.book);
  const keyFile = session.keys.fileOf(`node-${address}-${generation}`);
  return { ...sent, address, generation, bookRoot: root, keyFile };
}
