// The token that transactions must carry (owner-view.ts): made at the first start of a gateway, kept in the data
// directory where only its owner can read it. The gateway checks it; the owner's commands on the same computer read it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createPrivateFile, readTextFile } from '../keystore/private-file.ts';
import { fileError } from './desk-files.ts';
import { StoreError } from './store/index.ts';

const FILE = 'api-token';
const FORM = /^[0-9a-f]{32}$/;

/** Undefined when no gateway has run here yet. Throws a StoreError. */
export function readApiToken(directory: string): string | undefined {
  const file = join(directory, FILE);
  let text: string | undefined;
  try {
    text = readTextFile(file)?.trim();
  } catch (error) {
    throw fileError(file, error);
  }
  if (text === undefined || FORM.test(text)) return text;
  throw new StoreError(`${file} is damaged`, 'Delete it and start the gateway again: it makes a new one.');
}

/** The one that is there, or a new one. Throws a StoreError. */
export function apiToken(directory: string): string {
  const kept = readApiToken(directory);
  if (kept !== undefined) return kept;
  const file = join(directory, FILE);
  try {
    createPrivateFile(file, `${randomBytes(16).toString('hex')}\n`);
  } catch (error) {
    throw fileError(file, error);
  }
  return readApiToken(directory)!;
}
