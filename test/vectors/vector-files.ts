// The committed vectors, read by the tests of Node and of the interpreter alike.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface VectorCase {
  name: string;
  op: string;
  in: Record<string, unknown>;
  out: string | number;
}

/** Files whose cases run anywhere; `book` needs 720,000 hashes and runs on hosts alone. */
export const VECTOR_FILES = [
  'standards',
  'chequebook',
  'packets',
  'frames',
  'payloads',
  'fragments',
  'headers',
  'proofs',
  'amounts',
  'airtime',
];

export function readVectors(file: string): VectorCase[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, `${file}.json`), 'utf8')) as VectorCase[];
}
