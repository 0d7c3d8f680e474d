// Cuts the power in the middle of a founding: before the write or rename of a given number below a directory something
// else happens. The founding test does it in its own process with an exception, and as a child with SIGKILL.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

/** Calls `cut` instead of the step of that number. Returns the way to make the file system whole again. */
export function cutBefore(directory: string, number: number, cut: () => never): () => void {
  const { writeFileSync, renameSync } = fs;
  let step = 0;
  const counted = <T extends unknown[], R>(real: (...args: T) => R): ((...args: T) => R) => (...args) => {
    if (String(args[0]).startsWith(directory) && ++step === number) cut();
    return real(...args);
  };
  const replace = (write: typeof writeFileSync, rename: typeof renameSync): void => {
    fs.writeFileSync = write;
    fs.renameSync = rename;
    syncBuiltinESMExports();
  };
  replace(counted(writeFileSync), counted(renameSync));
  return () => replace(writeFileSync, renameSync);
}

const [, script = '', directory, number] = process.argv;
if (directory !== undefined && script.endsWith('founding-victim.ts')) {
  cutBefore(directory, Number(number), () => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('still alive');
  });
  const { openDesk } = await import('../../host-tools/gateway/desk.ts');
  const desk = await openDesk(directory);
  desk.seat(3);
  await desk.store.close();
}
