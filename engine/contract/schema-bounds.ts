/**
 * How much work a JSON Schema (2020-12) is, told from its text before anything compiles it. Pure; time grows with the size of the schema alone.
 * Whoever writes a schema decides how long compiling and checking take, so a schema is measured where it is saved and published.
 */
import { isRecord } from './is-record.ts';
import { findPatternExcess, patternProgram, type PatternExcess } from './pattern-bounds.ts';
import { pointerStep } from './schema-problem.ts';
import type { Text } from './texts.ts';

export const SCHEMA_LIMITS = {
  bytes: 512 * 1024,
  /** Of the schema's own objects and lists. */
  depth: 64,
  subschemas: 3000,
  references: 1000,
  /** Schemas that one value may meet, references followed. */
  branches: 1000,
  /** The same of a value and all that it lies in, `LEVELS` deep. */
  growth: 100_000,
} as const;
/** Far enough to tell what doubles with each level of the data from what only adds up. */
const LEVELS = 20;

export interface SchemaExcess {
  readonly bound: keyof typeof SCHEMA_LIMITS | 'loop' | PatternExcess['bound'];
  readonly found: number;
  readonly limit: number;
  /** JSON Pointer into the schema. */
  readonly path: string;
}

export interface SchemaSize {
  readonly excess: SchemaExcess | undefined;
  /** Work for each value of the data that holds no other, at most; 1 is a check of its type. */
  readonly weight: number;
  /** The same for each character of its texts: what patterns cost. */
  readonly textWeight: number;
  /** Objects in it, as far as it was looked at. */
  readonly subschemas: number;
}

/** The first bound that a schema breaks, and what checking data by it costs. */
export function measureSchema(schema: unknown): SchemaSize {
  const survey: Survey = { bytes: 0, parts: [], byValue: new Map(), references: 0, excess: undefined };
  visit(schema, '', 1, undefined, survey);
  const subschemas = survey.parts.length;
  if (survey.excess !== undefined) return { excess: survey.excess, weight: Infinity, textWeight: Infinity, subschemas };
  connect(survey);
  return { ...weigh(survey.parts), subschemas };
}

/** A schema within the schema. */
interface Part {
  readonly schema: Readonly<Record<string, unknown>>;
  readonly path: string;
  /** The nearest schema around it with an `$id`: what `#` means in its references. */
  readonly base: Part;
  own: number;
  /** Of its own patterns, for each character. */
  ownText: number;
  /** Judge the same value. */
  readonly same: Part[];
  /** Judge the values inside; of each list one applies to any of them, or none. */
  readonly inside: Part[][];
  /** Work in all, for values so many levels deep as the place in the list. */
  work: number[];
  textWork: number[];
}

interface Survey {
  bytes: number;
  references: number;
  readonly parts: Part[];
  readonly byValue: Map<unknown, Part>;
  excess: SchemaExcess | undefined;
}

/** Every object becomes a part, a list of properties or an example too: a reference may lead to any of them. */
function visit(value: unknown, path: string, depth: number, base: Part | undefined, survey: Survey): void {
  if (survey.excess !== undefined) return;
  survey.bytes += typeof value === 'string' ? value.length + 2 : 8;
  if (survey.bytes > SCHEMA_LIMITS.bytes) return exceed(survey, 'bytes', survey.bytes, path);
  if (typeof value !== 'object' || value === null) return;
  if (depth > SCHEMA_LIMITS.depth) return exceed(survey, 'depth', depth, path);
  if (Array.isArray(value)) {
    value.forEach((item, index) => visit(item, `${path}/${index}`, depth + 1, base, survey));
    return;
  }
  const schema = value as Readonly<Record<string, unknown>>;
  const part = addPart(schema, path, base, survey);
  for (const [name, field] of Object.entries(schema)) {
    survey.bytes += name.length + 4;
    visit(field, path + pointerStep(name), depth + 1, part.base, survey);
  }
}

