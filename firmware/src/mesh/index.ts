// The only door of this room.
export * from './actions.ts';
export * from './config.ts';
export * from './keys.ts';
export * from './ports.ts';
export { Acc, InFlag, OutFlag } from './accounts.ts';
export { Nb, NbFlag } from './neighbours.ts';
export { Pn, PnFlag, PnState } from './pending.ts';
export { costThrough } from './hello.ts';
export { Rt } from './routes.ts';
export { MeshNode } from './node.ts';
