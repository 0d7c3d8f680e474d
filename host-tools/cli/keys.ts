// `fairhop keys`: the owner's keys. Makes, lists, copies and takes them in; a secret is never printed.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { KeyRing } from '../owner/key-ring.ts';
import { keyPassphrase } from './key-passphrase.ts';
import { guarded, print, table, withData, type OwnerFlags } from './owner-flags.ts';

type Flags = Pick<OwnerFlags, 'data' | 'json'>;

export function register(program: Command): void {
  const keys = program.command('keys').description("the owner's keys: new, list, export, import").addHelpText(
    'after',
    `
A key is one file, keys/NAME.json in the data directory, encrypted with a passphrase that is asked for on the
terminal or taken from FAIRHOP_PASSPHRASE. The founding owner of a gateway is there under the name "founder".`,
  );
  withData(keys.command('new').description('make a key').argument('<name>')).action((name: string, flags: Flags) =>
    guarded(async () => {
      const ring = ringOf(flags);
      const { publicKey } = await ring.create(name);
      const file = ring.fileOf(name);
      print(flags, { name, publicKey, file }, [`${name}  ${publicKey}`, `in ${file}`]);
    }));
  withData(keys.command('list').description('names and public keys')).action((flags: Flags) =>
    guarded(async () => {
      const list = ringOf(flags).list();
      const rows = list.map(({ name, publicKey }) => [name, publicKey]);
      const lines = rows.length === 0 ? ['no keys yet: `fairhop keys new NAME`'] : table(['name', 'key'], rows);
      print(flags, { keys: list }, lines);
    }));
  withData(keys.command('export').description('write a copy of a key, encrypted').argument('<name>').argument('<file>'))
    .action((name: string, file: string, flags: Flags) =>
      guarded(async () => {
        const { publicKey } = await ringOf(flags).export(name, file);
        print(flags, { name, publicKey, file }, [`${name} is in ${file}, encrypted`]);
      }));
  withData(keys.command('import').description('take in a copy of a key').argument('<file>'))
    .option('--as <name>', 'under another name')
    .action((file: string, flags: Flags & { as?: string }) =>
      guarded(async () => {
        const known = await ringOf(flags).import(file, flags.as);
        print(flags, known, [`${known.name}  ${known.publicKey}`]);
      }));
}

function ringOf({ data }: Flags): KeyRing {
  return new KeyRing(resolve(data), keyPassphrase);
}
