// Where things lie in the repository, for the firmware build. No other knowledge.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const BOARDS_DIR = join(ROOT, 'boards');
export const FIRMWARE_DIR = join(ROOT, 'firmware');
export const OUTPUT_DIR = join(ROOT, 'build', 'firmware');
