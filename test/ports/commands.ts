// The commands ports, doctor and flash as a program of their own, so that their tests depend on no other
// command. Failures end as in the real command line: two lines on stderr and the exit code.
import { Command, CommanderError } from 'commander';
import { CliError, ExitCode } from '../../host-tools/cli/cli-error.ts';
import { register as registerDoctor } from '../../host-tools/cli/doctor.ts';
import { register as registerFlash } from '../../host-tools/cli/flash.ts';
import { register as registerPorts } from '../../host-tools/cli/ports.ts';

const program = new Command('fairhop').exitOverride();
for (const register of [registerPorts, registerDoctor, registerFlash]) register(program);
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? ExitCode.Ok : ExitCode.Usage;
  else if (error instanceof CliError) {
    console.error(`fairhop: ${error.message}\n  remedy: ${error.remedy}`);
    process.exitCode = error.exitCode;
  } else throw error;
}
