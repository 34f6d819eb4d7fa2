import type { Clock } from '../../engine/contract/values/clock.ts';
import { createBreachList } from '../../engine/schema/create-breach-list.ts';
import type { CheckedJson, CheckedSchema, JsonReader, JsonResult, Sender } from '../json-reading.ts';
import { BodyThreads } from './body-threads.ts';
import { stableKeyOf } from './caller-of.ts';
import { toSchemaIssue } from './create-checked-schema.ts';
import type { JsonTask } from './json-worker.ts';
import { parseJson } from './parse-json.ts';

const THREAD_ABOVE_BYTES = 128 * 1024;
/** Ten megabytes of JSON take about a second to read. With most schemas, the check takes another second. */
const CPU_MS_PER_MB = 1000;
/** Maximum number of problems reported for one body. */
const MAX_ISSUES = 20;
/** Maximum number of schemas that are remembered because they exceed the limits and ended a thread. */
const REMEMBERED = 100;
const FILE = new URL(import.meta.url.endsWith('.ts') ? './json-worker.ts' : './json-worker.js', import.meta.url);

const BUSY = { problem: 'too many bodies are waiting to be read', isBusy: true } as const;
const COSTLY = { problem: 'reading and checking it needs too much CPU time or memory', isCostly: true } as const;

/**
 * Returns the result with the parsed value. A valid body is parsed again here, because a structured clone of many small
 * values would block the event loop two to four times as long.
 */
function withValue(found: CheckedJson, bytes: Uint8Array): CheckedJson {
  return 'value' in found ? { value: JSON.parse(new TextDecoder().decode(bytes)) as unknown } : found;
}

/**
 * Reads a large body, or one with a long check, in a thread. The thread is ended when a body takes too much. There are
 * two threads, and one caller never uses both at once.
 */
export function createJsonReader(clock: Clock): JsonReader {
  const threads = new BodyThreads<JsonTask, CheckedJson>({
    ...{
      file: FILE,
      size: 2,
      cpuMsPerMb: CPU_MS_PER_MB,
      failure: 'the thread that reads bodies failed: its schema may be unusable',
      clock,
    },
  });
  const list = createBreachList(clock);
  const unusable = new Set<string>();

  async function inThread(task: JsonTask, from: Sender): Promise<CheckedJson> {
    const bytes = task.source instanceof Uint8Array ? task.source.byteLength : 0;
    const found = await threads.run(task, bytes, stableKeyOf(from), from);
    return found === 'busy' ? BUSY : found === 'costly' ? COSTLY : found;
  }

  /**
   * Checks in a thread. If only this check shows that a schema is too costly, the caller's body is not to blame, so an
   * error is thrown.
   */
  async function checkInThread(source: JsonTask['source'], schema: CheckedSchema, from: Sender, isForLoop = false): Promise<CheckedJson> {
    const { text, coerces, isBounded } = schema;
    if (unusable.has(text)) throw new Error('the schema needs too much CPU time: make it smaller');
    const found = await inThread({ source, schema: { text, coerces }, isForLoop }, from);
    if (found !== COSTLY || isBounded) return found;
    if (unusable.size < REMEMBERED) unusable.add(text);
    throw new Error('the schema needs too much CPU time: make it smaller');
  }

  /** Replaces the first problem by all problems, if they can be listed. */
  async function withAll(
    first: CheckedJson,
    source: JsonTask['source'],
    { text, coerces }: CheckedSchema,
    from: Sender,
  ): Promise<CheckedJson> {
    if (!('issues' in first)) return first;
    const all = await list.find({ source, schema: { text, coerces }, most: MAX_ISSUES }, stableKeyOf(from));
    return all === undefined ? first : { issues: all.breaches.map(toSchemaIssue) };
  }

  /** Checks a value that was parsed here, at once if that is quick. */
  function check(value: unknown, source: JsonTask['source'], schema: CheckedSchema, from: Sender, bytes?: number) {
    if (!schema.isQuick(value, bytes)) {
      return checkInThread(source, schema, from).then((found) => ('value' in found ? { value } : withAll(found, source, schema, from)));
    }
    const issue = schema.check(value);
    return issue === undefined ? { value } : withAll({ issues: [issue] }, source, schema, from);
  }

  return {
    read(bytes, from) {
      if (bytes.byteLength <= THREAD_ABOVE_BYTES) return parseJson(bytes);
      return inThread({ source: bytes, isForLoop: true }, from).then((found) => withValue(found, bytes)) as Promise<JsonResult>;
    },
    readChecked(bytes, schema, from, wantsValue) {
      if (bytes.byteLength > THREAD_ABOVE_BYTES) {
        const found = checkInThread(bytes, schema, from, wantsValue);
        return wantsValue ? found.then((checked) => withValue(checked, bytes)) : found;
      }
      const parsed = parseJson(bytes);
      return 'problem' in parsed ? parsed : check(parsed.value, bytes, schema, from, bytes.byteLength);
    },
    check: (value, schema, from, bytes) => check(value, { value }, schema, from, bytes),
    close: async () => void (await Promise.all([threads.close(), list.close()])),
  };
}
