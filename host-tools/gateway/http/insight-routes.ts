// The paths of the page's views: what they take, what they answer. Reads the InsightApi and computes nothing.
// openapi-insight.ts describes the same table; a test holds the two together.
import type { InsightApi } from '../insight/insight.ts';
import type { PortLine } from '../insight/insight-view.ts';
import { isAccountId } from '../ledger-views.ts';
import type { Doors, ReadDoor } from './doors.ts';
import type { Refusal } from './respond.ts';
import type { Parameter } from './router.ts';

const limit: Parameter = { name: 'limit', min: 1, max: 1000, fallback: 200 };
const after: Parameter = { name: 'after', min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 };

/** `ports()` looks at this computer; it opens none. */
export function insightDoors(insight: InsightApi, ports: () => Promise<PortLine[]>): Doors {
  const read = (path: string, answer: ReadDoor['answer'], parameters: Parameter[] = []): ReadDoor => {
    return { path, parameters, answer };
  };
  return {
    reads: [
      read('/api/v1/boards/{id}', (id) => board(insight, id)),
      read('/api/v1/proofs/{id}', (id) => proof(insight, id)),
      read('/api/v1/blocks/{id}', (id) => block(insight, id)),
      read('/api/v1/receipts/{id}', (id) => receipt(insight, id)),
      read('/api/v1/channels', (_, values) => insight.channels(values.limit!), [limit]),
      read('/api/v1/owners', () => insight.owners()),
      read('/api/v1/economy', () => insight.economy()),
      read('/api/v1/lines', (_, values) => insight.lines(values.after!, values.limit!), [after, limit]),
      read('/api/v1/ports', () => ports()),
    ],
    writes: [],
  };
}

function board(insight: InsightApi, id: string): object | Refusal {
  if (!/^[0-9a-f]{8}$/.test(id)) return bad('this is no address', 'Give eight hexadecimal digits.');
  return insight.board(id) ?? missing('the ledger has no such board', 'See /api/mesh and /api/v1/nodes.');
}

function proof(insight: InsightApi, id: string): object | Refusal {
  if (!isAccountId(id))
    return bad('this names no account', 'Give owner:KEY (64 hexadecimal digits), node:ADDRESS (8) or pool:NUMBER.');
  return insight.proof(id) ?? missing('there is no block yet that could be proven against', 'Ask again in a moment.');
}

function block(insight: InsightApi, id: string): object | Refusal {
  if (!/^[1-9]\d{0,9}$/.test(id)) return bad('this is no height', 'Give a whole number from 1 on.');
  return insight.block(Number(id)) ?? missing('there is no block of that height here', 'See /api/blocks.');
}

function receipt(insight: InsightApi, id: string): object | Refusal {
  const match = /^([0-9a-f]{8})-(\d{1,5})$/.exec(id);
  if (match === null) return bad('this names no packet', 'Give ADDRESS-SEQ of a packet, such as 1a2b3c4d-17.');
  const view = insight.receipt(parseInt(match[1]!, 16), Number(match[2]));
  return view ?? missing('nobody listened to the air', 'Only a virtual mesh can, and it remembers its newest packets.');
}

function bad(error: string, remedy: string): Refusal {
  return { status: 400, error, remedy };
}

function missing(error: string, remedy: string): Refusal {
  return { status: 404, error, remedy };
}
