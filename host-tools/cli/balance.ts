// `fairhop balance`: what an account has, or all keys of a data directory and the nodes they own.
import type { Command } from 'commander';
import type { AccountView } from '../gateway/owner-view.ts';
import { accountNamed } from '../owner/references.ts';
import type { LedgerReader } from '../owner/gateway-client.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { guarded, print, sessionOf, table, withOffline, type OwnerFlags } from './owner-flags.ts';

interface Row extends Pick<AccountView, 'id' | 'balance' | 'line' | 'escrow' | 'guaranteed' | 'free' | 'transferable'> {
  /** Of a key here; null for others. */
  name: string | null;
  /** False for an owner that the ledger does not know yet. */
  known: boolean;
}

export function register(program: Command): void {
  withOffline(program.command('balance').description('what an account has; without one, all of your own'))
    .argument('[account]', 'a key, a node (8 digits), an owner (64 digits) or pool:NUMBER')
    .action((account: string | undefined, flags: OwnerFlags) => guarded(() => balance(account, flags)));
}

async function balance(account: string | undefined, flags: OwnerFlags): Promise<void> {
  const { keys, reader } = await open(flags);
  const { height } = await reader.params();
  const rows: Row[] = [];
  if (account !== undefined) {
    rows.push(await rowOf(reader, accountNamed(account, keys).id, keys.find(account)?.name ?? null));
  } else {
    for (const { name, publicKey } of keys.list()) rows.push(await rowOf(reader, `owner:${publicKey}`, name));
    for (const { address, owner } of await reader.nodes()) {
      const name = keys.byPublicKey(owner)?.name;
      if (name !== undefined) rows.push(await rowOf(reader, `node:${address}`, null));
    }
  }
  const total = rows.reduce((sum, row) => sum + row.balance, 0);
  print(flags, { height, total, accounts: rows }, lines(rows, total, height));
}

async function open(flags: OwnerFlags) {
  const session = sessionOf(flags);
  return { keys: session.keys, reader: await session.reader() };
}

async function rowOf(reader: LedgerReader, id: string, name: string | null): Promise<Row> {
  const view = await reader.account(id);
  if (view !== undefined) {
    const { balance, line, escrow, guaranteed, free, transferable } = view;
    return { id, name, known: true, balance, line, escrow, guaranteed, free, transferable };
  }
  // Keys are made long before the ledger hears of them; for anything else it is a mistake to ask.
  if (id.startsWith('owner:'))
    return { id, name, known: false, balance: 0, line: 0, escrow: 0, guaranteed: 0, free: 0, transferable: 0 };
  throw new CliError(`the ledger has no account ${id}`, '`fairhop node list --all` shows the nodes.', ExitCode.Refused);
}

function lines(rows: Row[], total: number, height: number): string[] {
  if (rows.length === 0) return ['no keys here yet: `fairhop keys new NAME`, or name the data directory with --data'];
  const cells = rows.map(({ name, id, known, ...row }) => [
    name ?? (id.startsWith('owner:') ? `${id.slice(0, 22)}...` : id),
    row.balance, row.free, row.transferable, row.escrow, row.guaranteed, row.line,
    known ? '' : 'not on the ledger yet',
  ]);
  const headings = ['account', 'balance', 'free', 'transferable', 'escrow', 'guaranteed', 'line', ''];
  return [...table(headings, cells), `total ${total} credits at height ${height}`];
}
