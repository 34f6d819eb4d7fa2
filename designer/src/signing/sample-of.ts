/** A value that fits a JSON Schema well enough to call with: what a person would type first. Pure. */
import { isRecord } from '../../../engine/contract/is-record.ts';
type Schema = Readonly<Record<string, unknown>>;

const WORDS = ['text', 'A', 'a', '1', '01', '001', '0001', '2026-01-02', 'P000001', '13800000000', '110101199001010011', 'AM'];
const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-02',
  'date-time': '2026-01-02T08:30:00+08:00',
  time: '08:30:00+08:00',
  uri: 'https://example.com/',
  email: 'name@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
};
const DEEPEST = 8;

export function sampleOf(schema: unknown, depth = 0): unknown {
  if (!isRecord(schema) || depth > DEEPEST) return {};
  const given = ['const', 'default'].find((key) => key in schema);
  if (given !== undefined) return schema[given];
  for (const key of ['examples', 'enum']) if (Array.isArray(schema[key]) && schema[key].length > 0) return schema[key][0] as unknown;
  for (const key of ['anyOf', 'oneOf', 'allOf']) if (Array.isArray(schema[key])) return sampleOf(schema[key][0], depth + 1);
  const type: unknown = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'string':
      return textOf(schema);
    case 'integer':
    case 'number':
      return schema['minimum'] ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [sampleOf(schema['items'], depth + 1)];
    default:
      return objectOf(schema, depth);
  }
}

/** Required fields alone, where any is required. */
function objectOf({ properties, required }: Schema, depth: number): Readonly<Record<string, unknown>> {
  const needed = Array.isArray(required) && required.length > 0 ? (required as readonly string[]) : undefined;
  const fields = Object.entries(isRecord(properties) ? properties : {}).filter(([name]) => needed?.includes(name) ?? true);
  return Object.fromEntries(fields.map(([name, field]) => [name, sampleOf(field, depth + 1)]));
}

function textOf({ format, pattern, minLength, maxLength }: Schema): string {
  if (typeof format === 'string' && FORMATS[format] !== undefined) return FORMATS[format];
  const test = typeof pattern === 'string' ? expressionOf(pattern) : undefined;
  const fits = (word: string) =>
    (test?.test(word) ?? true) && word.length >= Number(minLength ?? 0) && word.length <= Number(maxLength ?? Infinity);
  return WORDS.find(fits) ?? 'text';
}

function expressionOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}
