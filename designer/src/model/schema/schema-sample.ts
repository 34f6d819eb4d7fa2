/**
 * Generates a value for a JSON Schema, to try a flow or a call. Values are invented and never belong to a real
 * person.
 */
import { isRecord } from '../../../../engine/contract/values/is-record.ts';

type Schema = Readonly<Record<string, unknown>>;
type Wanted = 'all' | 'required';

const MAX_DEPTH = 12;
const FORMATS: Readonly<Record<string, string>> = {
  date: '2026-01-05',
  'date-time': '2026-01-05T09:30:00+08:00',
  time: '09:30:00+08:00',
  uri: 'https://example.com/',
  email: 'name@example.com',
  uuid: '00000000-0000-4000-8000-000000000000',
};
/** Field names that hospitals use, the most specific first. */
const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/date|日期$/i, '20260105'],
  [/time|时间$/i, '20260105093000'],
  [/mobile|phone|tel|电话|手机/i, '13800000000'],
  [/patient.*(id|no)$|患者(编号|号)$/i, 'P000001'],
  [/name|姓名|名称$/i, '测试甲'],
  [/(id|no|code|编号|代码|号)$/i, '0'],
];
/**
 * Values that are tried if neither the format nor the name of the field tells a value, or if that value does not match
 * the pattern.
 */
const WORDS = ['示例', 'A', 'a', '1', '01', '001', '0001', '2026-01-05', 'P000001', '13800000000', '110101199001010011', 'AM'];

/**
 * Returns a generated value. With `required`, an object gets only its required fields; an object without any required
 * field gets all. A list gets one item.
 */
export function sampleOf(schema: unknown, wanted: Wanted = 'all'): unknown {
  return build(schema, '', wanted, 0);
}

function build(schema: unknown, name: string, wanted: Wanted, depth: number): unknown {
  if (!isRecord(schema) || depth > MAX_DEPTH) return {};
  const given = ['const', 'default'].find((key) => key in schema);
  if (given !== undefined) return schema[given];
  for (const key of ['examples', 'enum']) if (Array.isArray(schema[key]) && schema[key].length > 0) return schema[key][0] as unknown;
  for (const key of ['anyOf', 'oneOf', 'allOf']) if (Array.isArray(schema[key])) return build(schema[key][0], name, wanted, depth + 1);
  const type: unknown = Array.isArray(schema['type']) ? schema['type'][0] : schema['type'];
  switch (type) {
    case 'integer':
    case 'number':
      return schema['minimum'] ?? 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return [build(schema['items'], name, wanted, depth + 1)];
    case 'object':
      return objectOf(schema, wanted, depth);
    default:
      return depth === 0 || isRecord(schema['properties']) ? objectOf(schema, wanted, depth) : textOf(schema, name);
  }
}

function objectOf({ properties, required }: Schema, wanted: Wanted, depth: number): Schema {
  const needed = wanted === 'required' && Array.isArray(required) && required.length > 0 ? (required as readonly string[]) : undefined;
  const fields = Object.entries(isRecord(properties) ? properties : {}).filter(([name]) => needed?.includes(name) ?? true);
  return Object.fromEntries(fields.map(([name, field]) => [name, build(field, name, wanted, depth + 1)]));
}

function textOf({ format, pattern, minLength, maxLength }: Schema, name: string): string {
  if (typeof format === 'string' && FORMATS[format] !== undefined) return FORMATS[format];
  const test = typeof pattern === 'string' ? expressionOf(pattern) : undefined;
  const fits = (word: string) =>
    (test?.test(word) ?? true) && word.length >= Number(minLength ?? 0) && word.length <= Number(maxLength ?? Infinity);
  const telling = BY_NAME.filter(([named]) => named.test(name)).map(([, word]) => word);
  return [...telling, ...WORDS].find(fits) ?? '示例';
}

function expressionOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return undefined;
  }
}
