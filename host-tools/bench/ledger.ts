// How fast the ledger settles, against the obvious implementation (createHash everywhere), against the machine's limit,
// against one signed transaction a packet, and how large it gets. Seconds are processor seconds of this process, user
// and system, so that a busy computer changes little, except where all cores hash together: that goes by the clock.
// Every ratio compares two figures of the same run.
import { spawnSync } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ed25519PublicKey, signEd25519 } from '../crypto/index.ts';
import { ChainStore, LmdbStore } from '../gateway/store/index.ts';
import { ThreadedEngine, threadsHere } from '../gateway/walk-threads.ts';
import { Ledger, TxCode } from '../ledger/index.ts';
import type { PairWalks } from '../ledger/hash/pair-walks.ts';
import { ShaEngine, shaEngine, useEngine } from '../ledger/hash/sha-engine.ts';
import type { Figure } from './figure.ts';
import { figure } from './figure.ts';
import { compiledLimit } from './ledger-limit.ts';
import { DEPS, HOME, largeLedger, sign } from './ledger-world.ts';
import type { LargeLedger } from './ledger-world.ts';
import { ObviousEngine, obviousStep } from './obvious-engine.ts';

const ROUNDS = 9;
const FIRST_TIME_S = 1_700_000_001;
/** Payer, payee, amount, nonce, length prefix and signature of a payment that is signed by itself. */
const SIGNED_PAYMENT_BYTES = 4 + 4 + 6 + 4 + 2 + 64;
/** A claim in a block, with its length. */
const CLAIM_BYTES = 28;

