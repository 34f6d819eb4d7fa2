/** Data that a JSON Schema describes, to try a flow with. Invented: never data of a real person. */
type Schema = Readonly<Record<string, unknown>>;

const MAX_DEPTH = 12;
const FORMATS: Readonly<Record<string, string>> = { date: '2026-01-05', 'date-time': '2026-01-05T09:30:00+08:00', time: '09:30:00' };
/** What hospitals call their fields, most telling first. */
const BY_NAME: readonly (readonly [RegExp, string])[] = [
  [/date|日期$/i, '20260105'],
  [/time|时间$/i, '20260105093000'],
  [/mobile|phone|tel|电话|手机/i, '13800000000'],
  [/patient.*(id|no)$|患者(编号|号)$/i, 'P000001'],
  [/name|姓名|名称$/i, '测试甲'],
  [/(id|no|code|编号|代码|号)$/i, '0'],
];

/** Optional fields are filled in too; a list gets one item. */
export function sampleOf(schema: Schema, name = ''): unknown {
  return build(schema, name, 0);
}

function build(schema: Schema, name: string, depth: number): unknown {
  if ('default' in schema) return schema['default'];
  if (Array.isArray(schema['enum'])) return (schema['enum'] as unknown[])[0];
  switch (schema['type']) {
    case 'object':
      return depth >= MAX_DEPTH ? {} : objectOf(schema, depth);
    case 'array':
      return depth >= MAX_DEPTH ? [] : [build((schema['items'] ?? {}) as Schema, name, depth + 1)];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    default:
      return textOf(schema, name);
  }
}

function objectOf(schema: Schema, depth: number): unknown {
  const properties = (schema['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  return Object.fromEntries(Object.entries(properties).map(([field, one]) => [field, build(one, field, depth + 1)]));
}

function textOf({ format }: Schema, name: string): string {
  const known = typeof format === 'string' ? FORMATS[format] : undefined;
  return known ?? BY_NAME.find(([pattern]) => pattern.test(name))?.[1] ?? '示例';
}