function addPart(schema: Part['schema'], path: string, base: Part | undefined, survey: Survey): Part {
  const part = { schema, path, own: 1, ownText: 0, same: [], inside: [], work: [], textWork: [] } as Omit<Part, 'base'> as Part & {
    base: Part;
  };
  part.base = base === undefined || typeof schema['$id'] === 'string' ? part : base;
  survey.parts.push(part);
  survey.byValue.set(schema, part);
  if (typeof schema['$ref'] === 'string' || typeof schema['$dynamicRef'] === 'string') survey.references += 1;
  if (survey.parts.length > SCHEMA_LIMITS.subschemas) exceed(survey, 'subschemas', survey.parts.length, path);
  if (survey.references > SCHEMA_LIMITS.references) exceed(survey, 'references', survey.references, path);
  const { pattern, patternProperties } = schema;
  const patterns = [
    ...(typeof pattern === 'string' ? [pattern] : []),
    ...(isRecord(patternProperties) ? Object.keys(patternProperties) : []),
  ];
  for (const text of patterns) {
    const excess = findPatternExcess(text);
    if (excess !== undefined) {
      survey.excess ??= { ...excess, path };
      continue;
    }
    const program = patternProgram(text);
    part.own += Math.ceil(program / 20);
    part.ownText += program / 8;
  }
  part.own += Math.ceil(lengthOf(schema['enum']) / 100);
  // An object without any of its fields costs a look at each name all the same.
  part.own += Math.floor((lengthOf(schema['properties']) + lengthOf(schema['required'])) / 20);
  // Each item is written down in one order of its fields.
  if (schema['uniqueItems'] === true) part.own += 5;
  return part;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : 0;
}

function exceed(survey: Survey, bound: keyof typeof SCHEMA_LIMITS, found: number, path: string): void {
  survey.excess ??= { bound, found, limit: SCHEMA_LIMITS[bound], path };
}

const SAME = ['not', 'if', 'then', 'else', 'allOf', 'anyOf', 'oneOf', 'dependentSchemas', 'dependencies'];
/** Of each of these at most one part applies to a field, or to an item. */
const INSIDE = [
  ['properties', 'additionalProperties', 'unevaluatedProperties'],
  ['propertyNames'],
  ['items', 'prefixItems', 'additionalItems', 'unevaluatedItems'],
  ['contains'],
];
/** Their value is a list of schemas by name, not a schema. */
const BY_NAME = new Set(['properties', 'patternProperties', 'dependentSchemas', 'dependencies']);