/** Processor seconds. */
function seconds(work: () => void): number {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** By the clock: what threads do together, and what else the computer does as well. */
function wallSeconds(work: () => void): number {
  const startMs = performance.now();
  work();
  return (performance.now() - startMs) / 1000;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** Runs the cases in turn, so that a busy moment of the machine meets all of them; the median answer of each. */
function interleaved(cases: (() => number)[], rounds = ROUNDS): number[] {
  const answers = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) cases.forEach((work, i) => answers[i]!.push(work()));
  return answers.map(median);
}

/** Chains of one length that all begin alike, for the engine and for its threads. */
function equalWalks(chains: number, length: number): PairWalks {
  const starts = new Int32Array(8 * chains).fill(0x01010101);
  const marks = new Int32Array(2 * chains).fill(length);
  return { count: chains, starts, marks, links: new Int32Array(8 * chains) };
}

/** The engine with its threads, which have started when this resolves; undefined where there are none. */
async function threaded(walks: PairWalks): Promise<ThreadedEngine | undefined> {
  const threads = threadsHere();
  if (threads === 0) return undefined;
  const engine = new ThreadedEngine({ threads, startSteps: 0 });
  while (engine.helped === 0) {
    engine.walkPairs(walks);
    if (engine.alive === 0) throw new Error('no thread for payment chains starts');
    await pause(10);
  }
  return engine;
}

async function hashRows(): Promise<Figure[]> {
  const [chains, length, obviousChains] = [1024, 256, 64];
  const prefix = new Uint8Array(16).fill(1);
  const link = new Uint8Array(16).fill(2);
  const walk = (): void => shaEngine().walkAll(
    Array.from({ length: chains }, () => ({ prefix, link, marks: [length], links: [] })));
  const obvious = (): void => {
    for (let i = 0; i < obviousChains; i++) {
      let value: Uint8Array = link;
      for (let step = 0; step < length; step++) value = obviousStep(prefix, value);
    }
  };
  walk();
  obvious();
  const limit = compiledLimit();
  const walks = equalWalks(chains, length);
  const all = await threaded(walks);
  const [engine, baseline, compiled, together] = interleaved([
    () => (chains * length) / seconds(walk),
    () => (obviousChains * length) / seconds(obvious),
    () => limit.measure() ?? 0,
    () => (all === undefined ? 0 : (chains * length) / wallSeconds(() => all.walkPairs(walks))),
  ], 3 * ROUNDS) as [number, number, number, number];
  limit.close();
  await all?.stop();
  const rows = [
    figure('ledger.hash.stepsPerSecond', engine, 'steps/s', baseline),
    figure('ledger.hash.vsCreateHash', engine / baseline, 'x'),
  ];
  if (compiled > 0) rows.push(figure('ledger.hash.vsCompiled', engine / compiled, 'x'));
  else console.error(`ledger.hash.vsCompiled is left out: ${limit.why}`);
  if (together === 0) return rows;
  rows.push(figure('ledger.hash.threads', 1 + threadsHere(), 'threads'));
  rows.push(figure('ledger.hash.allCores.stepsPerSecond', together, 'steps/s', engine));
  if (compiled > 0) rows.push(figure('ledger.hash.vsCompiledAllCores', together / compiled, 'x'));
  return rows;
}

/** Per claim: processor seconds of the whole path, and of a replay. */
interface Path {
  pathS: number;
  replayS: number;
}

/** Claims through rules, tree and durable store, in blocks of one claim a channel; then replayed by another ledger. */
async function settle(large: LargeLedger, rounds: number): Promise<Path> {
  const ledger = Ledger.load(DEPS, large);
  const again = Ledger.load(DEPS, large);
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-bench-'));
  const lmdb = LmdbStore.open(directory);
  const store = ChainStore.over(lmdb);
  store.create(DEPS, large.genesis);
  const work = large.rounds.slice(0, rounds);
  let [pathS, replayS, claims] = [0, 0, 0];
  work.forEach((candidates, i) => {
    let block: Uint8Array | undefined;
    pathS += seconds(() => {
      const built = ledger.buildBlock({ timeS: FIRST_TIME_S + i, producer: HOME, candidates, sign });
      if (built.results.some((result) => result.code !== TxCode.OK)) throw new Error('a claim was refused');
      store.append(built.block, ledger.changes());
      block = built.block;
    });
    replayS += seconds(() => void again.applyBlock(block!));
    claims += candidates.length;
  });
  await lmdb.close();
  rmSync(directory, { recursive: true, force: true });
  if (!Buffer.from(again.stateRoot()).equals(ledger.stateRoot())) throw new Error('the replay differs');
  return { pathS: pathS / claims, replayS: replayS / claims };
}

/** The same path with the obvious hashing, on as many claims as it needs to be seen. */
async function settleObviously(large: LargeLedger, rounds: number): Promise<Path> {
  useEngine(new ObviousEngine());
  try {
    return await settle(large, rounds);
  } finally {
    useEngine(new ShaEngine());
  }
}

/** Both ways in turn; the medians. */
async function compared(large: LargeLedger, rounds: number, times: number): Promise<{ ours: Path; obvious: Path }> {
  const [ours, obvious]: [Path[], Path[]] = [[], []];
  for (let i = 0; i < times; i++) {
    ours.push(await settle(large, rounds));
    obvious.push(await settleObviously(large, 1));
  }
  const middle = (paths: Path[]): Path => ({
    pathS: median(paths.map(({ pathS }) => pathS)), replayS: median(paths.map(({ replayS }) => replayS)),
  });
  return { ours: middle(ours), obvious: middle(obvious) };
}

/** Seconds for one verification by node:crypto with the key prepared: the fastest verifier that is installed here. */
function verifyS(): number {
  const seed = new Uint8Array(32).fill(8);
  const message = new Uint8Array(SIGNED_PAYMENT_BYTES - 64).fill(3);
  const signature = signEd25519(seed, message);
  const x = Buffer.from(ed25519PublicKey(seed)).toString('base64url');
  const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
  const count = 500;
  const [total] = interleaved([() => seconds(() => {
    for (let i = 0; i < count; i++) if (!verify(null, message, key, signature)) throw new Error('not verified');
  })]) as [number];
  return total / count;
}

/** A packet a link: the least that a link ever pays for. */
function signedRows(links: number, name: string, path: Path, signedS: number): Figure[] {
  return [
    figure(`ledger.vsSignedTx.cpu${name}`, signedS / (path.pathS / links), 'x'),
    figure(`ledger.vsSignedTx.bytes${name}`, SIGNED_PAYMENT_BYTES / (CLAIM_BYTES / links), 'x'),
  ];
}

async function claimRows(): Promise<Figure[]> {
  const long = await compared(largeLedger(4000, 2000, 256), 4, 3);
  const short = await compared(largeLedger(10000, 8000, 16), 8, 3);
  const signedS = verifyS();
  return [
    figure('ledger.claims256.perSecond', 1 / long.ours.pathS, 'claims/s', 1 / long.obvious.pathS),
    figure('ledger.claims256.vsCreateHash', long.obvious.pathS / long.ours.pathS, 'x'),
    figure('ledger.claims16.perSecond', 1 / short.ours.pathS, 'claims/s', 1 / short.obvious.pathS),
    figure('ledger.claims16.vsCreateHash', short.obvious.pathS / short.ours.pathS, 'x'),
    figure('ledger.replay.claimsPerSecond', 1 / short.ours.replayS, 'claims/s'),
    ...signedRows(256, '', long.ours, signedS),
    ...signedRows(16, '.16', short.ours, signedS),
  ];
}

/** A ledger of so many accounts in a process of its own, so that its memory is its own. */
function sizeRows(accounts: number, name: string): Figure[] {
  const script = fileURLToPath(new URL('./ledger-accounts.ts', import.meta.url));
  const command = ['--expose-gc', '--max-old-space-size=4096', '--import', 'tsx', script, String(accounts)];
  const child = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`the ledger of ${accounts} accounts failed: ${child.stderr.split('\n')[0]}`);
  const { loadS, proofBytes, proofUs, rssBytes } = JSON.parse(child.stdout) as Record<string, number>;
  return [
    figure(`ledger.proof.bytes.${name}`, proofBytes!, 'bytes'),
    figure(`ledger.proof.us.${name}`, proofUs!, 'us'),
    figure(`ledger.load.s.${name}`, loadS!, 's'),
    figure(`ledger.rss.${name}`, rssBytes!, 'bytes'),
  ];
}

/** All rows of `bench --only ledger`; some minutes. */
export async function benchLedger(): Promise<Figure[]> {
  const sizes = [[1000, '1e3'], [10000, '1e4'], [100000, '1e5'], [1000000, '1e6']] as const;
  return [
    ...await hashRows(), ...await claimRows(), ...sizes.flatMap(([accounts, name]) => sizeRows(accounts, name)),
  ];
}
