// The part of the API's description that the page's views need (insight/insight-view.ts, insight-routes.ts). Data only;
// openapi.ts takes it in.
import {
  count,
  credits,
  get,
  json,
  list,
  nothingThere,
  optional,
  parameter,
  post,
  record,
  ref,
  SAFE,
  text,
  type Schema,
} from './openapi-parts.ts';

const truth: Schema = { type: 'boolean' };
const number: Schema = { type: 'number' };
const dateTime: Schema = { type: 'string', format: 'date-time' };
const share: Schema = { type: 'number', minimum: 0, description: 'From 0 to 1.' };
const someCredits: Schema = { ...credits, type: 'number' };
const hex: Schema = { ...text, description: 'Hexadecimal.' };

const boards: Record<string, Schema> = {
  BoardSample: record(
    {
      at: dateTime,
      uptimeS: count,
      vars: count,
      varsTotal: count,
      received: count,
      refused: count,
      sent: count,
      relayed: count,
      airtimeMs: count,
      dutyPerMille: { ...count, description: 'Of the time since the sample before, on the air.' },
    },
    'What a board said of itself every ten seconds; counters since its last start.',
  ),
  BoardReading: record(
    {
      at: dateTime,
      hops: count,
      number: count,
      uptimeS: count,
      batteryMv: optional(count),
      freeVars: count,
      received: count,
      relayed: count,
    },
    'A reading that arrived.',
  ),
  Neighbour: record(
    {
      address: text,
      rssiDbm: number,
      snrDb: number,
      qualityIn: share,
      qualityOut: share,
      price: number,
      heardS: count,
      gateway: truth,
      owedToUs: someCredits,
      owedByUs: someCredits,
      pendingToUs: someCredits,
      pendingByUs: someCredits,
      unclaimed: credits,
      channelIn: truth,
      channelOut: truth,
    },
    "A neighbour of a board, by the board's own tables.",
  ),
  Route: record({ to: text, next: text, hops: count, metric: count }, 'A route of a board.'),
  Channel: record(
    {
      payer: text,
      payee: text,
      generation: count,
      chain: count,
      settled: count,
      limit: count,
      settledCredits: credits,
      escrowCredits: credits,
      expiry: count,
      closing: truth,
    },
    'A payment channel on the ledger.',
  ),
  Refusal: record({ at: dateTime, kind: text, reason: text, who: text }, 'Something that a board would not do.'),
  Count: record({ reason: text, count }, 'How often, since the gateway started.'),
  Board: record(
    {
      address: text,
      name: text,
      role: { type: 'string', enum: ['gateway', 'node'] },
      balance: credits,
      line: credits,
      escrow: credits,
      free: credits,
      linkValue: credits,
      samples: list('BoardSample'),
      readings: list('BoardReading'),
      neighbours: list('Neighbour'),
      routes: list('Route'),
      channels: list('Channel'),
      refusals: list('Refusal'),
      refusalCounts: list('Count'),
    },
    'One board: on the ledger, in its own words, and by its readings.',
  ),
};

const chain: Record<string, Schema> = {
  Proof: record(
    {
      id: text,
      height: count,
      stateRoot: hex,
      blockHash: hex,
      header: { ...hex, description: 'Hashes to blockHash and names stateRoot.' },
      kind: { ...count, description: 'Kind of the record (ledger SPEC L3).' },
      key: hex,
      proof: { ...hex, description: 'SPEC 6.5.' },
      balance: { ...credits, type: ['integer', 'null'] },
    },
    'An account under the newest state root.',
  ),
  TransactionLine: record({ id: hex, kind: text, bytes: count, text }, 'A transaction of a block.'),
  BlockDetail: record(
    {
      height: count,
      hash: hex,
      parent: hex,
      slot: count,
      producer: text,
      rank: count,
      bytes: count,
      transactions: list('TransactionLine'),
    },
    'A block taken apart.',
  ),
  ReceiptStep: record({ from: text, to: text, afterMs: count }, "One hop; milliseconds after the packet's arrival."),
  Receipt: record(
    { steps: list('ReceiptStep'), complete: { ...truth, description: "Heard by the packet's source." } },
    'How the receipt of a packet went back.',
  ),
  OwnerLine: record({ key: hex, balance: credits, line: credits, free: credits, member: truth }, 'An owner.'),
};

