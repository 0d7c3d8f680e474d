// The only door of this room. What is not exported here is nobody's business.
export * from './constants.ts';
export * from './errors.ts';
export * from './bytes.ts';
export * from './crypto.ts';
export * from './airtime.ts';
export * from './chain.ts';
export * from './one-time.ts';
export * from './book.ts';
export * from './receipt.ts';
export * from './frame.ts';
