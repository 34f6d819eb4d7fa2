/** Runs in the threads of `createJsonReader`. */
import { keepLast } from '../../engine/schema/keep-last.ts';
import type { JsonSchema } from '../../engine/schema/compile-schema.ts';
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import type { CheckedJson } from '../json-reading.ts';
import { createCheckedSchema } from './create-checked-schema.ts';
import { parseJson } from './parse-json.ts';

export interface JsonTask {
  /** A JSON text, or a value that is already parsed. */
  readonly source: Uint8Array | { readonly value: unknown };
  /** The schema as JSON, and whether string values represent other types. */
  readonly schema?: { readonly text: string; readonly coerces: boolean };
  /** True if the body, if it is valid, will also be parsed on an event loop. */
  readonly isForLoop: boolean;
}

const schemaOf = {
  plain: keepLast(50, (text) => createCheckedSchema(JSON.parse(text) as JsonSchema)),
  coercing: keepLast(50, (text) => createCheckedSchema(JSON.parse(text) as JsonSchema, true)),
};

/** The value of a valid body is not sent back; the result has `undefined` in its place. */
serveTasks<JsonTask, CheckedJson>(({ source, schema, isForLoop }) => {
  const parsed = source instanceof Uint8Array ? parseJson(source, isForLoop) : source;
  if ('problem' in parsed) return parsed;
  const issue = schema && schemaOf[schema.coerces ? 'coercing' : 'plain'](schema.text).check(parsed.value);
  return issue === undefined ? { value: undefined } : { issues: [issue] };
});
