/**
 * The worker thread of the script pool. Each script gets a runtime of its own that no other message ever saw (a few are made ahead);
 * it is thrown away afterwards. Expressions share a runtime with JSONata in it, whose built-ins are frozen: loading it takes 15 ms,
 * and an expression can plant nothing. After any fault, and every `EXPRESSION_REUSE` uses, it is made anew.
 */
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { createScriptMemory } from './create-script-memory.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';

const STOCK = 4;
const STACK_BYTES = 256 * 1024;
const EXPRESSION_REUSE = 1000;
const PREPARE_MS = 2000;
/** Of one UTF-16 unit. */
const MAX_UTF8_BYTES = 3;
/** The author's first line is line 1 of the file named `script`. */
const HEAD = '(function (message, nodes, now) {"use strict";';
const TAIL = '\n})';
const CALLER = `(({ parse, stringify }) => (run, input) => {
  const { message, nodes, now } = parse(input);
  return stringify(run(message, nodes, now));
})(JSON)`;

interface Realm {
  readonly runtime: QuickJSRuntime;
  readonly context: QuickJSContext;
  /** Parses the input, calls the script and writes its result out; made ahead, before any script ran. */
  readonly caller: QuickJSHandle;
  deadline: number;
  uses: number;
}

// Its types describe the CommonJS build; Node gives the variant itself.
const { memory, allow } = createScriptMemory();
const quickjs = await newQuickJSWASMModuleFromVariant(newVariant(variant as unknown as QuickJSSyncVariant, { wasmMemory: memory }));
const port = parentPort!;
const stock: Realm[] = Array.from({ length: STOCK }, createRealm);
const expressions: { realm: Realm | undefined } = { realm: undefined };

port.on('message', (job: ScriptJob) => {
  const answer = job.kind === 'expression' ? runExpression(job) : runScript(job);
  port.postMessage(answer);
  allow(Infinity);
  if (answer.isLast) return;
  while (stock.length < STOCK) stock.push(createRealm());
});
port.postMessage({ id: 0 } satisfies ScriptAnswer);

function createRealm(): Realm {
  const runtime = quickjs.newRuntime();
  const context = runtime.newContext();
  runtime.setMaxStackSize(STACK_BYTES);
  const realm: Realm = {
    runtime,
    context,
    caller: context.unwrapResult(context.evalCode(CALLER, 'kangqiao')),
    deadline: Infinity,
    uses: 0,
  };
  runtime.setInterruptHandler(() => performance.now() > realm.deadline);
  return realm;
}

/** QuickJS loses count of its objects when memory runs out, and then cannot be taken apart: the whole thread goes. */
function dispose(realm: Realm, answer: ScriptAnswer): ScriptAnswer {
  if (answer.fault?.code === 'SCRIPT_MEMORY' || (answer.fault?.code === 'SCRIPT_TIMEOUT' && realm === expressions.realm))
    return { ...answer, isLast: true };
  realm.caller.dispose();
  realm.context.dispose();
  realm.runtime.dispose();
  return answer;
}

function runScript(job: ScriptJob): ScriptAnswer {
  // The input must fit twice: as text and as values.
  if (job.input.length * 2 > job.memoryBytes) return { id: job.id, fault: { code: 'SCRIPT_MEMORY', message: '' } };
  const realm = stock.pop() ?? createRealm();
  limit(realm, job);
  const answer = job.kind === 'check' ? compileScript(realm, job) : callScript(realm, job);
  return dispose(realm, answer);
}

/** Time and memory of one job. Its input passes through the memory as UTF-8 on its way in. */
function limit(realm: Realm, { memoryBytes, timeoutMs, input }: ScriptJob): void {
  allow(memoryBytes + MAX_UTF8_BYTES * input.length);
  realm.runtime.setMemoryLimit(memoryBytes);
  realm.deadline = performance.now() + timeoutMs;
}

function compileScript(realm: Realm, job: ScriptJob): ScriptAnswer {
  const made = realm.context.evalCode(`${HEAD}${job.source}${TAIL}`, 'script', { compileOnly: true });
  return made.error ? faultOf(realm, job, made.error) : release({ id: job.id }, made.value);
}

function callScript(realm: Realm, job: ScriptJob): ScriptAnswer {
  const { context, caller } = realm;
  const script = context.evalCode(`${HEAD}${job.source}${TAIL}`, 'script');
  if (script.error) return faultOf(realm, job, script.error);
  const input = context.newString(job.input);
  const called = context.callFunction(caller, context.undefined, script.value, input);
  if (called.error) return release(faultOf(realm, job, called.error), input, script.value);
  allow(Infinity);
  const result = context.typeof(called.value) === 'string' ? context.getString(called.value) : undefined;
  return release(limited(job, result), input, script.value, called.value);
}

function release(answer: ScriptAnswer, ...handles: readonly { dispose(): void }[]): ScriptAnswer {
  for (const handle of handles) handle.dispose();
  return answer;
}

function limited(job: ScriptJob, result: string | undefined): ScriptAnswer {
  if (result === undefined || result.length <= job.resultBytes) return { id: job.id, result };
  return { id: job.id, fault: { code: 'SCRIPT_RESULT_TOO_LARGE', message: `The result has ${result.length} characters of JSON.` } };
}

