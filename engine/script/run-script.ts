import type { QuickJSHandle } from 'quickjs-emscripten-core';
import { restoreSnapshot, takeSnapshot, type MemorySnapshot } from './memory-snapshot.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';
import { createRealm, faultOf, limitRealm, limitResult, loadSandboxModule, PROMISE_FAULT, withTime } from './script-realm.ts';

export interface ScriptRunner {
  run(job: ScriptJob): ScriptAnswer;
  /** Undoes all changes of the last job, so that the next job of the same script can start at once. */
  makeReady(): void;
}

/** A compiled script, in a realm that has seen no message. */
interface CompiledScript {
  readonly snapshot: MemorySnapshot;
  readonly main: QuickJSHandle;
}

/** Stays on one line, so that the author's first line is line 1 of the file named `script`. */
const HEAD = '(function (message, nodes, now) {"use strict";';
const TAIL = '\n})';
/**
 * Parses the input, calls the script and serialises its result (empty if it returned nothing). It is created before any
 * script runs. `Math.random` is a generator of the same quality as QuickJS's (xorshift128), seeded per call. The seed
 * is expanded only at the first random number, because few scripts need one. A repeated run of a step gets the same
 * numbers.
 */
const CALLER = `(({ parse, stringify }, math) => {
  let x, y, z, w, seed;
  const next = () => {
    const t = x ^ (x << 11);
    x = y; y = z; z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  const begin = () => {
    x = (seed * 2 ** 32) | 0; y = (seed * 2 ** 53) | 0; z = 3; w = 4;
    seed = undefined;
    for (let round = 0; round < 20; round++) next();
  };
  const { random } = { random() {
    if (seed !== undefined) begin();
    return ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
  } };
  math.random = random;
  Object.defineProperty(Promise.prototype, 'toJSON', {
    value() {
      throw Object.assign(new Error('what the script returns holds a promise'), { name: '${PROMISE_FAULT}' });
    },
  });
  return (main, input, ownSeed) => {
    seed = ownSeed;
    const { message, nodes, now } = parse(input);
    return stringify(main(message, nodes, now)) ?? '';
  };
})(JSON, Math)`;
/**
 * The number of compiled scripts that are kept; each takes about 250 KB. A script with a far larger realm is compiled
 * for each message.
 */
const KEPT_SCRIPTS = 32;
const KEPT_BYTES = 2 * 1024 * 1024;

/**
 * Runs each script as if it had its own realm that no other message has used. In fact all scripts share one realm.
 * After each message the memory is restored: to the state just after the script was compiled, if that state is kept,
 * otherwise to the state before any script was compiled (docs/decisions/0012).
 */
export async function createScriptRunner(): Promise<ScriptRunner> {
  const sandbox = await loadSandboxModule();
  const realm = createRealm(sandbox);
  const { context } = realm;
  const caller = context.unwrapResult(context.evalCode(CALLER, 'kangqiao'));
  const pristine = takeSnapshot(sandbox);
  const kept = new Map<string, CompiledScript>();
  let next = pristine;
  let isClean = true;

  function enter(snapshot: MemorySnapshot): void {
    if (!isClean || next !== snapshot) restoreSnapshot(sandbox, snapshot);
    next = snapshot;
    isClean = false;
  }

  function run(job: ScriptJob): ScriptAnswer {
    // The input is in memory twice: as text and as values.
    if (job.input.length * 2 > job.memoryBytes) return { fault: { code: 'SCRIPT_MEMORY', message: '' } };
    const compiled = kept.get(job.source);
    // It was compiled before, so it is valid.
    if (compiled !== undefined && job.kind === 'check') return {};
    enter(compiled?.snapshot ?? pristine);
    limitRealm(realm, job);
    const answer = withTime(job.nowMs, () => (compiled === undefined ? compileAndCall(job) : call(job, compiled.main)));
    sandbox.allow(Infinity);
    // Memory never shrinks: only ending the thread frees it.
    return answer.fault?.code === 'SCRIPT_MEMORY' ? { ...answer, isLast: true } : answer;
  }

  function compileAndCall(job: ScriptJob): ScriptAnswer {
    const main = context.evalCode(`${HEAD}${job.source}${TAIL}`, 'script', { compileOnly: job.kind === 'check' });
    if (main.error) return faultOf(realm, job, main.error);
    if (job.kind === 'check') return {};
    keep(job.source, main.value);
    return call(job, main.value);
  }

  function keep(source: string, main: QuickJSHandle): void {
    const snapshot = takeSnapshot(sandbox);
    if (snapshot.heap.length > KEPT_BYTES) return;
    const [oldest] = kept.keys();
    if (kept.size >= KEPT_SCRIPTS && oldest !== undefined) kept.delete(oldest);
    kept.set(source, { snapshot, main });
    next = snapshot;
  }

  /** Calls a compiled script. Frees nothing: the handles disappear when the memory is restored. */
  function call(job: ScriptJob, main: QuickJSHandle): ScriptAnswer {
    const called = context.callFunction(caller, context.undefined, main, context.newString(job.input), context.newNumber(job.seed));
    if (called.error) return faultOf(realm, job, called.error);
    sandbox.allow(Infinity);
    const result = context.getString(called.value);
    return limitResult(job, result === '' ? undefined : result);
  }

  return {
    run,
    makeReady() {
      if (!isClean) restoreSnapshot(sandbox, next);
      isClean = true;
    },
  };
}
