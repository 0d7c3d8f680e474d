import { Command } from 'commander';
import { register } from '../host-tools/cli/bench.ts';
const p = new Command('x'); register(p); await p.parseAsync(process.argv);
