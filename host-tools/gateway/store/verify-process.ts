// `fairhop chain verify` in a process of its own. The store is a file that the library maps into memory and trusts: a
// flipped bit in one of its page numbers makes it read where nothing is, and the system then ends the process. From
// outside that is an answer too.
import { spawnSync } from 'node:child_process';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';
import { nodeCrypto, verifyEd25519 } from '../../crypto/index.ts';
import { useWalkThreads } from '../walk-threads.ts';
import { readChain } from './open-store.ts';
import { DAMAGED } from './sealed-value.ts';
import { StoreError } from './store.ts';
import { verifyStore } from './verify-store.ts';

const OUTPUT_MAX = 1 << 20;

/** What the replay of a good chain came to. */
export interface VerifiedChain {
  ledgerId: string;
  height: number;
  tip: string;
  stateRoot: string;
  nodes: number;
  openChannels: number;
  claims: number;
  settledCredits: number;
  supply: number;
  sum: number;
  conserved: boolean;
  transactions: number;
  books: number;
  /** Height from which every block was replayed; 0 is the genesis. */
  verifiedFrom: number;
}

type Answer =
  | { chain: VerifiedChain }
  | { fault: { height: number; what: string } }
  | { refusal: { message: string; remedy: string } };

/** Throws a StoreError when there is no chain, or one that is wrong. */
export function verifyApart(directory: string): VerifiedChain {
  const command = ['--import', import.meta.resolve('tsx'), fileURLToPath(import.meta.url), directory];
  const child = spawnSync(process.execPath, command, { encoding: 'utf8', maxBuffer: OUTPUT_MAX });
  if (child.signal !== null || child.status !== 0) {
    const how = child.signal ?? child.stderr.split('\n').find((line) => line.includes('Error')) ?? 'no answer';
    throw new StoreError(`the store in ${directory} is damaged: reading it fails (${how})`, DAMAGED);
  }
  const answer = JSON.parse(child.stdout) as Answer;
  if ('chain' in answer) return answer.chain;
  if ('refusal' in answer) throw new StoreError(answer.refusal.message, answer.refusal.remedy);
  throw new StoreError(`the chain is wrong at height ${answer.fault.height}: ${answer.fault.what}`, DAMAGED);
}

async function answer(directory: string): Promise<Answer> {
  useWalkThreads();
  try {
    const store = readChain(directory, { whole: true });
    const { ledger, transactions, books, fault, from } = verifyStore(store, {
      crypto: nodeCrypto,
      verify: verifyEd25519,
    });
    await store.close();
    if (fault !== undefined) return { fault };
    const { nodes, openChannels, claims, settledCredits } = ledger.counters;
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
    const [ledgerId, tip, stateRoot] = [hex(ledger.ledgerId), hex(ledger.tip), hex(ledger.stateRoot())];
    const counters = { nodes, openChannels, claims, settledCredits, ...ledger.totals() };
    const found = { ...counters, transactions, books, verifiedFrom: from };
    return { chain: { ledgerId, height: ledger.height, tip, stateRoot, ...found } };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { refusal: { message: error.message, remedy: error.remedy } };
  }
}

if (argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(await answer(argv[2]!)));
