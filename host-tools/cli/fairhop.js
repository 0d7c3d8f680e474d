#!/usr/bin/env node
// Starts the command line from its TypeScript source: tsx compiles on load, so nothing can be stale.
import { register } from 'tsx/esm/api';

register();
await import('./main.ts');
