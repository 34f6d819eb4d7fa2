/**
 * Whether a JSON Schema has nothing but what everybody knows the cost of: such a schema is compiled, and checks small data, on the event loop.
 * Everything else is done in a thread that ends when it takes too much, so nothing depends on what was thought of here.
 */
import { isRecord } from './is-record.ts';
import { patternProgram } from './pattern-bounds.ts';

const MOST = { schemas: 200, names: 1000, branches: 10, choices: 200, programs: 2000, patternChars: 200 } as const;
const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

type Left = { schemas: number; names: number; programs: number };

/** Pure; looks no further than its bounds. */
export function isPlainSchema(schema: unknown): boolean {
  const left = { schemas: MOST.schemas, names: MOST.names, programs: MOST.programs };
  if (!isRecord(schema)) return isPlain(schema, left);
  const { $schema = DRAFT, $id = '', ...rest } = schema;
  return $schema === DRAFT && typeof $id === 'string' && isPlain(rest, left);
}

function isPlain(schema: unknown, left: Left): boolean {
  left.schemas -= 1;
  if (left.schemas < 0) return false;
  if (typeof schema === 'boolean') return true;
  if (!isRecord(schema)) return false;
  return Object.entries(schema).every(([name, value]) => Object.hasOwn(KEYWORDS, name) && KEYWORDS[name]!(value, left));
}

type IsPlain = (value: unknown, left: Left) => boolean;

const ignored: IsPlain = () => true;
const aNumber: IsPlain = (value) => typeof value === 'number';
const aChoice: IsPlain = (value, left) => Array.isArray(value) && value.length <= MOST.branches && value.every((one) => isPlain(one, left));

const KEYWORDS: Readonly<Record<string, IsPlain>> = {
  ...Object.fromEntries(
    ['title', 'description', 'default', 'examples', '$comment', 'deprecated', 'readOnly', 'writeOnly'].map((name) => [name, ignored]),
  ),
  ...Object.fromEntries(
    ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties'].map(
      (name) => [name, aNumber],
    ),
  ),
  ...Object.fromEntries(['anyOf', 'oneOf', 'allOf'].map((name) => [name, aChoice])),
  maxProperties: aNumber,
  type: (value) => (Array.isArray(value) ? value : [value]).every((one) => typeof one === 'string') && String(value).length < 100,
  enum: (value) => Array.isArray(value) && value.length <= MOST.choices && value.every(isScalar),
  const: isScalar,
  format: (value) => typeof value === 'string' && FORMATS.has(value),
  pattern: isPlainPattern,
  required: (value, left) => Array.isArray(value) && (left.names -= value.length) >= 0,
  properties: (value, left) => isRecord(value) && Object.values(value).every((one) => isPlain(one, left)),
  additionalProperties: isPlain,
  items: isPlain,
};

const FORMATS: ReadonlySet<string> = new Set(['date', 'time', 'date-time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'hostname']);

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** Without flags, named classes and quotes, whose size is not that of their text. */
function isPlainPattern(value: unknown, left: Left): boolean {
  if (typeof value !== 'string' || value.length > MOST.patternChars || /\(\?[^:]|\\[QEpPxC]|\[\[|\[\^?-/.test(value)) return false;
  left.programs -= patternProgram(value);
  return left.programs >= 0;
}
