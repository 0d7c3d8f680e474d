// `npx rollup -c` builds the firmware of every board with the same compiler and passes as `fairhop
// build`, which is the usual way (it also weighs the bundle and skips what is up to date). BOARD=id in
// the environment builds one.
import { register } from 'tsx/esm/api';

register();
// The path is computed so that Rollup does not try to bundle TypeScript into this file.
const pipeline = new URL('./host-tools/firmware-build/rollup-boards.ts', import.meta.url).href;
const { rollupForBoards } = await import(pipeline);

export default rollupForBoards(process.env.BOARD);
