/**
 * Estimates the cost of a JSON Schema (2020-12) before it is compiled. The author of a schema controls how long
 * compiling and checking take, so a schema is measured when it is saved and published. Pure; the time depends only on
 * the size of the schema.
 */
import { isRecord } from '../values/is-record.ts';
import { measurePattern, type PatternExcess } from './pattern-bounds.ts';
import { isPlainSchema, reachOfPlain } from './plain-schema.ts';
import { pointerStep } from './schema-problem.ts';

export const SCHEMA_LIMITS = {
  bytes: 512 * 1024,
  /** The nesting of the objects and lists of the schema itself. */
  depth: 64,
  subschemas: 3000,
  references: 1000,
  /** How many schemas may apply to one value, including those behind references. */
  branches: 1000,
  /** How many schemas may apply to a value and to all values that contain it, `LEVELS` deep. */
  growth: 100_000,
} as const;
/** The total length of all patterns: parsing takes up to microseconds per character. */
const MAX_PATTERNS_CHARS = 32 * 1024;
/** The cost of checking a text against each of these keywords, per character. */
const TEXT_WORK = { minLength: 0.02, maxLength: 0.02, format: 0.1, uniqueItems: 0.2 } as const;
/** The maximum nesting of a body. */
const LEVELS = 64;

export interface SchemaExcess {
  readonly bound: keyof typeof SCHEMA_LIMITS | 'loop' | 'multiple' | 'name' | 'reference' | 'resource' | PatternExcess['bound'];
  readonly found: number;
  readonly limit: number;
  /** JSON Pointer into the schema. */
  readonly path: string;
}

export interface SchemaSize {
  readonly excess: SchemaExcess | undefined;
  /** The maximum cost for each value of the data that contains no other value. 1 is a check of its type. */
  readonly weight: number;
  /** The maximum cost that patterns cause for each character of the strings in the data. */
  readonly textWeight: number;
}

export interface PlainSchemaSize extends SchemaSize {
  /** How many levels of the data the schema looks into. */
  readonly reach: number;
}

/**
 * Returns the cost of a schema that may be compiled on an event loop, and that may check small data there. Returns
 * undefined for any other schema, without measuring it.
 */
export function measurePlainSchema(schema: unknown): PlainSchemaSize | undefined {
  if (!isPlainSchema(schema)) return undefined;
  const size = measureSchema(schema);
  return size.excess === undefined ? { ...size, reach: reachOfPlain(schema) } : undefined;
}

/** Returns the first bound that a schema exceeds, and the cost of checking data against it. */
export function measureSchema(schema: unknown): SchemaSize {
  const survey: Survey = {
    bytes: 0,
    patternChars: 0,
    parts: [],
    byValue: new Map(),
    byAnchor: new Map(),
    references: 0,
    excess: undefined,
  };
  visit(schema, '', 1, survey);
  if (survey.excess === undefined) connect(survey);
  const { excess, parts } = survey;
  return excess === undefined ? weigh(parts) : beyond(excess);
}

/** An object inside the schema that may itself be a schema. */
interface Part {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly path: string;
  own: number;
  /** The cost of the part's own patterns, per character. */
  ownText: number;
  /** Other parts that check the same value as this part, for example the members of `allOf`. */
  readonly same: Part[];
  /** Parts that check the values inside the checked value. At most one part of each list applies to a value. */
  readonly inside: Part[][];
  /**
   * The total cost for data that is nested as deep as the level being computed. `workBefore` is the cost for one level
   * less.
   */
  work: number;
  textWork: number;
  workBefore: number;
  textBefore: number;
}

interface Survey {
  bytes: number;
  references: number;
  patternChars: number;
  readonly parts: Part[];
  readonly byValue: Map<unknown, Part>;
  readonly byAnchor: Map<string, Part>;
  excess: SchemaExcess | undefined;
}

/**
 * Adds a part for every object of the schema, even for a list of properties or an example, because a reference may
 * point to any of them.
 */
function visit(value: unknown, path: string, depth: number, survey: Survey): void {
  if (survey.excess !== undefined) return;
  survey.bytes += typeof value === 'string' ? value.length + 2 : 8;
  if (survey.bytes > SCHEMA_LIMITS.bytes) return exceed(survey, 'bytes', survey.bytes, path);
  if (typeof value !== 'object' || value === null) return;
  if (depth > SCHEMA_LIMITS.depth) return exceed(survey, 'depth', depth, path);
  if (Array.isArray(value)) {
    value.forEach((item, index) => visit(item, `${path}/${index}`, depth + 1, survey));
    return;
  }
  const schema = value as Readonly<Record<string, unknown>>;
  addPart(schema, path, survey);
  for (const [name, field] of Object.entries(schema)) {
    survey.bytes += name.length + 4;
    visit(field, path + pointerStep(name), depth + 1, survey);
  }
}

