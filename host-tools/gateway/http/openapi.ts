// The API in OpenAPI 3.1, written by hand and served as /api/openapi.json. Data only. A test asks the
// running server for every path here and compares the answers with these schemas, and the paths with the
// router's table.

import { INSIGHT_PATHS, INSIGHT_SCHEMAS } from './openapi-insight.ts';
import { PACKET_KINDS } from '../view.ts';
import { OWNER_PATHS, OWNER_SCHEMAS } from './openapi-owners.ts';
import {
  count, credits, get, json, limit, list, optional, parameter, record, ref, SAFE, text, type Schema,
} from './openapi-parts.ts';

const dateTime: Schema = { type: 'string', format: 'date-time' };

const schemas: Record<string, Schema> = {
  Status: record(
    {
      version: text,
      ledgerId: text,
      height: count,
      stateRoot: text,
      nodes: count,
      delivered: { ...count, description: 'Packets that reached the gateway.' },
      receipts: count,
      payments: count,
      claims: { ...count, description: 'Claims settled on the chain.' },
      settledCredits: credits,
      supply: credits,
      conserved: { type: 'boolean', description: 'The sum of all balances equals the supply.' },
      boards: { type: 'string', enum: ['virtual', 'serial'] },
      engine: { type: 'string', enum: ['vm', 'espruino', 'serial'] },
      startedAt: dateTime,
      uptimeS: { type: 'number', minimum: 0 },
      faults: count,
    },
    'The gateway in figures.',
  ),
  Node: record(
    {
      address: text,
      name: { ...text, description: 'Chosen by its owner; any characters.' },
      role: { type: 'string', enum: ['gateway', 'node'] },
      next: { ...optional(text), description: 'Neighbour by which it sends to the gateway; null where unknown.' },
      x: { type: ['number', 'null'], description: 'Metres; null where unknown.' },
      y: { type: ['number', 'null'] },
      balance: credits,
      hops: { ...optional(count), description: 'Hops to the gateway; null without a route.' },
      delivered: count,
      lastSeenS: { type: ['number', 'null'], description: 'Seconds since it was last heard.' },
    },
    'One board.',
  ),
  Link: record(
    {
      a: text,
      b: text,
      rssiDbm: { type: ['number', 'null'], description: 'Of b, as a hears it.' },
      rssiBackDbm: { type: ['number', 'null'], description: 'Of a, as b hears it.' },
      qualityAb: { type: ['number', 'null'], description: 'Share of the HELLOs of a that b gets.' },
      qualityBa: { type: ['number', 'null'], description: 'Share of the HELLOs of b that a gets.' },
      payableLinks: count,
    },
    'Two boards that hear each other.',
  ),
  Mesh: record(
    { nodes: list('Node'), links: list('Link'), map: ref('MapOrigin') },
    'The boards and who hears whom.',
  ),
  MapOrigin: optional(
    record(
      { latitude: { type: 'number' }, longitude: { type: 'number' } },
      'Where x and y are 0, in degrees, when /map.pmtiles is there to be drawn; null without.',
    ),
  ),
  Reading: optional(
    record(
      {
        number: { ...count, description: 'Since the board started.' },
        uptimeS: count,
        batteryMv: { ...optional(count), description: 'Null where the board cannot measure it.' },
        freeVars: count,
        received: { ...count, description: 'Frames heard.' },
        relayed: { ...count, description: 'Packets relayed.' },
      },
      'What a reading says; null for other packets.',
    ),
  ),
  Hop: record({ address: text, credits: { ...credits, type: 'number' } }, 'One that sent a packet on.'),
  Packet: record(
    {
      id: {
        ...count,
        description: 'Grows by one with every packet and never restarts; the event id too.',
      },
      at: dateTime,
      src: text,
      name: text,
      kind: { type: 'string', enum: PACKET_KINDS },
      hops: count,
      bytes: count,
      backed: { type: 'boolean', description: 'Carried for payment, not from a free budget.' },
      text,
      seq: { ...count, description: "Low half of the source's number of it." },
      reading: { ...ref('Reading'), description: 'Null unless it is a reading of the usual format.' },
      path: { ...list('Hop'), description: 'Who sent it on, the source first; empty where nobody listened.' },
    },
    'One packet that reached the gateway.',
  ),
  Block: record(
    {
      height: count,
      at: dateTime,
      hash: text,
      stateRoot: text,
      transactions: count,
      claims: count,
      settledCredits: credits,
    },
    'One block of the chain.',
  ),
  Error: record({ error: text, remedy: text }, 'Why a request was refused, and what to do.'),
  ...OWNER_SCHEMAS,
  ...INSIGHT_SCHEMAS,
};

export const OPENAPI = {
  openapi: '3.1.0',
  info: {
    title: 'Fairhop gateway',
    version: '1',
    description:
      'A POST needs the token as `Authorization: Bearer`, whatever the address. ' +
      'Lists carry at most `limit` entries. ' +
      'New properties may appear; none disappears in version 1.',
  },
  security: [{}, { bearer: [] }, { cookie: [] }],
  paths: {
    '/api/status': get('The gateway in figures', json({ $ref: '#/components/schemas/Status' }, 'Now.')),
    '/api/mesh': get('Boards and links', json({ $ref: '#/components/schemas/Mesh' }, 'Now.')),
    '/api/packets': get('The newest packets, oldest first', json(list('Packet'), 'Packets.'), [
      parameter('after', 0, SAFE, 0, 'Only packets with a higher id.'),
      limit,
    ]),
    '/api/blocks': get('The newest blocks, newest first', json(list('Block'), 'Blocks.'), [
      parameter('below', 0, SAFE, SAFE, 'Only blocks below this height.'),
      limit,
    ]),
    '/api/events': get(
      'Live events, resumable',
      {
        description:
          'Server-sent events: status (every second), mesh, packet (its id is the event id), block, ' +
          'frame, log. After a break the Last-Event-ID header, or `after`, brings the packets missed.',
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
      [parameter('after', 0, SAFE, null, 'Start behind this packet; without it, with the next one.')],
    ),
    ...OWNER_PATHS,
    ...INSIGHT_PATHS,
    '/api/openapi.json': get('This description', json({ type: 'object' }, 'OpenAPI 3.1.')),
  },
  components: {
    schemas,
    securitySchemes: {
      bearer: { type: 'http', scheme: 'bearer' },
      cookie: {
        type: 'apiKey',
        in: 'cookie',
        name: 'fairhop_PORT',
        description: 'Set by opening /?token=...',
      },
    },
  },
};
