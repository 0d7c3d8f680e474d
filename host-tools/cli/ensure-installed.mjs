// Runs before `npm start` and `npm test`: installs the dependencies of a fresh clone, and again whenever the
// lock file is newer than what is installed. Plain Node only, because nothing is installed yet when it runs.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const installed = join(root, 'node_modules', '.package-lock.json');
const lock = join(root, 'package-lock.json');

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`fairhop needs Node 20.19 or later; this is ${process.version}. Install a newer Node (https://nodejs.org).`);
  process.exit(1);
}
if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(lock).mtimeMs) {
  console.log('fairhop: installing dependencies (npm ci) ...');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  // No package here needs its install script: the native ones ship prebuilt binaries.
  const run = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
  if (run.status !== 0) {
    console.error('fairhop: npm ci failed. Check the network and that this folder is writable, then try again.');
    process.exit(run.status ?? 1);
  }
}
