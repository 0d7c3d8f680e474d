// The vocabulary of the API's description: schemas of single values, records, parameters, answers and refusals.
// Used by openapi.ts and openapi-owners.ts only.
export type Schema = Record<string, unknown>;

export const text: Schema = { type: 'string' };
export const count: Schema = { type: 'integer', minimum: 0 };
export const credits: Schema = {
  type: 'integer',
  description: 'Credits; 1 credit is 1 ms of airtime at price 1.0.',
};
export const optional = (schema: Schema): Schema => ({ ...schema, type: [schema.type, 'null'] });
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const list = (name: string): Schema => ({ type: 'array', items: ref(name) });

/** An object whose properties are all required; the API never leaves one out. */
export function record(properties: Record<string, Schema>, description: string): Schema {
  return {
    type: 'object',
    description,
    properties,
    required: Object.keys(properties),
    additionalProperties: true,
  };
}

export function json(schema: Schema, description: string): Schema {
  return { description, content: { 'application/json': { schema } } };
}

export function parameter(
  name: string,
  minimum: number,
  maximum: number,
  fallback: number | null,
  description: string,
): Schema {
  const range: Schema = { type: 'integer', minimum, maximum };
  return {
    name,
    in: 'query',
    description,
    schema: fallback === null ? range : { ...range, default: fallback },
  };
}

export const SAFE = Number.MAX_SAFE_INTEGER;
export const limit = parameter('limit', 1, 1000, 100, 'At most this many.');

function refused(reasons: [status: string, description: string][]): Schema {
  return Object.fromEntries(reasons.map(([status, description]) => [status, json(ref('Error'), description)]));
}

const everywhere: [string, string][] = [
  ['400', 'A parameter, or the body, is unknown, repeated or out of range.'],
  ['401', 'The gateway asks for its token.'],
  ['403', 'Another host name or another web site.'],
  ['405', 'Another method.'],
  ['429', 'Too many requests from this address.'],
];

export function get(summary: string, answer: Schema, parameters: Schema[] = [], more: Schema = {}): Schema {
  return { get: { summary, parameters, responses: { 200: answer, ...more, ...refused(everywhere) } } };
}

export const nothingThere: Schema = refused([['404', 'There is none.']]);

/** `answers`: by status. */
export function post(summary: string, body: Schema, answers: Record<number, Schema>): Schema {
  const responses = {
    ...answers,
    ...refused([
      ...everywhere,
      ['411', 'The length of the body is not stated.'],
      ['413', 'The body is too large.'],
      ['415', 'The body is no JSON.'],
    ]),
  };
  const requestBody = { required: true, content: { 'application/json': { schema: body } } };
  return { post: { summary, security: [{ bearer: [] }], parameters: [], requestBody, responses } };
}