const economy: Record<string, Schema> = {
  EconomySample: record(
    {
      at: dateTime,
      height: count,
      giniPerMille: count,
      moneyCentiP: count,
      settledCredits: credits,
      pools: credits,
      delivered: count,
      deliveryPerMille: count,
    },
    'The economy at a block.',
  ),
  Delivery: record({ address: text, name: text, sent: count, delivered: count }, 'Readings made and arrived.'),
  NamedPool: record({ number: count, name: text, balance: credits, share: count }, 'A pool.'),
  Struck: record({ address: text, strikes: count, admitted: truth }, 'A gateway with strikes.'),
  Economy: record(
    {
      height: count,
      supply: credits,
      conserved: truth,
      pathPrice: credits,
      linkValue: credits,
      creditLine: credits,
      nodes: count,
      activeNodes: count,
      giniPerMille: count,
      moneyCentiP: { ...count, description: 'Spendable a node, in hundredths of the path price P.' },
      delivery: list('Delivery'),
      deliveryPerMille: count,
      starving: count,
      pools: list('NamedPool'),
      levyLocalPerMille: count,
      levyGlobalPerMille: count,
      demurragePerMille: count,
      struck: list('Struck'),
      refusalCounts: list('Count'),
      series: list('EconomySample'),
    },
    'The economy in figures.',
  ),
};

const simulation: Record<string, Schema> = {
  Scenario: record({ name: text, summary: text }, 'Something that can be simulated.'),
  SimulationSample: record(
    { hour: number, deliveryPerMille: count, giniPerMille: count, moneyCentiP: count },
    'The simulated world after so many of its hours.',
  ),
  Target: record({ name: text, verdict: text }, 'A target of the economy.'),
  SimulationResult: optional(
    record(
      {
        verdict: text,
        targets: list('Target'),
        honestDelivery: share,
        baselineDelivery: share,
        starvedHonest: count,
        attackers: count,
        attackerNetGain: number,
        attackerBound: number,
        gini: share,
        conserved: truth,
        violations: { type: 'array', items: text },
      },
      'What came out; null before the end.',
    ),
  ),
  Frame: record(
    { from: text, kind: text, bytes: count, receivedBy: { type: 'array', items: text } },
    'A frame on the simulated air.',
  ),
  Simulation: record(
    {
      scenario: text,
      seed: count,
      nodes: count,
      hours: number,
      state: { type: 'string', enum: ['idle', 'running', 'done', 'stopped', 'failed'] },
      reason: text,
      progressPerMille: count,
      mesh: ref('Mesh'),
      frames: list('Frame'),
      series: list('SimulationSample'),
      result: ref('SimulationResult'),
    },
    'The simulation beside the gateway; there is one at most.',
  ),
};

export const INSIGHT_SCHEMAS: Record<string, Schema> = {
  ...boards,
  ...chain,
  ...economy,
  ...simulation,
  ConsoleLine: record(
    { number: count, at: dateTime, address: text, name: text, kind: text, level: text, text },
    'A line.',
  ),
  Port: record(
    {
      path: text,
      stableName: optional(text),
      likelyBoards: { type: 'array', items: text },
      bridge: optional(text),
      accessible: { type: ['boolean', 'null'] },
      holders: { type: 'array', items: text },
      ours: truth,
    },
    "A serial port of the gateway's computer.",
  ),
  ReplTarget: record(
    { where: text, name: text, kind: { type: 'string', enum: ['own', 'virtual', 'port'] } },
    'A board whose prompt can be typed at.',
  ),
  ReplAnswer: record(
    {
      where: text,
      value: { ...optional(text), description: 'JSON, or undefined; null when the board refused.' },
      error: { ...optional(text), description: 'What the board said instead.' },
      printed: { type: 'array', items: text },
    },
    'What a board answered to a line.',
  ),
};

