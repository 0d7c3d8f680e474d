// `fairhop chain verify|export|import|stats`: what can be asked of a stored chain. Reading works beside a running
// gateway; importing needs a data directory of its own.
import { closeSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { nodeCrypto, verifyEd25519 } from '../crypto/index.ts';
import { useWalkThreads } from '../gateway/walk-threads.ts';
import { openChain, readChain, removeStore, StoreError, verifyApart, type ChainStore } from '../gateway/store/index.ts';
import { ChainFileError, Ledger, Netting, readChainFile, replayChain, writeChainFile } from '../ledger/index.ts';
import { CliError, ExitCode } from './cli-error.ts';
import { keepBlocksOption, storeChoice, storeOption, type StoreFlags } from './store-flags.ts';

const DEPS = { crypto: nodeCrypto, verify: verifyEd25519 };
const READ_AHEAD = 1 << 20;

interface Flags {
  data: string;
  json?: boolean;
}

export function register(program: Command): void {
  const chain = program.command('chain').description('check, copy and count the stored chain');
  const sub = (name: string, description: string): Command =>
    chain.command(name).description(description)
      .addOption(new Option('--data <dir>', 'data directory').env('FAIRHOP_DATA').default('data'))
      .option('--json', 'print one JSON object');
  sub('verify', 'replay every kept block and compare the state').action(guarded(verify));
  sub('stats', 'height, counters and sizes').action(guarded(stats));
  sub('netting', 'what guarantee trees earned from each other in an epoch')
    .option('--epoch <n>', 'which, counted from 0; the last whole one without it').action(guarded(netting));
  sub('export', 'write the chain into one file').argument('<file>').action(guardedFile(exportChain));
  sub('import', 'check a chain file and make a store of it').argument('<file>')
    .addOption(storeOption()).addOption(keepBlocksOption()).action(guardedFile(importChain));
}

function guarded(action: (flags: Flags) => Promise<void>): (flags: Flags) => Promise<void> {
  return (flags) => action(flags).catch(rethrow);
}

function guardedFile(action: (file: string, flags: Flags) => Promise<void>) {
  return (file: string, flags: Flags): Promise<void> => action(file, flags).catch(rethrow);
}

function rethrow(error: unknown): never {
  if (error instanceof CliError) throw error;
  if (error instanceof StoreError) throw new CliError(error.message, error.remedy, ExitCode.CheckFailed);
  if (error instanceof ChainFileError || error instanceof RangeError) {
    throw new CliError(error.message, 'Ask for another copy of the file.', ExitCode.CheckFailed);
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  throw new CliError(message, 'Check the path and its rights.', ExitCode.Permission);
}

async function withStore<T>(directory: string, work: (store: ChainStore) => T): Promise<T> {
  const store = readChain(directory);
  try {
    return work(store);
  } finally {
    await store.close();
  }
}

function summary(ledger: Ledger): Record<string, unknown> {
  const { nodes, openChannels, claims, settledCredits } = ledger.counters;
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return {
    ledgerId: hex(ledger.ledgerId), height: ledger.height, tip: hex(ledger.tip), stateRoot: hex(ledger.stateRoot()),
    nodes, openChannels, claims, settledCredits, ...ledger.totals(),
  };
}

function print(flags: Flags, facts: Record<string, unknown>): void {
  if (flags.json === true) {
    console.log(JSON.stringify(facts));
    return;
  }
  for (const [name, value] of Object.entries(facts)) console.log(`${name.padEnd(16)} ${String(value)}`);
}

function wrong(fault: { height: number; what: string }): CliError {
  return new CliError(
    `the chain is wrong at height ${fault.height}: ${fault.what}`,
    'Restore the data directory from a backup, or import an export of the chain into a new one.',
    ExitCode.CheckFailed,
  );
}

function shortened(oldest: number): StoreError {
  return new StoreError(
    `the blocks before ${oldest} were dropped (--keep-blocks): an export and a report begin at the genesis`,
    'Export from a gateway that keeps all blocks, or copy the data directory while its gateway is stopped.',
  );
}

async function verify(flags: Flags): Promise<void> {
  print(flags, { verified: true, ...verifyApart(flags.data) });
}

async function stats(flags: Flags): Promise<void> {
  const [ledger, sizes] = await withStore(flags.data, (store) => [store.load(DEPS), store.stats()] as const);
  const { entries, bytesOnDisk, packets, oldestBlock } = sizes;
  print(flags, { ...summary(ledger), oldestBlock, entries, bytesOnDisk, packets });
}

async function netting(flags: Flags & { epoch?: string }): Promise<void> {
  const answer = await withStore(flags.data, (store) => {
    const genesis = store.genesis();
    if (genesis === undefined) throw new StoreError('the data directory has no chain yet', 'Start the gateway first.');
    if (store.isShortened) throw shortened(store.oldestBlock());
    const length = Ledger.fromGenesis(DEPS, genesis).params.epoch;
    const last = Math.floor((store.height() + 1) / length) - 1;
    const epoch = flags.epoch === undefined ? Math.max(0, last) : Number(flags.epoch);
    if (!Number.isInteger(epoch) || epoch < 0 || epoch * length > store.height()) {
      const remedy = `give a whole number from 0 to ${Math.floor(store.height() / length)}`;
      throw new CliError(`there is no epoch ${flags.epoch ?? epoch} in this chain`, remedy, ExitCode.Usage);
    }
    const report = new Netting();
    const { fault } = replayChain(DEPS, genesis, store.blocks(1, (epoch + 1) * length - 1), (ledger, _, results) => {
      if (ledger.height >= epoch * length) report.add(ledger, results);
    });
    if (fault !== undefined) throw wrong(fault);
    return { epoch, trees: report.nets() };
  });
  const trees = answer.trees.map(({ community, guarantor, in: income, out }) => ({
    community, guarantor: Buffer.from(guarantor).toString('hex'), in: income, out, net: income - out,
  }));
  if (flags.json === true) console.log(JSON.stringify({ epoch: answer.epoch, trees }));
  else {
    console.log(`epoch ${answer.epoch}: ${trees.length} guarantee trees settled claims`);
    for (const tree of trees) console.log(Object.entries(tree).flat().join(' '));
  }
}

async function exportChain(file: string, flags: Flags): Promise<void> {
  const part = `${file}.part`;
  const written = await withStore(flags.data, (store) => {
    const genesis = store.genesis();
    if (genesis === undefined) throw new StoreError('the data directory has no chain yet', 'Start the gateway first.');
    if (store.isShortened) throw shortened(store.oldestBlock());
    const out = openSync(part, 'wx');
    let bytes = 0;
    try {
      for (const chunk of writeChainFile(nodeCrypto, genesis, store.blocks(1))) bytes += writeSync(out, chunk);
    } finally {
      closeSync(out);
    }
    return bytes;
  }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(part, { force: true });
    throw error;
  });
  // Whole or not at all: a half-written file never has the final name.
  renameSync(part, file);
  print(flags, { file, bytes: written });
}

async function importChain(file: string, flags: Flags & StoreFlags): Promise<void> {
  const choice = storeChoice(flags);
  useWalkThreads();
  const input = openSync(file, 'r');
  const store = openChain(flags.data, choice);
  let created = false;
  let done = false;
  try {
    const chain = readChainFile(nodeCrypto, reader(input));
    store.create(DEPS, chain.genesis);
    created = true;
    const { ledger, transactions, fault } = replayChain(DEPS, chain.genesis, chain.blocks, (at, block) =>
      store.append(block, at.changes()));
    if (fault !== undefined) throw wrong(fault);
    store.shorten();
    done = true;
    print(flags, { imported: true, ...summary(ledger), transactions });
  } finally {
    await store.close();
    closeSync(input);
    // A chain that is right up to some height would look like the whole one.
    if (created && !done) removeStore(flags.data);
  }
}

/** Reads ahead in large pieces: a chain of small blocks would otherwise cost two system calls each. */
function reader(descriptor: number): (count: number) => Uint8Array {
  let held = Buffer.alloc(0);
  return (count) => {
    while (held.length < count) {
      const more = Buffer.alloc(READ_AHEAD);
      const read = readSync(descriptor, more);
      if (read === 0) break;
      held = Buffer.concat([held, more.subarray(0, read)]);
    }
    const bytes = held.subarray(0, count);
    held = held.subarray(bytes.length);
    return new Uint8Array(bytes);
  };
}
