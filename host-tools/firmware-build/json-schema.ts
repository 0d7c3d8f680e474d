// Checks a JSON value against the part of JSON Schema that boards/board.schema.json uses, so that the
// schema which editors read is the one that decides. Knows nothing of boards. Called by boards.ts;
// answers sentences, not codes.

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  enum?: readonly string[];
  pattern?: string;
  minLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  required?: readonly string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean;
}

/** One sentence for each thing that is wrong; empty when the value fits. `root` resolves `$ref`. */
export function schemaErrors(value: unknown, schema: Schema, root: Schema = schema, at = ''): string[] {
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace('#/$defs/', '')];
    if (target === undefined) throw new Error(`schema: ${schema.$ref} leads nowhere`);
    return schemaErrors(value, target, root, at);
  }
  const name = at === '' ? 'the file' : at;
  if (schema.type !== undefined && !hasType(value, schema.type)) {
    const article = /^[aeiou]/.test(schema.type) ? 'an' : 'a';
    return [`${name} must be ${article} ${schema.type}, not ${JSON.stringify(value) ?? 'missing'}`];
  }
  if (typeof value === 'string') return stringErrors(value, schema, name);
  if (typeof value === 'number') return numberErrors(value, schema, name);
  if (Array.isArray(value)) return arrayErrors(value, schema, root, at, name);
  if (typeof value === 'object' && value !== null) return objectErrors(value, schema, root, at);
  return [];
}

function hasType(value: unknown, type: NonNullable<Schema['type']>): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return Number.isFinite(value);
    default:
      return typeof value === type;
  }
}

function stringErrors(value: string, schema: Schema, name: string): string[] {
  if (schema.enum !== undefined && !schema.enum.includes(value)) {
    return [`${name} is "${value}"; it must be one of ${schema.enum.join(', ')}`];
  }
  if (schema.pattern !== undefined && !new RegExp(schema.pattern).test(value)) {
    return [`${name} is "${value}"; it must match ${schema.pattern}`];
  }
  if (value.length < (schema.minLength ?? 0)) return [`${name} must not be empty`];
  return [];
}

function numberErrors(value: number, schema: Schema, name: string): string[] {
  if (schema.minimum !== undefined && value < schema.minimum) {
    return [`${name} is ${value}; the least allowed is ${schema.minimum}`];
  }
  if (schema.maximum !== undefined && value > schema.maximum) {
    return [`${name} is ${value}; the most allowed is ${schema.maximum}`];
  }
  return [];
}

function arrayErrors(value: unknown[], schema: Schema, root: Schema, at: string, name: string): string[] {
  const { items, minItems, maxItems } = schema;
  if (minItems !== undefined && value.length < minItems)
    return [`${name} needs at least ${minItems} entries`];
  if (maxItems !== undefined && value.length > maxItems)
    return [`${name} takes at most ${maxItems} entries`];
  return items === undefined
    ? []
    : value.flatMap((item, i) => schemaErrors(item, items, root, `${at}[${i}]`));
}

function objectErrors(value: object, schema: Schema, root: Schema, at: string): string[] {
  const properties = schema.properties ?? {};
  const prefix = at === '' ? '' : `${at}.`;
  const errors: string[] = [];
  for (const key of schema.required ?? []) {
    if (!(key in value)) errors.push(`${prefix}${key} is missing`);
  }
  for (const [key, item] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (known !== undefined) errors.push(...schemaErrors(item, known, root, prefix + key));
    else if (schema.additionalProperties === false) errors.push(`${prefix}${key} is not a known field`);
  }
  return errors;
}