const id: Schema = { name: 'id', in: 'path', required: true, schema: text };
const limit = parameter('limit', 1, 1000, 200, 'At most this many.');

const plainText = (type: string, description: string): Schema => ({
  description,
  content: { [type]: { schema: { type: 'string' } } },
});

const simulationPath = get('The simulation beside the gateway', json(ref('Simulation'), 'As it last reported.'));
const wish = record({ scenario: text, seed: count, nodes: count, hours: number }, 'What to simulate.');
const refusedWish = { 422: json(ref('Error'), 'There is no such scenario, or it is too large.') };

export const INSIGHT_PATHS: Record<string, Schema> = {
  '/metrics': get('Figures for Prometheus', plainText('text/plain', 'Text exposition format 0.0.4.')),
  '/api/v1/packets.csv': get('All packets kept', plainText('text/csv', 'RFC 4180, oldest first.')),
  '/api/v1/packets.ndjson': get(
    'All packets kept',
    plainText('application/x-ndjson', 'One JSON object a line, oldest first.'),
  ),
  '/api/v1/scenarios': get('What can be simulated', json(list('Scenario'), 'By name.')),
  '/api/v1/simulation': {
    ...simulationPath,
    ...post('Start a simulation; one that runs is stopped for it', wish, {
      202: json(ref('Simulation'), 'It runs.'),
      ...refusedWish,
    }),
  },
  '/api/v1/simulation/stop': post('Stop the simulation', record({}, 'Nothing.'), {
    200: json(ref('Simulation'), 'It stands.'),
  }),
  '/api/v1/repl': {
    ...get('Boards whose prompt can be typed at', json(list('ReplTarget'), 'Now.')),
    ...post(
      "Type a line at a board's prompt; at a virtual board's from this computer only",
      record({ where: text, line: text }, 'The line and for whom.'),
      {
        200: json(ref('ReplAnswer'), 'It answered; a refusal of the board is an answer too.'),
        404: json(ref('Error'), 'There is no such board.'),
        409: json(ref('Error'), 'It is in use, or has not answered the line before.'),
        502: json(ref('Error'), 'The port failed.'),
        504: json(ref('Error'), 'No answer came.'),
      },
    ),
  },
  '/api/v1/boards/{id}': get('A board by its address', json(ref('Board'), 'Now.'), [id], nothingThere),
  '/api/v1/proofs/{id}': get(
    'A proof of an account: owner:KEY, node:ADDRESS or pool:NUMBER',
    json(ref('Proof'), 'Of presence or of absence.'),
    [id],
    nothingThere,
  ),
  '/api/v1/blocks/{id}': get('A block by its height', json(ref('BlockDetail'), 'As stored.'), [id], nothingThere),
  '/api/v1/receipts/{id}': get(
    "The way back of a packet's receipt: ADDRESS-SEQ",
    json(ref('Receipt'), 'As far as it was heard.'),
    [id],
    nothingThere,
  ),
  '/api/v1/channels': get('Payment channels', json(list('Channel'), 'Now.'), [limit]),
  '/api/v1/owners': get('Owners', json(list('OwnerLine'), 'At most 64.')),
  '/api/v1/economy': get('The economy in figures', json(ref('Economy'), 'Now.')),
  '/api/v1/lines': get('Console lines of the boards, oldest first', json(list('ConsoleLine'), 'The newest.'), [
    parameter('after', 0, SAFE, 0, 'Only lines with a higher number.'),
    limit,
  ]),
  '/api/v1/ports': get('Serial ports of this computer', json(list('Port'), 'None was opened.')),
};
