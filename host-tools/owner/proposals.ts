// What can be proposed, as words of the command line and as the bytes of a PROPOSE (SPEC L7.9), and back into a
// sentence. Pure but for the key ring, which knows names of owners.
import { CliError, ExitCode } from '../cli/cli-error.ts';
import { ACTION_NAMES } from '../gateway/ledger-views.ts';
import type { ParamsView, ProposalView } from '../gateway/owner-view.ts';
import { Action, StateKind, accountReference } from '../ledger/index.ts';
import type { KeyRing } from './key-ring.ts';
import { addressNamed, bytesOf, publicKeyNamed, wholeNumber } from './references.ts';

export interface Motion {
  action: Action;
  subject: Uint8Array;
  value: number;
}

const AMOUNT_MAX = 2 ** 46;
const SHARE_MAX = 0xffff;
const NOTHING = new Uint8Array(32);

/** The words behind each action, for the help and for errors. */
export const ACTION_WORDS: Record<string, string> = {
  'admit-member': 'KEY COMMUNITY',
  'expel-member': 'KEY',
  'admit-gateway': 'ADDRESS',
  'remove-gateway': 'ADDRESS',
  release: 'KEY CREDITS',
  line: 'KEY CREDITS',
  'set-rate': 'RATE VALUE',
  'add-community': 'SHARE',
  'set-share': 'POOL SHARE',
};

/** Throws a CliError that names the words which the action takes. */
export function motionOf(name: string, words: string[], params: ParamsView, keys: KeyRing): Motion {
  const expected = ACTION_WORDS[name];
  if (expected === undefined) {
    const names = Object.keys(ACTION_WORDS).join(', ');
    throw new CliError(`"${name}" cannot be proposed`, `Choose one of: ${names}.`, ExitCode.Usage);
  }
  if (words.length !== expected.split(' ').length) {
    throw new CliError(`${name} takes ${expected}`, `Write: fairhop propose ${name} ${expected}`, ExitCode.Usage);
  }
  const action = Number(Object.entries(ACTION_NAMES).find(([, text]) => text === name)![0]) as Action;
  return { action, ...subjectAndValue(action, words as [string, string], params, keys) };
}

function subjectAndValue(
  action: Action,
  [first, second]: [string, string],
  params: ParamsView,
  keys: KeyRing,
): Omit<Motion, 'action'> {
  const owner = (): Uint8Array => bytesOf(publicKeyNamed(first, keys));
  switch (action) {
    case Action.ADMIT_MEMBER: return { subject: owner(), value: community(second, params) };
    case Action.EXPEL_MEMBER: return { subject: owner(), value: 0 };
    case Action.RELEASE:
    case Action.LINE: return { subject: owner(), value: wholeNumber(second, 'the amount', 1, AMOUNT_MAX) };
    case Action.ADMIT_GATEWAY:
    case Action.REMOVE_GATEWAY:
      return { subject: accountReference({ kind: StateKind.NODE, address: addressNamed(first) }), value: 0 };
    case Action.SET_RATE: return rate(first, second, params);
    case Action.ADD_COMMUNITY: return { subject: NOTHING, value: wholeNumber(first, 'the share', 0, SHARE_MAX) };
    case Action.SET_SHARE: {
      const id = community(first, params);
      const subject = accountReference({ kind: StateKind.POOL, id });
      return { subject, value: wholeNumber(second, 'the share', 0, SHARE_MAX) };
    }
  }
}

function community(text: string, { pools }: ParamsView): number {
  const numbers = pools.map(({ number }) => number).filter((number) => number >= 16);
  return wholeNumber(text.replace(/^pool:/, ''), 'the community', 16, Math.max(...numbers));
}

function rate(name: string, text: string, { rates }: ParamsView): Omit<Motion, 'action'> {
  const found = rates.find((candidate) => candidate.name === name);
  if (found === undefined) {
    const names = rates.map((candidate) => candidate.name).join(', ');
    throw new CliError(`there is no rate "${name}"`, `Choose one of: ${names}.`, ExitCode.Usage);
  }
  const subject = new Uint8Array(32);
  subject[0] = found.number;
  return { subject, value: wholeNumber(text, name, found.low, found.high) };
}

/** One line for a person, with names of owners where the ring has them. */
export function sentence({ action, subject, value }: ProposalView, { rates }: ParamsView, keys: KeyRing): string {
  const owner = keys.byPublicKey(subject)?.name ?? `${subject.slice(0, 16)}...`;
  switch (action) {
    case 'set-rate':
      return `set-rate ${rates.find(({ number }) => number === parseInt(subject.slice(0, 2), 16))?.name} ${value}`;
    case 'add-community': return `add-community ${value}`;
    case 'set-share': return `set-share ${parseInt(subject.slice(0, 4), 16)} ${value}`;
    case 'admit-gateway':
    case 'remove-gateway': return `${action} ${subject.slice(0, 8)}`;
    case 'expel-member': return `expel-member ${owner}`;
    default: return `${action} ${owner} ${value}`;
  }
}
