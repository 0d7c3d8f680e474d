// The section of docs/performance.md about the ledger, from the figures of one run.
import type { Figure } from './figure.ts';

const SIZES = ['1e3', '1e4', '1e5', '1e6'];

/** Nothing where there are no threads or no compiled limit to compare with. */
function threadsText(figures: Figure[]): string {
  const value = (name: string): number | undefined => figures.find((one) => one.name === `ledger.hash.${name}`)?.value;
  const [count, ratio] = [value('threads'), value('vsCompiledAllCores')];
  if (count === undefined || ratio === undefined) return '';
  return `
With its threads, ${count} in all, it makes ${Math.round(value('allCores.stepsPerSecond')!).toLocaleString('en-US')}
steps a second, ${ratio.toPrecision(3)} x the same compiled loop on one core. That is by the clock instead of processor
seconds, so only a computer with nothing else to do shows it. Batches are shared with threads from 65,536 steps on (256
claims of 256 links, 4,096 of 16); smaller ones are done before another thread is awake. All other figures here are of
one thread.
`;
}

export function ledgerPage(figures: Figure[]): string {
  const value = (name: string): number => figures.find((one) => one.name === name)!.value;
  const rounded = (number: number): string => Math.round(number).toLocaleString('en-US');
  const times = (name: string): string => `${value(name).toPrecision(3)} x`;
  const compared = (label: string, name: string, ratio: string): string => {
    const { value: here, baseline } = figures.find((one) => one.name === name)!;
    return `| ${label} | ${rounded(here)} | ${rounded(baseline!)} | ${times(ratio)} |`;
  };
  const hasLimit = figures.some(({ name }) => name === 'ledger.hash.vsCompiled');
  const limit = hasLimit
    ? `The engine, WebAssembly, is ${times('ledger.hash.vsCompiled')} as fast as a compiled loop over the
processor's own SHA instructions on one chain (\`host-tools/bench/sha-limit.c\`).`
    : 'The compiled limit could not be measured on this computer.';
  const threads = threadsText(figures);
  const sizes = SIZES.map((size) => {
    const small = (name: string): string => value(`ledger.${name}.${size}`).toPrecision(3);
    const memory = rounded(value(`ledger.rss.${size}`) / 2 ** 20);
    const bytes = rounded(value(`ledger.proof.bytes.${size}`));
    return `| ${rounded(Number(size))} | ${bytes} | ${small('proof.us')} | ${small('load.s')} | ${memory} |`;
  });
  return `## The ledger

Made by \`npx fairhop bench --only ledger --write-docs\`.

Per processor second of one thread, so that what else the computer does changes little; a ratio compares two figures of
one run. *Obvious* is the same program with \`createHash\` for every step of a chain, node and leaf of the state tree. A
claim is decoded, proven, applied, put into the state tree and stored durably with its block.

| a second | here | obvious | ratio |
| --- | ---: | ---: | ---: |
${compared('steps of payment chains', 'ledger.hash.stepsPerSecond', 'ledger.hash.vsCreateHash')}
${compared('claims of 256 links', 'ledger.claims256.perSecond', 'ledger.claims256.vsCreateHash')}
${compared('claims of 16 links', 'ledger.claims16.perSecond', 'ledger.claims16.vsCreateHash')}
| claims of 16 links, replayed | ${rounded(value('ledger.replay.claimsPerSecond'))} | | |

${limit}
${threads}
Against one Ed25519-signed payment a packet, verified by node:crypto with its key prepared, one packet a link; the whole
path of a claim against the verification alone:

| links a claim | processor seconds | bytes |
| ---: | ---: | ---: |
| 256 | ${times('ledger.vsSignedTx.cpu')} fewer | ${times('ledger.vsSignedTx.bytes')} fewer |
| 16 | ${times('ledger.vsSignedTx.cpu.16')} fewer | ${times('ledger.vsSignedTx.bytes.16')} fewer |

The bytes are arithmetic: a signed payment takes 84, a claim 28 however many links it pays for, so it is 3 times fewer
for each link of a claim. A hundred times fewer, the aim, holds from 34 links a claim on; at 256 it is 768 times, at 16
only 48.

| accounts | proof, bytes | proof, us | loaded in, s | resident memory, MiB |
| ---: | ---: | ---: | ---: | ---: |
${sizes.join('\n')}

A chain of a million claims is made and verified by \`npx fairhop bench --only chain\`; one to keep, by
\`node --import tsx host-tools/bench/made-chain.ts DIRECTORY 1000000\`, is then a data directory for
\`npx fairhop chain verify --data DIRECTORY\`.
`;
}
