// How fast the ledger settles, against the obvious implementation (one createHash a step), against one signed
// transaction a packet, and how large it gets. Every ratio compares two figures of the same run.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { payPrefix } from '#protocol';
import { ed25519PublicKey, signEd25519, verifyEd25519 } from '../crypto/index.ts';
import { ChainStore, LmdbStore } from '../gateway/store/index.ts';
import { decodeTx, Ledger, TxCode, TxKind } from '../ledger/index.ts';
import type { ClaimTx } from '../ledger/index.ts';
import { shaEngine } from '../ledger/hash/sha-engine.ts';
import type { Figure } from './figure.ts';
import { figure } from './figure.ts';
import { DEPS, HOME, largeLedger, sign } from './ledger-world.ts';

const ROUNDS = 5;
const FIRST_TIME_S = 1_700_000_001;
/** Payer, payee, amount, nonce, length prefix and signature of a payment that is signed by itself. */
const SIGNED_PAYMENT_BYTES = 4 + 4 + 6 + 4 + 2 + 64;

function seconds(work: () => void): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** Runs the cases in turn, so that a busy moment of the machine meets all of them; median seconds of each. */
function interleaved(cases: (() => void)[]): number[] {
  const times = cases.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) cases.forEach((work, i) => times[i]!.push(seconds(work)));
  return times.map(median);
}

function obviousWalk(prefix: Uint8Array, link: Uint8Array, steps: number): Uint8Array {
  let value = link;
  for (let i = 0; i < steps; i++) value = createHash('sha256').update(prefix).update(value).digest().subarray(0, 16);
  return value;
}

function hashRows(): Figure[] {
  const [chains, length, obviousChains] = [2048, 256, 64];
  const prefix = new Uint8Array(16).fill(1);
  const link = new Uint8Array(16).fill(2);
  const walk = (): void => shaEngine().walkAll(
    Array.from({ length: chains }, () => ({ prefix, link, marks: [length], links: [] })));
  const obvious = (): void => {
    for (let i = 0; i < obviousChains; i++) obviousWalk(prefix, link, length);
  };
  walk();
  const [engineS, obviousS] = interleaved([walk, obvious]) as [number, number];
  const value = (chains * length) / engineS;
  const baseline = (obviousChains * length) / obviousS;
  return [
    figure('ledger.hash.stepsPerSecond', value, 'steps/s', baseline),
    figure('ledger.hash.vsCreateHash', value / baseline, 'x'),
  ];
}

function claimsOf(round: Uint8Array[]): ClaimTx[] {
  return round.map((bytes) => {
    const decoded = decodeTx(bytes);
    if (decoded.code !== TxCode.OK || decoded.tx.kind !== TxKind.CLAIM) throw new Error('not a claim');
    return decoded.tx;
  });
}

interface Path {
  claims: number;
  pathS: number;
  walkS: number;
  obviousWalkS: number;
  replayS: number;
}

/** Claims through rules, tree and durable store, in blocks of `channels`; then replayed; and their walks alone. */
async function settle(nodes: number, channels: number, stride: number, rounds: number): Promise<Path> {
  const large = largeLedger(nodes, channels, stride);
  const ledger = Ledger.load(DEPS, large);
  const directory = mkdtempSync(join(tmpdir(), 'fairhop-bench-'));
  const lmdb = LmdbStore.open(directory);
  const store = ChainStore.over(lmdb);
  const blocks: Uint8Array[] = [];
  const work = large.rounds.slice(0, rounds);
  const pathS = seconds(() => {
    work.forEach((candidates, i) => {
      const built = ledger.buildBlock({ timeS: FIRST_TIME_S + i, producer: HOME, candidates, sign });
      if (built.results.some((result) => result.code !== TxCode.OK)) throw new Error('a claim was refused');
      store.append(built.block, ledger.changes());
      blocks.push(built.block);
    });
  });
  await lmdb.close();
  rmSync(directory, { recursive: true, force: true });
  const again = Ledger.load(DEPS, large);
  const replayS = seconds(() => {
    for (const block of blocks) again.applyBlock(block);
  });
  if (!Buffer.from(again.stateRoot()).equals(ledger.stateRoot())) throw new Error('the replay differs');
  const claims = work.length * channels;
  const [walkS, obviousWalkS] = walkTimes(ledger.ledgerId, work[0]!, stride);
  return { claims, pathS, replayS, walkS: walkS * work.length, obviousWalkS: obviousWalkS * work.length };
}

