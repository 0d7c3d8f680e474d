// `fairhop params`: the parameters of a ledger, which of them a vote can change and within which bounds.
import type { Command } from 'commander';
import type { ParamsView } from '../gateway/owner-view.ts';
import { guarded, print, sessionOf, table, withOffline, type OwnerFlags } from './owner-flags.ts';

export function register(program: Command): void {
  withOffline(program.command('params').description('parameters of the ledger, pools and gateways')).action(
    (flags: OwnerFlags) =>
      guarded(async () => {
        const params = await (await sessionOf(flags).reader()).params();
        print(flags, params, lines(params));
      }),
  );
}

function lines(params: ParamsView): string[] {
  const { rates, pools, gateways, ...single } = params;
  const names: Record<number, string> = { 0: 'treasury', 1: 'global levy' };
  return [
    ...Object.entries(single).map(([name, value]) => `${name.padEnd(18)} ${value}`),
    '',
    ...table(
      ['rate (by vote)', 'now', 'least', 'most'],
      rates.map(({ name, value, low, high }) => [name, value, low, high]),
    ),
    '',
    ...table(
      ['pool', 'what', 'balance', 'share'],
      pools.map(({ number, balance, share }) => [number, names[number] ?? 'community', balance, share]),
    ),
    '',
    ...table(
      ['gateway', 'owner', ''],
      gateways.map(({ address, owner, admitted }) => [address, owner, admitted ? 'admitted' : 'not admitted']),
    ),
  ];
}
