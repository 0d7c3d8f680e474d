// A worker thread does not inherit the loader of TypeScript sources: it registers its own.
import { register } from 'tsx/esm/api';

register();
await import('./simulation-thread.ts');