function faultOf(realm: Realm, job: ScriptJob, error: Parameters<QuickJSContext['dump']>[0]): ScriptAnswer {
  // The realm may be out of memory or time: give it some to tell what happened.
  realm.runtime.setMemoryLimit(-1);
  allow(Infinity);
  const isLate = performance.now() > realm.deadline;
  realm.deadline = performance.now() + 20;
  const told = realm.context.dump(error) as { name?: unknown; message?: unknown; stack?: unknown } | undefined;
  error.dispose();
  const name = typeof told?.name === 'string' ? told.name.slice(0, 100) : 'Error';
  const message = typeof told?.message === 'string' ? told.message.slice(0, 500) : 'something that is no Error was thrown';
  if (isLate && message === 'interrupted') return { id: job.id, fault: { code: 'SCRIPT_TIMEOUT', message: '' } };
  if (message === 'out of memory' || (told as unknown) === null) return { id: job.id, fault: { code: 'SCRIPT_MEMORY', message: '' } };
  const line = /script:(\d+)/.exec(typeof told?.stack === 'string' ? told.stack : '')?.[1];
  return {
    id: job.id,
    fault: { code: 'SCRIPT_ERROR', message: `${name}: ${message}`, ...(line === undefined ? {} : { line: Number(line) }) },
  };
}

function runExpression(job: ScriptJob): ScriptAnswer {
  const realm = (expressions.realm ??= createExpressionRealm());
  limit(realm, job);
  const answer = evaluateExpression(realm, job);
  realm.deadline = Infinity;
  realm.uses++;
  const isSpent = realm.uses >= EXPRESSION_REUSE || (answer.fault !== undefined && answer.fault.code !== 'EXPRESSION_FAILED');
  if (!isSpent) return answer;
  const last = dispose(realm, answer);
  expressions.realm = undefined;
  return last;
}

function evaluateExpression(realm: Realm, job: ScriptJob): ScriptAnswer {
  const { context, runtime } = realm;
  const start = context.getProp(context.global, 'evaluate');
  const texts = [job.source, job.input].map((text) => context.newString(text));
  const now = context.newNumber(job.nowMs);
  const started = context.callFunction(start, context.undefined, ...texts, now);
  release({ id: 0 }, start, now, ...texts);
  if (started.error) return faultOf(realm, job, started.error);
  started.value.dispose();
  const jobs = runtime.executePendingJobs();
  if (jobs.error) return faultOf(realm, job, jobs.error);
  allow(Infinity);
  const outcome = context.getProp(context.global, 'outcome');
  const text = context.typeof(outcome) === 'string' ? context.getString(outcome) : undefined;
  outcome.dispose();
  // JSONata may catch what ends it and tell it as a fault of its own.
  const told =
    text === undefined ? undefined : (JSON.parse(text) as { ok?: string; code?: string; position?: number; isOutOfMemory?: boolean });
  if (told?.code !== undefined && performance.now() > realm.deadline) return { id: job.id, fault: { code: 'SCRIPT_TIMEOUT', message: '' } };
  if (told === undefined || told.isOutOfMemory) {
    const isLate = performance.now() > realm.deadline;
    return { id: job.id, fault: { code: isLate ? 'SCRIPT_TIMEOUT' : 'SCRIPT_MEMORY', message: '' } };
  }
  if (told.code === undefined) return limited(job, told.ok);
  const position = typeof told.position === 'number' ? { position: told.position } : {};
  return { id: job.id, fault: { code: 'EXPRESSION_FAILED', message: '', fault: told.code, ...position } };
}

function createExpressionRealm(): Realm {
  const realm = createRealm();
  realm.deadline = performance.now() + PREPARE_MS;
  const source = readFileSync(createRequire(import.meta.url).resolve('jsonata/jsonata.min.js'), 'utf8');
  const prepare = `(() => {
    var module = { exports: {} }, exports = module.exports;
    ${source}
    const jsonata = module.exports, cache = new Map(), { parse, stringify } = JSON;
    globalThis.outcome = undefined;
    const evaluate = (text, input, nowMs) => {
      globalThis.outcome = undefined;
      let expression = cache.get(text);
      if (expression === undefined) {
        if (cache.size >= 200) cache.clear();
        cache.set(text, (expression = jsonata(text, { stack: 200 })));
      }
      const time = { now: () => new Date(nowMs).toISOString(), millis: () => nowMs };
      expression.evaluate(parse(input), time).then(
        (value) => { globalThis.outcome = stringify({ ok: stringify(value) }); },
        (error) => { globalThis.outcome = stringify({ code: String(error && error.code || 'unknown'), position: error && error.position, isOutOfMemory: String(error && error.message) === 'out of memory' }); },
      );
    };
    Object.defineProperty(globalThis, 'evaluate', { value: evaluate });
    for (const it of [Object, Array, String, Number, Boolean, Date, RegExp, Promise, Map, Set, WeakMap, Symbol, Function, Error, Math, JSON, Reflect]) {
      Object.freeze(it);
      if (it.prototype) Object.freeze(it.prototype);
    }
  })()`;
  const made = realm.context.evalCode(prepare, 'jsonata');
  realm.context.unwrapResult(made).dispose();
  realm.deadline = Infinity;
  return realm;
}
