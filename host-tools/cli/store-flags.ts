// Flags that say how a data directory keeps its chain. Used by `fairhop up` and `fairhop chain import`; what they mean
// is host-tools/gateway/store.
import { Option } from 'commander';
import { STORE_KINDS, type StoreChoice, type StoreKind } from '../gateway/store/index.ts';
import { CliError, ExitCode } from './cli-error.ts';

export interface StoreFlags {
  store?: StoreKind;
  keepBlocks?: string;
}

/** As many as between two states that can be kept. */
const KEEP_BLOCKS_MIN = 256;

export function storeOption(): Option {
  return new Option('--store <kind>', 'what keeps a new chain; level is for SD cards').choices(STORE_KINDS);
}

export function keepBlocksOption(): Option {
  return new Option(
    '--keep-blocks <n>',
    'drop blocks older than so many, and keep a checked state in their place',
  );
}

/** Throws a CliError. */
export function storeChoice({ store, keepBlocks }: StoreFlags): StoreChoice {
  const kind = store === undefined ? {} : { kind: store };
  if (keepBlocks === undefined) return kind;
  const count = Number(keepBlocks);
  if (!Number.isSafeInteger(count) || count < KEEP_BLOCKS_MIN) {
    throw new CliError(
      `--keep-blocks ${keepBlocks} is out of range`,
      `give a whole number from ${KEEP_BLOCKS_MIN}; without the flag all blocks are kept`,
      ExitCode.Usage,
    );
  }
  return { ...kind, keepBlocks: count };
}