/** Seconds for the walks of one round: by the engine, and one createHash a step (timed on a part of them). */
function walkTimes(ledgerId: Uint8Array, round: Uint8Array[], stride: number): [number, number] {
  const claims = claimsOf(round);
  const prefixes = claims.map(({ payer }) => payPrefix({ ledger: ledgerId, address: payer, generation: 1 }, 0));
  const part = Math.max(16, Math.floor(20000 / stride));
  const [walkS, obviousS] = interleaved([
    () => shaEngine().walkAll(
      claims.map(({ link }, i) => ({ prefix: prefixes[i]!, link, marks: [0, stride], links: [] }))),
    () => claims.slice(0, part).forEach(({ link }, i) => obviousWalk(prefixes[i]!, link, stride)),
  ]) as [number, number];
  return [walkS, (obviousS * claims.length) / Math.min(part, claims.length)];
}

/** Seconds for one verification, with the verifier that decides blocks. */
function verifyS(): number {
  const seed = new Uint8Array(32).fill(8);
  const message = new Uint8Array(SIGNED_PAYMENT_BYTES - 64).fill(3);
  const [key, signature] = [ed25519PublicKey(seed), signEd25519(seed, message)];
  const count = 500;
  const [total] = interleaved([() => {
    for (let i = 0; i < count; i++) verifyEd25519(key, message, signature);
  }]) as [number];
  return total / count;
}

function claimRows(long: Path, short: Path): Figure[] {
  const per = (path: Path): number => path.claims / path.pathS;
  const obviousS = long.pathS - long.walkS + long.obviousWalkS;
  const cpu = verifyS() / (long.pathS / long.claims / 256);
  const bytes = SIGNED_PAYMENT_BYTES / (28 / 256);
  return [
    figure('ledger.claims256.perSecond', per(long), 'claims/s', long.claims / obviousS),
    figure('ledger.claims256.vsCreateHash', obviousS / long.pathS, 'x'),
    figure('ledger.claims16.perSecond', per(short), 'claims/s'),
    figure('ledger.replay.claimsPerSecond', short.claims / short.replayS, 'claims/s'),
    // One packet a link: the least that a link ever pays for.
    figure('ledger.vsSignedTx.cpu', cpu, 'x'),
    figure('ledger.vsSignedTx.bytes', bytes, 'x'),
  ];
}

function millionRows(): Figure[] {
  const script = fileURLToPath(new URL('./ledger-million.ts', import.meta.url));
  const command = ['--expose-gc', '--max-old-space-size=4096', '--import', 'tsx', script];
  const child = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (child.status !== 0) throw new Error(`the ledger of a million accounts failed: ${child.stderr.split('\n')[0]}`);
  const { loadS, proofBytes, proofUs, rssBytes } = JSON.parse(child.stdout) as Record<string, number>;
  return [
    figure('ledger.proof.bytes.1e6', proofBytes!, 'bytes'),
    figure('ledger.proof.us.1e6', proofUs!, 'us'),
    figure('ledger.load.s.1e6', loadS!, 's'),
    figure('ledger.rss.1e6', rssBytes!, 'bytes'),
  ];
}

/** All rows of `bench --only ledger`; about a minute. */
export async function benchLedger(): Promise<Figure[]> {
  const hash = hashRows();
  const long = await settle(4000, 2000, 256, 4);
  const short = await settle(10000, 2000, 16, 32);
  return [...hash, ...claimRows(long, short), ...millionRows()];
}
