/** Tells whether a document is small enough to be examined within a few milliseconds. */
import { isPlainSchema } from '../contract/schema/plain-schema.ts';
import { patternProgram } from '../contract/schema/pattern-bounds.ts';

const MAX_VALUES = 500;
const MAX_DEPTH = 24;
const MAX_CHARS = 16_384;
/**
 * Maximum number of values inside fields named `schema`. Every such field counts as a JSON Schema, because the node
 * type is not looked up here.
 */
const MAX_SCHEMA_VALUES = 60;
/** Maximum number of schemas, because each schema is compiled separately. */
const MAX_SCHEMAS = 10;
const MAX_EXPRESSION_CHARS = 1000;
const MAX_PROGRAMS = 500;

/**
 * Returns whether a document stays below all limits. Counts what is expensive, and stops at the first limit. A document
 * above a limit is examined in a thread.
 */
export function isLight(raw: unknown): boolean {
  const left = {
    values: MAX_VALUES,
    chars: MAX_CHARS,
    schema: MAX_SCHEMA_VALUES,
    schemas: MAX_SCHEMAS,
    expressions: MAX_EXPRESSION_CHARS,
    programs: MAX_PROGRAMS,
  };
  const open: { readonly value: unknown; readonly depth: number; readonly isInSchema: boolean; readonly name: string }[] = [
    { value: raw, depth: 1, isInSchema: false, name: '' },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, depth, isInSchema, name } = next;
    left.values -= 1;
    if (isInSchema) left.schema -= 1;
    if (typeof value === 'string') {
      left.chars -= value.length;
      // Which fields contain expressions is unknown here. So every string above 100 characters counts as one, and so
      // does every field named `expression` or `key`. The source of a script does not count.
      if (name !== 'source') left.expressions -= value.length > 100 || name === 'expression' || name === 'key' ? value.length : 0;
      // A short string makes a small pattern, unless it contains repetitions such as `{100}`.
      if (value.includes('{')) left.programs -= patternProgram(value.slice(0, MAX_EXPRESSION_CHARS));
    }
    if (depth > MAX_DEPTH || Object.values(left).some((rest) => rest < 0)) return false;
    if (typeof value !== 'object' || value === null) continue;
    for (const [field, inner] of Object.entries(value)) {
      left.chars -= field.length;
      if (field === 'schema' && typeof inner === 'object') {
        left.schemas -= 1;
        if (left.schemas < 0 || !isPlainSchema(inner)) return false;
      }
      open.push({
        value: inner,
        depth: depth + 1,
        isInSchema: isInSchema || field === 'schema',
        name: Array.isArray(value) ? name : field,
      });
      if (open.length > MAX_VALUES) return false;
    }
  }
  return true;
}
