/** What scripts and expressions run in: a QuickJS runtime with one context, in a memory of its own, and the limits of the job at work. */
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { createJobTime, type JobTime } from './job-time.ts';
import { createScriptMemory, type ScriptMemory } from './create-script-memory.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';

const STACK_BYTES = 256 * 1024;
/** Of one UTF-16 unit. */
const MAX_UTF8_BYTES = 3;
const TELL_MS = 20;
/** Name of the error that says that a result holds a promise. */
export const PROMISE_FAULT = 'PromiseReturned';

/** QuickJS once more, sharing nothing with another instance but its code. */
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
  // Its types describe the CommonJS build; Node gives the variant itself.
  const ownVariant = newVariant(variant as unknown as QuickJSSyncVariant, { wasmMemory: memory });
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
 * Does some work in the sandbox while its clock stands still at a time. The sandbox has no clock but `Date.now` of its thread, so that a
 * script finds no way around this. The work must be synchronous.
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

/** Time and memory of one job. Its input passes through the memory as UTF-8 on its way in. */
export function limitRealm(realm: Realm, { memoryBytes, timeoutMs, input }: ScriptJob): void {
  realm.allow(memoryBytes + MAX_UTF8_BYTES * input.length);
  realm.runtime.setMemoryLimit(memoryBytes);
  realm.time.limit(timeoutMs);
}

export function limitResult(job: ScriptJob, result: string | undefined): ScriptAnswer {
  if (result === undefined || result.length <= job.resultBytes) return { result };
  return { fault: { code: 'SCRIPT_RESULT_TOO_LARGE', message: `The result has ${result.length} characters of JSON.` } };
}

/** What a job failed with. The realm may be out of memory or time: it is given some to tell what happened. */
export function faultOf(realm: Realm, job: ScriptJob, error: QuickJSHandle): ScriptAnswer {
  realm.runtime.setMemoryLimit(-1);
  realm.allow(Infinity);
  const isLate = realm.time.isOver();
  realm.time.limit(TELL_MS);
  const told = realm.context.dump(error) as { name?: unknown; message?: unknown; stack?: unknown } | undefined;
  error.dispose();
  const name = typeof told?.name === 'string' ? told.name.slice(0, 100) : 'Error';
  const message = typeof told?.message === 'string' ? told.message.slice(0, 500) : 'something that is no Error was thrown';
  if (isLate && message === 'interrupted') return { fault: { code: 'SCRIPT_TIMEOUT', message: '' } };
  if (message === 'out of memory' || (told as unknown) === null) return { fault: { code: 'SCRIPT_MEMORY', message: '' } };
  if (name === PROMISE_FAULT) return { fault: { code: 'SCRIPT_ERROR', message, isPromise: true } };
  const line = /script:(\d+)/.exec(typeof told?.stack === 'string' ? told.stack : '')?.[1];
  return {
    fault: { code: 'SCRIPT_ERROR', message: `${name}: ${message}`, ...(line === undefined ? {} : { line: Number(line) }) },
  };
}
