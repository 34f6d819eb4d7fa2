/** The thread behind `createJsonReader`. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import type { CheckedJson, CheckedSchema } from '../contract.ts';
import { createCheckedSchema, type JsonSchema } from './compile-schema.ts';
import { parseJson } from './parse-json.ts';

export interface JsonTask {
  /** JSON, or a value that is parsed already. */
  readonly source: Uint8Array | { readonly value: unknown };
  /** JSON, and whether values are texts that stand for others. */
  readonly schema?: { readonly text: string; readonly coerces: boolean };
}

/** Compiled schemas that are kept, the last used ones. */
const KEPT = 50;
const kept = new Map<string, CheckedSchema>();

function schemaOf({ text, coerces }: NonNullable<JsonTask['schema']>): CheckedSchema {
  const key = `${coerces} ${text}`;
  const schema = kept.get(key) ?? createCheckedSchema(JSON.parse(text) as JsonSchema, coerces);
  kept.delete(key);
  kept.set(key, schema);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  return schema;
}

/** The value of what fits stays here: the answer has `undefined` in its place. */
serveTasks<JsonTask, CheckedJson>(({ source, schema }) => {
  const isText = source instanceof Uint8Array;
  const parsed = isText ? parseJson(source) : source;
  if ('problem' in parsed) return parsed;
  const issues = schema && schemaOf(schema).check(parsed.value, isText ? source.byteLength : undefined);
  return issues === undefined ? { value: undefined } : { issues };
});
