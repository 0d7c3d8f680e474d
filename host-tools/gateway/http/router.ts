// The API's routes: path, allowed query parameters, answer. A route reads from the GatewaySource and
// computes nothing. openapi.ts describes the same table; a test holds the two together.
import type { GatewaySource } from '../view.ts';
import { OPENAPI } from './openapi.ts';
import type { Refusal } from './respond.ts';

export interface Parameter {
  name: string;
  min: number;
  max: number;
  fallback: number;
}

interface Route {
  path: string;
  parameters: Parameter[];
  answer(source: GatewaySource, values: Record<string, number>): unknown;
}

const after: Parameter = { name: 'after', min: 0, max: Number.MAX_SAFE_INTEGER, fallback: 0 };
const below: Parameter = {
  name: 'below',
  min: 0,
  max: Number.MAX_SAFE_INTEGER,
  fallback: Number.MAX_SAFE_INTEGER,
};
const limit: Parameter = { name: 'limit', min: 1, max: 1000, fallback: 100 };

export const ROUTES: readonly Route[] = [
  { path: '/api/status', parameters: [], answer: (source) => source.status() },
  { path: '/api/mesh', parameters: [], answer: (source) => source.mesh() },
  {
    path: '/api/packets',
    parameters: [after, limit],
    answer: (source, v) => source.packets(v.after!, v.limit!),
  },
  {
    path: '/api/blocks',
    parameters: [below, limit],
    answer: (source, v) => source.blocks(v.below!, v.limit!),
  },
  { path: '/api/openapi.json', parameters: [], answer: () => OPENAPI },
];

/**
 * The event stream is no request with an answer; server.ts hands it to EventStreams with this parameter.
 */
export const EVENTS_PATH = '/api/events';
export const EVENTS_PARAMETERS: Parameter[] = [{ ...after, fallback: -1 }];

/**
 * Reads `name=value` pairs. Every value here is a whole number in its range; an unknown or repeated name is
 * an error, because a misspelt one that is ignored answers another question than the one asked.
 */
export function readQuery(
  query: string,
  parameters: readonly Parameter[],
): Record<string, number> | Refusal {
  const values: Record<string, number> = {};
  for (const parameter of parameters) values[parameter.name] = parameter.fallback;
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(query)) {
    const parameter = parameters.find((candidate) => candidate.name === name);
    if (parameter === undefined || seen.has(name)) return badQuery(parameters);
    seen.add(name);
    if (!/^\d{1,16}$/.test(value)) return badValue(parameter);
    const number = Number(value);
    if (number < parameter.min || number > parameter.max) return badValue(parameter);
    values[name] = number;
  }
  return values;
}

export function isRefusal(value: object): value is Refusal {
  return 'remedy' in value;
}

function badQuery(parameters: readonly Parameter[]): Refusal {
  const names = parameters.map((parameter) => parameter.name).join(', ');
  return {
    status: 400,
    error: 'the query has an unknown or repeated parameter',
    remedy: names === '' ? 'This path takes no parameters.' : `Use each at most once: ${names}.`,
  };
}

function badValue({ name, min, max }: Parameter): Refusal {
  return {
    status: 400,
    error: `${name} is out of range`,
    remedy: `Give a whole number from ${min} to ${max}.`,
  };
}