function addPart(schema: Part['schema'], path: string, survey: Survey): void {
  const part: Part = { schema, path, own: 1, ownText: 0, same: [], inside: [], work: 0, textWork: 0, workBefore: 0, textBefore: 0 };
  survey.parts.push(part);
  survey.byValue.set(schema, part);
  refuseResources(part, survey);
  refuseProto(part, survey);
  if (typeof schema['$ref'] === 'string') survey.references += 1;
  if (survey.parts.length > SCHEMA_LIMITS.subschemas) exceed(survey, 'subschemas', survey.parts.length, path);
  if (survey.references > SCHEMA_LIMITS.references) exceed(survey, 'references', survey.references, path);
  const { pattern, patternProperties } = schema;
  const patterns = [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...(isRecord(patternProperties) ? Object.keys(patternProperties) : []),
  ];
  for (const text of patterns) {
    survey.patternChars += text.length;
    if (survey.patternChars > MAX_PATTERNS_CHARS) {
      survey.excess ??= { bound: 'pattern-length', found: survey.patternChars, limit: MAX_PATTERNS_CHARS, path };
      return;
    }
    const size = measurePattern(text);
    if ('excess' in size) {
      survey.excess ??= { ...size.excess, path };
      continue;
    }
    part.own += Math.ceil(size.program / 20);
    part.ownText += size.program / 8;
  }
  part.own += Math.ceil(lengthOf(schema['enum']) / 100);
  // The check looks up each of these names, even in an object that has none of them.
  part.own += Math.floor(lengthOf(schema['properties']) / 20 + lengthOf(schema['required']) / 10);
  for (const [keyword, work] of Object.entries(TEXT_WORK)) if (schema[keyword] !== undefined) part.ownText += work;
  // `hasTwins` is expensive: it writes each item as text, with its fields in a fixed order.
  if (schema['uniqueItems'] === true) part.own += 5;
}

/**
 * References whose meaning depends on where they are evaluated, so that their cost cannot be computed from the text;
 * and `$async`, a keyword of Ajv that turns each check into a promise.
 */
const BY_PLACE = ['$dynamicRef', '$dynamicAnchor', '$recursiveRef', '$recursiveAnchor', '$async'];

/** Refuses a schema that is not one single resource: `$id` is allowed only at its root, and each anchor only once. */
function refuseResources({ schema, path }: Part, survey: Survey): void {
  const refuse = () => void (survey.excess ??= { bound: 'resource', found: 1, limit: 0, path });
  if (BY_PLACE.some((name) => typeof schema[name] === 'string' || typeof schema[name] === 'boolean')) refuse();
  const { $id, $anchor } = schema;
  if (typeof $id === 'string' && (path !== '' || $id.includes('#'))) refuse();
  if (typeof $anchor !== 'string') return;
  if (survey.byAnchor.has($anchor)) refuse();
  survey.byAnchor.set($anchor, survey.byValue.get(schema)!);
}

/** The keywords in which the compiler skips the name `__proto__`, although data may contain such a field. */
const WITHOUT_PROTO = ['properties', 'patternProperties', 'dependencies'];

function refuseProto({ schema, path }: Part, survey: Survey): void {
  const keyword = WITHOUT_PROTO.find((name) => isRecord(schema[name]) && Object.hasOwn(schema[name], '__proto__'));
  if (keyword !== undefined) survey.excess ??= { bound: 'name', found: 1, limit: 0, path: `${path}/${keyword}/__proto__` };
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : 0;
}

function exceed(survey: Survey, bound: keyof typeof SCHEMA_LIMITS, found: number, path: string): void {
  survey.excess ??= { bound, found, limit: SCHEMA_LIMITS[bound], path };
}

const SAME = ['not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf', 'dependentSchemas', 'dependencies'];
/** Keywords that check the values inside. At most one part of each list applies to a field or an item. */
const INSIDE = [
  ['properties', 'additionalProperties', 'unevaluatedProperties'],
  ['propertyNames'],
  ['items', 'prefixItems', 'additionalItems', 'unevaluatedItems'],
  ['contains'],
];
/** Keywords whose value is a map of schemas by name, not a schema. */
const BY_NAME = new Set(['properties', 'patternProperties', 'dependentSchemas', 'dependencies']);

function connect(survey: Survey): void {
  const { parts, byValue } = survey;
  const one = (value: unknown): Part[] => (byValue.has(value) ? [byValue.get(value)!] : []);
  for (const part of parts) {
    const { schema } = part;
    const under = (name: string): Part[] => {
      const value = schema[name];
      const isList = Array.isArray(value) || (BY_NAME.has(name) && isRecord(value));
      return isList ? Object.values(value as object).flatMap(one) : one(value);
    };
    part.same.push(...SAME.flatMap(under));
    part.inside.push(...INSIDE.map((names) => names.flatMap(under)));
    // Several patterns may match one name, so each pattern has a list of its own.
    part.inside.push(...under('patternProperties').map((matched) => [matched]));
    if (typeof schema['$ref'] !== 'string') continue;
    const target = targetOf(schema['$ref'], survey);
    if (target === undefined) survey.excess ??= { bound: 'reference', found: 1, limit: 0, path: part.path };
    else if (target !== 'no work') part.same.push(target);
  }
}

