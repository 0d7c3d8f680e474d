// Does a relay lose memory? A recorded line lived again on the interpreter, variables in use counted after so many
// relayed packets; minutes for some thousand, so no figure of the group `node`. Run by hand (docs/performance.md):
// `node --import tsx host-tools/bench/node-leak.ts 1000 4000`. Exits with 1 when they differ by more than 2 %.
import { interpreter, programOf } from './node.ts';
import { replay } from './node-replay.ts';
import { line, type Recording } from './node-world.ts';

/** A line of so many packets relays a third of them: who has no channel yet is refused. */
const PACKETS_PER_RELAYED = 3.2;
const GROWTH_MAX = 1.02;

const counts = process.argv.slice(2).map(Number);
if (counts.length < 2 || counts.some((count, i) => !(count > (counts[i - 1] ?? 0)))) {
  process.stderr.write('usage: node-leak.ts COUNT COUNT...: relayed packets, ascending, for instance 1000 4000\n');
  process.exit(2);
}
process.exitCode = await leak(line(Math.ceil(counts.at(-1)! * PACKETS_PER_RELAYED) + 300, true));

async function leak(recording: Recording): Promise<number> {
  const program = await programOf([]);
  const marks = counts.map((count) => recording.events.findIndex(({ relayed }) => relayed >= count) + 1);
  if (marks.includes(0)) throw new Error(`the line relayed ${recording.events.at(-1)!.relayed} packets only`);
  const remedy = 'run `BOARD=LINUX RELEASE=1 make` in a clone of its public repository';
  const { vars } = await replay(recording, { ...program, interpreter: interpreter('ESPRUINO', remedy), marks });
  const used = vars.slice(-counts.length);
  counts.forEach((count, i) => process.stdout.write(`${count} packets relayed: ${used[i]} variables in use\n`));
  return used.at(-1)! > used[0]! * GROWTH_MAX ? 1 : 0;
}
