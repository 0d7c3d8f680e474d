// The part of JSON Schema that the API's description and the commands' output use, as a check of answers. An unknown
// keyword is an error: a schema that is not checked would pass everything.

const KNOWN = new Set([
  'type',
  'description',
  'properties',
  'required',
  'additionalProperties',
  'items',
  '$ref',
  'enum',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'minLength',
  'pattern',
  'format',
  '$schema',
  '$defs',
  'title',
]);

/** Null when `value` fits `schema`; otherwise where and why not. */
export function mismatch(value: unknown, schema: any, document: any, path = '$'): string | null {
  if (schema.$ref !== undefined) {
    const target = (schema.$ref as string)
      .slice(2)
      .split('/')
      .reduce((at, key) => at[key], document);
    return mismatch(value, target, document, path);
  }
  const unknown = Object.keys(schema).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) return `${path}: the schema says ${unknown}, which nothing checks`;
  const types = ([] as string[]).concat(schema.type);
  if (!types.some((type) => isOf(type, value)))
    return `${path}: ${JSON.stringify(value)} is no ${types.join(' or ')}`;
  if (value === null) return null;
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `${path}: ${value} is not in the list`;
  if ((value as number) < schema.minimum || (value as number) > schema.maximum)
    return `${path}: ${value} is out of bounds`;
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value as string))
    return `${path}: "${value}" does not match ${schema.pattern}`;
  const { length } = value as { length: number };
  if (length < (schema.minItems ?? schema.minLength) || length > schema.maxItems)
    return `${path}: ${length} entries or characters are too few or too many`;
  if (schema.format === 'date-time' && new Date(value as string).toISOString() !== value)
    return `${path}: no date-time`;
  if (Array.isArray(value) && schema.items === undefined) return null;
  if (Array.isArray(value))
    return firstOf(value.map((item, i) => mismatch(item, schema.items, document, `${path}[${i}]`)));
  if (typeof value !== 'object') return null;
  return objectMismatch(value as Record<string, unknown>, schema, document, path);
}

function objectMismatch(
  value: Record<string, unknown>,
  schema: any,
  document: any,
  path: string,
): string | null {
  if (schema.properties === undefined) return null;
  const missing = ((schema.required ?? []) as string[]).find((key) => !(key in value));
  if (missing !== undefined) return `${path}: ${missing} is missing`;
  // The description allows additions, for clients of a later version; this version must describe all it
  // sends.
  const extra = Object.keys(value).find((key) => !(key in schema.properties));
  if (extra !== undefined) return `${path}: ${extra} is not described`;
  return firstOf(
    Object.keys(value).map((key) =>
      mismatch(value[key], schema.properties[key], document, `${path}.${key}`),
    ),
  );
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isSafeInteger(value);
  return typeof value === type;
}

function firstOf(results: (string | null)[]): string | null {
  return results.find((result) => result !== null) ?? null;
}