/**
 * Returns the part that a reference points to: `#`, `#/$defs/name` or `#anchor`. Returns undefined for every other
 * form, because validators disagree on what those mean.
 */
function targetOf(reference: string, { parts, byValue, byAnchor }: Survey): Part | 'no work' | undefined {
  const root = parts[0];
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return ANCHOR.test(reference) ? byAnchor.get(reference.slice(1)) : undefined;
  // In the standard, an empty step means the field ""; some validators ignore it. So refuse it.
  const pointed = reference.split('/').slice(1).includes('') ? undefined : followPointer(root?.schema, reference.slice(1));
  return typeof pointed === 'boolean' ? 'no work' : byValue.get(pointed);
}

const ANCHOR = /^#[A-Za-z_][\w.-]*$/;

function followPointer(from: unknown, pointer: string): unknown {
  let value = from;
  for (const step of pointer.split('/').slice(1)) {
    const name = decoded(step).replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step);
  } catch {
    return step;
  }
}

/** Computes the cost level by level, each part once per level. */
function weigh(parts: readonly Part[]): SchemaSize {
  const { ordered, looping } = orderBySame(parts);
  if (looping !== undefined) return beyond({ bound: 'loop', found: 1, limit: 0, path: looping.path });
  let weight = 0;
  let textWeight = 0;
  for (let level = 0, isGrowing = true; level <= LEVELS && isGrowing; level++) {
    isGrowing = level === 0;
    for (const part of parts) [part.workBefore, part.textBefore] = [part.work, part.textWork];
    for (const part of ordered) work(part, level > 0);
    const bound = level === 0 ? 'branches' : 'growth';
    for (const part of parts) {
      if (part.work > SCHEMA_LIMITS[bound]) return beyond({ bound, found: part.work, limit: SCHEMA_LIMITS[bound], path: part.path });
      weight = Math.max(weight, part.work);
      textWeight = Math.max(textWeight, part.textWork);
      isGrowing ||= part.work > part.workBefore || part.textWork > part.textBefore;
    }
  }
  const multiple = findMultiple(parts);
  if (multiple !== undefined) return beyond({ bound: 'multiple', found: 1, limit: 0, path: multiple.path });
  return { excess: undefined, weight, textWeight };
}

function beyond(excess: SchemaExcess): SchemaSize {
  return { excess, weight: Infinity, textWeight: Infinity };
}

/**
 * Orders each part after the parts that it uses to check the same value. `looping` is a part that applies itself to
 * the same value, so that a check would never end.
 */
function orderBySame(parts: readonly Part[]): { readonly ordered: Iterable<Part>; readonly looping: Part | undefined } {
  const ordered = new Set<Part>();
  const open = new Set<Part>();
  const add = (part: Part): Part | undefined => {
    if (ordered.has(part)) return undefined;
    if (open.has(part)) return part;
    open.add(part);
    for (const one of part.same) {
      const looping = add(one);
      if (looping !== undefined) return looping;
    }
    ordered.add(part);
    return undefined;
  };
  for (const part of parts) {
    const looping = add(part);
    if (looping !== undefined) return { ordered, looping };
  }
  return { ordered, looping: undefined };
}

function work(part: Part, holdsOthers: boolean): void {
  part.work = part.own;
  part.textWork = part.ownText;
  for (const one of part.same) {
    part.work += one.work;
    part.textWork += one.textWork;
  }
  if (!holdsOthers) return;
  for (const choice of part.inside) {
    let most = 0;
    let mostText = 0;
    for (const one of choice) {
      most = Math.max(most, one.workBefore);
      mostText = Math.max(mostText, one.textBefore);
    }
    part.work += most;
    part.textWork += mostText;
  }
}

/**
 * Finds a part that refers back to itself in more than one way. Its cost multiplies with each cycle, however many
 * levels of the data a cycle takes. Parts that refer to one another are found with Tarjan's algorithm (SIAM J. Comput.
 * 1, 1972).
 */
function findMultiple(parts: readonly Part[]): Part | undefined {
  const numbers = new Map<Part, number>();
  const roundOf = new Map<Part, number>();
  const open: Part[] = [];
  /** Returns the lowest number that can be reached from the part, among the parts that are still open. */
  const number = (part: Part): number => {
    const own = numbers.size;
    numbers.set(part, own);
    open.push(part);
    let lowest = own;
    for (const next of [...part.same, ...part.inside.flat()]) {
      if (!numbers.has(next)) lowest = Math.min(lowest, number(next));
      else if (!roundOf.has(next)) lowest = Math.min(lowest, numbers.get(next)!);
    }
    if (lowest === own) for (const one of open.splice(open.lastIndexOf(part))) roundOf.set(one, own);
    return lowest;
  };
  for (const part of parts) if (!numbers.has(part)) number(part);
  return parts.find((part) => {
    const isBack = (next: Part) => roundOf.get(next) === roundOf.get(part);
    return part.same.filter(isBack).length + part.inside.filter((choice) => choice.some(isBack)).length > 1;
  });
}
