// Rollup configurations for the boards, for rollup.config.js only.
import { join } from 'node:path';
import type { RollupOptions } from 'rollup';
import { boardIds, loadBoard } from './boards.ts';
import { rollupOptions } from './bundle.ts';
import { compileFirmware } from './compile.ts';
import { FIRMWARE_DIR, OUTPUT_DIR } from './paths.ts';
import { virtualModules } from './virtual-modules.ts';

/** One configuration for each board, or for the one named. Throws like the build does. */
export function rollupForBoards(only?: string): RollupOptions[] {
  const entry = join(FIRMWARE_DIR, 'src', 'main.ts');
  return (only === undefined ? boardIds() : [only]).map((id) => {
    const compiled = compileFirmware(entry, virtualModules(loadBoard(id)));
    return rollupOptions(entry, compiled, join(OUTPUT_DIR, `${id}.js`));
  });
}
