/**
 * The environment of scripts and expressions: a QuickJS runtime with one context, its own memory, and the limits of
 * the running job.
 */
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { createJobTime, type JobTime } from './job-time.ts';
import { createScriptMemory, type ScriptMemory } from './create-script-memory.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';

const STACK_BYTES = 256 * 1024;
/** Maximum number of UTF-8 bytes per UTF-16 unit. */
const MAX_UTF8_BYTES = 3;
const TELL_MS = 20;
/** Name of the error thrown if a result contains a promise. */
export const PROMISE_FAULT = 'PromiseReturned';

/** A QuickJS instance that shares only its code with other instances. */
export interface SandboxModule extends ScriptMemory {
  readonly quickjs: QuickJSWASMModule;
}

export interface Realm {
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  readonly allow: ScriptMemory['allow'];
  readonly time: JobTime;
}

export async function loadSandboxModule(): Promise<SandboxModule> {
  const { memory, allow } = createScriptMemory();
  // The types of the package describe its CommonJS build, where the variant is in `default`. In Node the import is the
  // variant itself.
  const ownVariant = newVariant('default' in variant ? variant.default : variant, { wasmMemory: memory });
  return { quickjs: await newQuickJSWASMModuleFromVariant(ownVariant), memory, allow };
}

export function createRealm({ quickjs, allow }: SandboxModule): Realm {
  const runtime = quickjs.newRuntime();
  const time = createJobTime();
  runtime.setMaxStackSize(STACK_BYTES);
  runtime.setInterruptHandler(time.isOver);
  return { runtime, context: runtime.newContext(), allow, time };
}

/**
 * Runs work in the sandbox with its clock fixed at `nowMs`. The sandbox's only clock is `Date.now` of its thread, so a
 * script cannot avoid this. The work must be synchronous.
 */
export function withTime<T>(nowMs: number, work: () => T): T {
  const clock = Date.now;
  const standing = () => nowMs;
  Date.now = standing;
  try {
    return work();
  } finally {
    Date.now = clock;
  }
}

/**
 * Sets time and memory limits for one job. The input gets memory in addition to the limit, because it is copied in as
 * UTF-8.
 */
export function limitRealm(realm: Realm, { memoryBytes, timeoutMs, input }: ScriptJob): void {
  realm.allow(memoryBytes + MAX_UTF8_BYTES * input.length);
  realm.runtime.setMemoryLimit(memoryBytes);
  realm.time.limit(timeoutMs);
}

export function limitResult(job: ScriptJob, result: string | undefined): ScriptAnswer {
  if (result === undefined || result.length <= job.resultBytes) return { result };
  return { fault: { code: 'SCRIPT_RESULT_TOO_LARGE', message: `The result has ${result.length} characters of JSON.` } };
}

/**
 * Converts the failure of a job. The realm may be out of memory or time, so it gets some more to report what
 * happened.
 */
export function faultOf(realm: Realm, job: ScriptJob, error: QuickJSHandle): ScriptAnswer {
  realm.runtime.setMemoryLimit(-1);
  realm.allow(Infinity);
  const isLate = realm.time.isOver();
  realm.time.limit(TELL_MS);
  const told = realm.context.dump(error) as { name?: unknown; message?: unknown; stack?: unknown } | undefined;
  error.dispose();
  const name = typeof told?.name === 'string' ? told.name.slice(0, 100) : 'Error';
  const message = typeof told?.message === 'string' ? told.message.slice(0, 500) : 'something that is not an Error was thrown';
  if (isLate && message === 'interrupted') return { fault: { code: 'SCRIPT_TIMEOUT', message: '' } };
  if (message === 'out of memory' || (told as unknown) === null) return { fault: { code: 'SCRIPT_MEMORY', message: '' } };
  if (name === PROMISE_FAULT) return { fault: { code: 'SCRIPT_ERROR', message, isPromise: true } };
  const line = /script:(\d+)/.exec(typeof told?.stack === 'string' ? told.stack : '')?.[1];
  return {
    fault: { code: 'SCRIPT_ERROR', message: `${name}: ${message}`, ...(line === undefined ? {} : { line: Number(line) }) },
  };
}
