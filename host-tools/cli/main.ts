// The command line `fairhop`: runs the command that is asked for and ends with its exit code.
import { ExitCode } from './cli-error.ts';
import { runCommandLine } from './program.ts';

// Whoever read our lines is gone (`fairhop boards | head -1`): that is their wish and no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  // Commands that run on (up, monitor) listen themselves and end in order.
  if (process.stdout.listenerCount('error') === 1) process.exit(process.exitCode ?? ExitCode.Ok);
});

await runCommandLine(process.argv.slice(2));