function connect({ parts, byValue }: Survey): void {
  const names: Names = {
    byValue,
    byId: Map.groupBy(parts, ({ schema: { $id } }) => (typeof $id === 'string' ? lastStep($id.replace(/#$/, '')) : undefined)),
    byAnchor: Map.groupBy(parts, ({ schema }) => schema['$anchor']),
    byDynamicAnchor: Map.groupBy(parts, ({ schema }) => schema['$dynamicAnchor']),
  };
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
    // Several patterns may fit one name.
    part.inside.push(...under('patternProperties').map((matched) => [matched]));
    const { $ref, $dynamicRef } = schema;
    if (typeof $ref === 'string') part.same.push(...targetsOf($ref, part, names));
    if (typeof $dynamicRef !== 'string') continue;
    const anchored = names.byDynamicAnchor.get($dynamicRef.slice($dynamicRef.indexOf('#') + 1)) ?? [];
    part.same.push(...(anchored.length > 0 ? anchored : targetsOf($dynamicRef, part, names)));
  }
}

/** Where references find their targets: a thousand of them look among thousands of parts. */
interface Names {
  readonly byValue: ReadonlyMap<unknown, Part>;
  /** By the last step of the `$id`. */
  readonly byId: ReadonlyMap<string | undefined, readonly Part[]>;
  readonly byAnchor: ReadonlyMap<unknown, readonly Part[]>;
  readonly byDynamicAnchor: ReadonlyMap<unknown, readonly Part[]>;
}

/** What a reference leads to. One that leads nowhere is refused by whoever compiles the schema. */
function targetsOf(reference: string, from: Part, { byValue, byId, byAnchor, byDynamicAnchor }: Names): Part[] {
  const at = reference.indexOf('#');
  const [uri, fragment] = at < 0 ? [reference, ''] : [reference.slice(0, at), reference.slice(at + 1)];
  const bases = uri === '' ? [from.base] : (byId.get(lastStep(uri)) ?? []);
  if (bases.length === 0) return [];
  if (fragment === '') return [...bases];
  if (!fragment.startsWith('/')) {
    // An anchor names a place of its own resource alone (JSON Schema core, 8.2.2).
    const isHere = ({ base }: Part) => bases.includes(base);
    return [...new Set([...(byAnchor.get(fragment) ?? []).filter(isHere), ...(byDynamicAnchor.get(fragment) ?? []).filter(isHere)])];
  }
  return bases.flatMap((base) => byValue.get(followPointer(base.schema, fragment)) ?? []);
}

function lastStep(text: string): string {
  return text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf(':')) + 1);
}

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

/** Level by level, so that each part is worked out once for each. */
function weigh(parts: readonly Part[]): Omit<SchemaSize, 'subschemas'> {
  let weight = 0;
  let textWeight = 0;
  for (let level = 0; level <= LEVELS; level++) {
    for (const part of parts) {
      const looping = workOf(part, level, new Set());
      if (looping !== undefined) return beyond({ bound: 'loop', found: 1, limit: 0, path: looping.path });
      const work = part.work[level]!;
      const bound = level === 0 ? 'branches' : 'growth';
      if (work > SCHEMA_LIMITS[bound]) return beyond({ bound, found: work, limit: SCHEMA_LIMITS[bound], path: part.path });
      weight = Math.max(weight, work);
      textWeight = Math.max(textWeight, part.textWork[level]!);
    }
  }
  return { excess: undefined, weight, textWeight };
}

function beyond(excess: SchemaExcess): Omit<SchemaSize, 'subschemas'> {
  return { excess, weight: Infinity, textWeight: Infinity };
}

/** Works it out; returns a part that asks for itself for the same value, which no check would ever end. */
function workOf(part: Part, level: number, open: Set<Part>): Part | undefined {
  if (part.work[level] !== undefined) return undefined;
  if (open.has(part)) return part;
  open.add(part);
  let work = part.own;
  let textWork = part.ownText;
  for (const one of part.same) {
    const looping = workOf(one, level, open);
    if (looping !== undefined) return looping;
    work += one.work[level]!;
    textWork += one.textWork[level]!;
  }
  for (const choice of level > 0 ? part.inside : []) {
    work += choice.reduce((most, one) => Math.max(most, one.work[level - 1]!), 0);
    textWork += choice.reduce((most, one) => Math.max(most, one.textWork[level - 1]!), 0);
  }
  open.delete(part);
  part.work[level] = work;
  part.textWork[level] = textWork;
  return undefined;
}

/** What is too much, and what to do. */
export function schemaExcessText({ bound, found, limit, path }: SchemaExcess): Text {
  const place = path === '' ? { zh: '', en: '' } : { zh: `（${path.slice(0, 200)}）`, en: ` at ${path.slice(0, 200)}` };
  const { zh, en } = EXCESS_TEXTS[bound];
  const amount = { zh: bound === 'loop' ? '' : `：${found}，上限 ${limit}`, en: bound === 'loop' ? '' : `: ${found}, at most ${limit}` };
  return { 'zh-CN': `${zh[0]}${amount.zh}${place.zh}。${zh[1]}`, en: `${en[0]}${amount.en}${place.en}. ${en[1]}` };
}

type Sentences = Readonly<Record<'zh' | 'en', readonly [what: string, fix: string]>>;

const SMALLER: Sentences = {
  zh: ['Schema 过大', '请只保留需要校验的部分，或拆成几个节点'],
  en: ['The schema is too large', 'Keep what needs checking, or split it over several nodes'],
};
const EXCESS_TEXTS: Readonly<Record<SchemaExcess['bound'], Sentences>> = {
  bytes: SMALLER,
  subschemas: SMALLER,
  depth: {
    zh: ['Schema 嵌套过深', '请用 $defs 和 $ref 把内层移出'],
    en: ['The schema nests too deep', 'Move inner schemas to $defs and refer to them'],
  },
  references: {
    zh: ['Schema 的引用过多', '请合并相同的定义'],
    en: ['The schema has too many references', 'Merge definitions that are the same'],
  },
  branches: {
    zh: ['同一个值要经过的分支过多（含引用）', '请减少 anyOf、oneOf、allOf 的分支'],
    en: ['One value would meet too many branches, references included', 'Reduce the branches of anyOf, oneOf and allOf'],
  },
  growth: {
    zh: ['校验工作量随数据层级成倍增长', '请只让一个分支指向自身'],
    en: ['The work multiplies with each level of the data', 'Let one branch alone lead back to itself'],
  },
  loop: {
    zh: ['引用绕回到同一个值，校验永远不会结束', '请去掉这个循环引用'],
    en: ['A reference leads back to the same value, so that no check would end', 'Remove this circle of references'],
  },
  pattern: {
    zh: ['正则表达式展开后过大', '请减小其中的重复次数'],
    en: ['A pattern is too large once its repetitions are written out', 'Repeat less in it'],
  },
  'pattern-length': {
    zh: ['正则表达式过长', '请缩短它'],
    en: ['A pattern is too long', 'Shorten it'],
  },
};
