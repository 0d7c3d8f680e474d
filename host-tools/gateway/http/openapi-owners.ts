// The owners' part of the API's description (owner-view.ts, owner-routes.ts). Data only; openapi.ts takes it in.
import {
  count, credits, get, json, limit, list, nothingThere, optional, parameter, post, record, ref, text, type Schema,
} from './openapi-parts.ts';

const truth: Schema = { type: 'boolean' };
const height: Schema = { ...count, description: 'Height of the ledger.' };
const address: Schema = { ...text, description: 'Eight hexadecimal digits.' };
const key: Schema = { ...text, description: 'Ed25519 key, 64 hexadecimal digits.' };
const holdings = { balance: credits, line: credits, escrow: credits, guaranteed: credits, free: credits };
const submitted = { id: text, code: { ...count, description: 'Code of the ledger; 0 is well.' }, text };

export const OWNER_SCHEMAS: Record<string, Schema> = {
  Account: record(
    {
      id: text,
      kind: { type: 'string', enum: ['owner', 'node', 'pool'] },
      height,
      ...holdings,
      transferable: { ...credits, description: 'What a transfer can move.' },
      nonce: { ...optional(count), description: 'The next of an owner.' },
      member: optional(truth),
      owner: optional(key),
    },
    'Somebody who holds money.',
  ),
  LedgerNode: record(
    {
      address,
      status: { type: 'string', enum: ['active', 'leaving', 'gone'] },
      owner: key,
      guarantor: key,
      home: address,
      community: count,
      generation: count,
      ...holdings,
      channels: { ...count, description: 'On which it pays.' },
      named: truth,
      joined: height,
      leavesAt: { ...count, description: 'Height at which the notice ends; 0 without one.' },
      rekeysAt: count,
      unvouchedAt: count,
    },
    'A node as the ledger has it.',
  ),
  LedgerChannel: record(
    {
      payer: address,
      generation: count,
      chain: count,
      payee: address,
      settled: { ...count, description: 'Links that are paid.' },
      limit: { ...count, description: 'Links that will be paid at most.' },
      expiry: height,
      closing: truth,
    },
    'A payment channel.',
  ),
  Rate: record({ name: text, number: count, value: count, low: count, high: count }, 'A voted parameter.'),
  Pool: record({ number: count, balance: credits, share: count }, 'A pool account.'),
  LedgerGateway: record({ address, owner: key, admitted: truth }, 'A gateway.'),
  Params: record(
    {
      ledgerId: text,
      height,
      epoch: count,
      epochHeights: count,
      epochEndsAt: height,
      moneyRoundHeights: count,
      noticeHeights: count,
      blockIntervalS: count,
      region: text,
      spreadingFactor: count,
      pathPrice: credits,
      linkValue: credits,
      creditLine: credits,
      supply: credits,
      revision: count,
      rates: list('Rate'),
      pools: list('Pool'),
      gateways: list('LedgerGateway'),
    },
    'The parameters of the ledger.',
  ),
  Proposal: record(
    {
      number: count,
      owner: key,
      action: text,
      subject: { ...text, description: '32 bytes in hexadecimal.' },
      value: count,
      state: { type: 'string', enum: ['voting', 'passed'] },
      countsAt: { ...count, description: 'Epoch at whose end the votes are counted.' },
      effectAt: { ...count, description: 'Epoch at whose end it takes effect; 0 before the count.' },
      yes: count,
      no: count,
    },
    'A proposal that is under way.',
  ),
  Submitted: record(submitted, 'What became of a transaction at first.'),
  Transaction: record(
    {
      ...submitted,
      state: { type: 'string', enum: ['waiting', 'included', 'refused'] },
      height: { ...count, description: 'Of its block; 0 without one.' },
    },
    'What has become of a transaction.',
  ),
  Book: record({ root: text, bytes: count }, 'A chequebook that is kept here.'),
};

const id: Schema = { name: 'id', in: 'path', required: true, schema: text };

export const OWNER_PATHS: Record<string, Schema> = {
  '/api/v1/accounts/{id}': get(
    'An account: owner:KEY, node:ADDRESS or pool:NUMBER',
    json(ref('Account'), 'Now.'),
    [id],
    nothingThere,
  ),
  '/api/v1/nodes': get('Nodes by ascending address', json(list('LedgerNode'), 'Nodes.'), [
    parameter('after', 0, 0xffffffff, 0, 'Only nodes with a higher address, as a decimal number.'),
    limit,
  ]),
  '/api/v1/channels/{id}': get(
    'Channels on which a node (8 digits) pays or is paid',
    json(list('LedgerChannel'), 'At most a few hundred.'),
    [id],
  ),
  '/api/v1/params': get('Parameters, pools and gateways', json(ref('Params'), 'Now.')),
  '/api/v1/proposals': get('Proposals under way', json(list('Proposal'), 'At most 256.')),
  '/api/v1/transactions': post(
    'Hand in one transaction; at most 4096 bytes',
    record({ transaction: { ...text, description: 'Hexadecimal.' } }, 'One transaction.'),
    {
      202: json(ref('Submitted'), 'It waits for a block (code 0).'),
      422: json(ref('Submitted'), 'The ledger refuses it.'),
      503: json(ref('Submitted'), 'Too many wait.'),
    },
  ),
  '/api/v1/transactions/{id}': get(
    'What has become of a transaction',
    json(ref('Transaction'), 'Now.'),
    [id, parameter('since', 0, 0xffffffff, 0, 'Search the thousand blocks from this height too; 0 searches none.')],
    nothingThere,
  ),
  '/api/v1/books': post(
    'Publish the chequebook of a node that has joined; at most 12288 bytes',
    record({ address, generation: count, book: { ...text, description: 'Base64 of 8192 bytes.' } }, 'A chequebook.'),
    { 200: json(ref('Book'), 'It is kept.'), 422: json(ref('Error'), 'The ledger names no such one.') },
  ),
};
