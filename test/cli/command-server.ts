// `fairhop` again and again in one process, which saves a test of many commands their starts: words come as messages,
// each command's end is marked on both of its streams. Started by commands-in-turn.ts.
import { runCommandLine } from '../../host-tools/cli/program.ts';
import { END } from './commands-in-turn.ts';

process.on('message', (words: string[]) => {
  process.exitCode = undefined;
  void runCommandLine(words).then(() => {
    const status = Number(process.exitCode ?? 0);
    process.exitCode = undefined;
    process.stdout.write(`${END}${status}\n`);
    process.stderr.write(`${END}${status}\n`);
  });
});
process.on('disconnect', () => process.exit(0));
