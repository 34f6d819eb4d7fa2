/**
 * Decides whether a JSON Schema uses only features of known cost. Such a schema is compiled on the event loop, and
 * checks small data there. Every other schema runs in a thread that is ended if it takes too long. So a feature that
 * is missing here costs speed, not safety.
 */
import { isRecord } from '../values/is-record.ts';
import { patternProgram } from './pattern-bounds.ts';

/**
 * Limits for a whole schema, so that compiling it takes a few milliseconds. `code`: pieces of generated code, each of
 * at most 40 µs. `names` and `choices` do not become code (`engine/schema/create-ajv.ts`). `programs`: instructions of
 * patterns.
 */
const MOST = { code: 240, names: 1000, choices: 2000, programs: 1000 } as const;
const MAX_BRANCHES = 10;
const MAX_PATTERN_CHARS = 200;
/** Each piece of code contains its path in the schema. A path of this many characters costs as much as one piece. */
const PATH_CHARS = 200;
const DRAFT = 'https://json-schema.org/draft/2020-12/schema';

type Left = Record<keyof typeof MOST, number>;
/** `path`: the length of the keyword's path in characters. */
type IsPlain = (value: unknown, left: Left, path: number) => boolean;

/** Returns true if the schema is plain and within the limits. Pure; stops at the first limit it reaches. */
export function isPlainSchema(schema: unknown): boolean {
  const left = { ...MOST };
  if (!isRecord(schema)) return isPlain(schema, left, 0);
  const { $schema = DRAFT, $id = '', ...rest } = schema;
  return $schema === DRAFT && typeof $id === 'string' && isPlain(rest, left, 0);
}

/** Returns how many levels of data a plain schema looks into. Deeper data costs nothing. */
export function reachOfPlain(schema: unknown): number {
  if (!isRecord(schema)) return 0;
  const { properties = {}, additionalProperties, items, minProperties, maxProperties } = schema;
  const same = [schema['anyOf'], schema['oneOf'], schema['allOf']].flatMap((choice) => (choice ?? []) as readonly unknown[]);
  const inside: readonly unknown[] = [...(Object.values(properties as object) as readonly unknown[]), additionalProperties, items].filter(
    (one) => one !== undefined,
  );
  const own = inside.length > 0 || minProperties !== undefined || maxProperties !== undefined ? 1 : 0;
  return Math.max(own, ...same.map(reachOfPlain), ...inside.map((one) => 1 + reachOfPlain(one)));
}

const isPlain: IsPlain = (schema, left, path) => {
  if (!takes(left, 'code', 1 + path / PATH_CHARS)) return false;
  if (typeof schema === 'boolean') return true;
  if (!isRecord(schema)) return false;
  for (const name in schema) {
    if (!Object.hasOwn(KEYWORDS, name) || !KEYWORDS[name]!(schema[name], left, path + name.length + 1)) return false;
  }
  return true;
};

function takes(left: Left, what: keyof Left, count: number): boolean {
  left[what] -= count;
  return left[what] >= 0;
}

/**
 * Returns a rule that first subtracts the cost of one piece of code from what is left of the limit, and then applies
 * the given rule.
 */
function coded(isRight: IsPlain): IsPlain {
  return (value, left, path) => takes(left, 'code', 1 + path / PATH_CHARS) && isRight(value, left, path);
}

const aText: IsPlain = (value) => typeof value === 'string';
const aBoolean: IsPlain = (value) => typeof value === 'boolean';
const aNumber: IsPlain = coded((value) => typeof value === 'number');
const aChoice: IsPlain = coded(
  (value, left, path) => Array.isArray(value) && value.length <= MAX_BRANCHES && value.every((one) => isPlain(one, left, path + 2)),
);
const each = (names: readonly string[], rule: IsPlain) => Object.fromEntries(names.map((name) => [name, rule]));

const KEYWORDS: Readonly<Record<string, IsPlain>> = {
  ...each(['title', 'description', '$comment'], aText),
  ...each(['deprecated', 'readOnly', 'writeOnly'], aBoolean),
  // The compiler does not read the content of `default` and `examples`.
  default: () => true,
  examples: Array.isArray,
  ...each(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'], aNumber),
  ...each(['minLength', 'maxLength', 'minItems', 'maxItems', 'minProperties', 'maxProperties'], aNumber),
  ...each(['anyOf', 'oneOf', 'allOf'], aChoice),
  type: (value, left) => {
    const types: readonly unknown[] = Array.isArray(value) ? value : [value];
    return takes(left, 'code', types.length) && types.every((one) => typeof one === 'string' && one.length < 10);
  },
  enum: coded((value, left) => Array.isArray(value) && takes(left, 'choices', value.length) && value.every(isScalar)),
  const: coded(isScalar),
  format: coded((value) => typeof value === 'string' && FORMATS.has(value)),
  pattern: coded(isPlainPattern),
  required: coded((value, left) => Array.isArray(value) && takes(left, 'names', value.length)),
  properties: (value, left, path) => isRecord(value) && arePlain(value, left, path),
  additionalProperties: coded(isPlain),
  items: coded(isPlain),
};

const FORMATS: ReadonlySet<string> = new Set(['date', 'time', 'date-time', 'email', 'uri', 'uuid', 'ipv4', 'ipv6', 'hostname']);

function arePlain(schemas: Readonly<Record<string, unknown>>, left: Left, path: number): boolean {
  for (const name in schemas) if (!isPlain(schemas[name], left, path + name.length + 1)) return false;
  return true;
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/**
 * Returns true for a pattern of known cost. Returns false for flags, named classes and quotes, whose cost cannot be
 * seen in the text, and for classes whose end is ambiguous.
 */
function isPlainPattern(value: unknown, left: Left): boolean {
  if (typeof value !== 'string' || value.length > MAX_PATTERN_CHARS) return false;
  // The pattern's text is translated and compiled too.
  if (!takes(left, 'code', 2)) return false;
  return !/\(\?[^:]|\\[QEpPxC]|\[\[|\[\^?[-\]]/.test(value) && takes(left, 'programs', patternProgram(value));
}
