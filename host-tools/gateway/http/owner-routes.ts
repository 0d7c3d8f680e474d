// The owners' part of the API: which paths there are, what they take and what they answer. Reads and writes through
// the OwnerApi and computes nothing; server.ts decides who may ask. openapi-owners.ts describes the same table.
import { isAccountId } from '../ledger-views.ts';
import type { OwnerApi } from '../owner-view.ts';
import type { Refusal } from './respond.ts';
import type { Parameter } from './router.ts';

interface ReadRoute {
  /** `{id}` stands for the last part of the path. */
  path: string;
  parameters: Parameter[];
  answer(owners: OwnerApi, id: string, values: Record<string, number>): object | Refusal;
}

interface WriteRoute {
  path: string;
  /** Of the body. */
  bytesMax: number;
  answer(owners: OwnerApi, body: unknown): { status: number; body: object } | Refusal;
}

const after: Parameter = { name: 'after', min: 0, max: 0xffffffff, fallback: 0 };
const limit: Parameter = { name: 'limit', min: 1, max: 1000, fallback: 100 };
const since: Parameter = { name: 'since', min: 0, max: 0xffffffff, fallback: 0 };

export const OWNER_ROUTES: readonly ReadRoute[] = [
  { path: '/api/v1/accounts/{id}', parameters: [], answer: account },
  { path: '/api/v1/nodes', parameters: [after, limit], answer: (owners, _, v) => owners.nodes(v.after!, v.limit!) },
  { path: '/api/v1/channels/{id}', parameters: [], answer: channels },
  { path: '/api/v1/params', parameters: [], answer: (owners) => owners.params() },
  { path: '/api/v1/proposals', parameters: [], answer: (owners) => owners.proposals() },
  { path: '/api/v1/transactions/{id}', parameters: [since], answer: transaction },
];

export const WRITE_ROUTES: readonly WriteRoute[] = [
  { path: '/api/v1/transactions', bytesMax: 4096, answer: submit },
  { path: '/api/v1/books', bytesMax: 12288, answer: publish },
];

function account(owners: OwnerApi, id: string): object | Refusal {
  if (!isAccountId(id))
    return bad('this names no account', 'Give owner:KEY (64 hexadecimal digits), node:ADDRESS (8) or pool:NUMBER.');
  return owners.account(id) ?? missing('the ledger has no such account', 'See /api/v1/nodes and /api/v1/params.');
}

function channels(owners: OwnerApi, id: string): object | Refusal {
  if (!/^[0-9a-f]{8}$/.test(id)) return bad('this is no address', 'Give the eight hexadecimal digits of a node.');
  return owners.channels(parseInt(id, 16));
}

function transaction(owners: OwnerApi, id: string, { since }: Record<string, number>): object | Refusal {
  if (!/^[0-9a-f]{64}$/.test(id)) return bad('this is no id', 'Give the 64 hexadecimal digits that the POST answered.');
  const view = owners.transaction(id, since!);
  const remedy = 'Add ?since=HEIGHT to search the thousand blocks from there, or send it again.';
  return view ?? missing('nothing is known of this transaction', remedy);
}

/** Code 0 waits for a block (202); what the ledger refuses is 422, and a full pool 503. */
function submit(owners: OwnerApi, body: unknown): { status: number; body: object } | Refusal {
  const text = fieldsOf(body, ['transaction'])?.transaction;
  const bytes = typeof text === 'string' ? bytesOfHex(text) : undefined;
  if (bytes === undefined) return bad('the body holds no transaction', 'Send {"transaction":"HEXADECIMAL DIGITS"}.');
  const view = owners.submit(bytes);
  return { status: view.code === 0 ? 202 : view.code === POOL_FULL ? 503 : 422, body: view };
}

/** The ledger's code for want of room (SPEC L9.1, BLOCK_FULL). */
const POOL_FULL = 41;

function publish(owners: OwnerApi, body: unknown): { status: number; body: object } | Refusal {
  const { address, generation, book } = fieldsOf(body, ['address', 'generation', 'book']) ?? {};
  const remedy = 'Send {"address":"8 HEXADECIMAL DIGITS","generation":0,"book":"BASE64 OF 8192 BYTES"}.';
  if (typeof address !== 'string' || !/^[0-9a-f]{8}$/.test(address)) return bad('the address is none', remedy);
  if (!isByte(generation)) return bad('the generation is none', remedy);
  if (typeof book !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(book)) return bad('the book is no base64', remedy);
  const bytes = new Uint8Array(Buffer.from(book, 'base64'));
  const view = owners.publish(parseInt(address, 16), generation, bytes);
  if (view !== undefined) return { status: 200, body: view };
  return {
    status: 422,
    error: 'the ledger names no such chequebook for this node',
    remedy: 'Publish it once a block holds the join or the rekey, with the generation it was made for.',
  };
}

function isByte(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 255;
}

/** Undefined unless it is an object with exactly these properties. */
function fieldsOf(body: unknown, names: string[]): Record<string, unknown> | undefined {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return undefined;
  const keys = Object.keys(body);
  return keys.length === names.length && names.every((name) => Object.hasOwn(body, name))
    ? (body as Record<string, unknown>)
    : undefined;
}

function bytesOfHex(text: string): Uint8Array | undefined {
  if (text.length === 0 || text.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'hex'));
}

function bad(error: string, remedy: string): Refusal {
  return { status: 400, error, remedy };
}

function missing(error: string, remedy: string): Refusal {
  return { status: 404, error, remedy };
}

/** The route of a path and the `{id}` in it. */
export function ownerRoute(path: string): { route: ReadRoute; id: string } | undefined {
  const cut = path.lastIndexOf('/') + 1;
  const route =
    OWNER_ROUTES.find((candidate) => candidate.path === path) ??
    OWNER_ROUTES.find((candidate) => candidate.path === `${path.slice(0, cut)}{id}`);
  return route === undefined ? undefined : { route, id: path.slice(cut) };
}

export function writeRoute(path: string): WriteRoute | undefined {
  return WRITE_ROUTES.find((candidate) => candidate.path === path);
}
