import type { QuickJSHandle } from 'quickjs-emscripten-core';
import { restoreSnapshot, takeSnapshot, type MemorySnapshot } from './memory-snapshot.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';
import { createRealm, faultOf, limitRealm, limitResult, loadSandboxModule } from './script-realm.ts';

export interface ScriptRunner {
  run(job: ScriptJob): ScriptAnswer;
  /** Undoes all that the last job did, so that the next one of the same script may begin at once. */
  makeReady(): void;
}

/** A script that was compiled, in a realm that no message ever saw. */
interface CompiledScript {
  readonly snapshot: MemorySnapshot;
  readonly main: QuickJSHandle;
}

/** The author's first line is line 1 of the file named `script`. */
const HEAD = '(function (message, nodes, now) {"use strict";';
const TAIL = '\n})';
/**
 * Parses the input, calls the script and writes its result out; made before any script ran. QuickJS seeds `Math.random` when a context is made,
 * which is the same one for all messages here: so each call brings its own seed, for a generator of the same quality (xorshift128).
 */
const CALLER = `(({ parse, stringify }, math) => {
  let x = 1, y = 2, z = 3, w = 4;
  const next = () => {
    const t = x ^ (x << 11);
    x = y; y = z; z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w >>> 0;
  };
  ({ random: math.random } = { random() { return ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992; } });
  return (main, input, seed1, seed2, seed3, seed4) => {
    x = seed1; y = seed2; z = seed3; w = seed4;
    const { message, nodes, now } = parse(input);
    return stringify(main(message, nodes, now));
  };
})(JSON, Math)`;
const SEED_WORDS = 4;
/** Compiled scripts that are kept; each takes about 250 KB. One whose realm is far larger is compiled for each message. */
const KEPT_SCRIPTS = 32;
const KEPT_BYTES = 2 * 1024 * 1024;

/**
 * Runs each script as if in a realm of its own: one that no other message ever saw. In fact it is one realm, whose memory is put back after
 * each message to what it held when the script was just compiled, or before that (docs/decisions/0012).
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
    // The input must fit twice: as text and as values.
    if (job.input.length * 2 > job.memoryBytes) return { id: job.id, fault: { code: 'SCRIPT_MEMORY', message: '' } };
    const compiled = kept.get(job.source);
    enter(compiled?.snapshot ?? pristine);
    limitRealm(realm, job);
    const answer = compiled === undefined ? compileAndCall(job) : call(job, compiled.main);
    sandbox.allow(Infinity);
    // Memory that was once taken stays taken: only the end of the thread gives it back.
    return answer.fault?.code === 'SCRIPT_MEMORY' ? { ...answer, isLast: true } : answer;
  }

  function compileAndCall(job: ScriptJob): ScriptAnswer {
    const main = context.evalCode(`${HEAD}${job.source}${TAIL}`, 'script', { compileOnly: job.kind === 'check' });
    if (main.error) return faultOf(realm, job, main.error);
    if (job.kind === 'check') return { id: job.id };
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

  /** Nothing is freed: the handles go with the memory that they point to. */
  function call(job: ScriptJob, main: QuickJSHandle): ScriptAnswer {
    const seed = Array.from({ length: SEED_WORDS }, () => context.newNumber((Math.random() * 2 ** 32) | 0));
    const called = context.callFunction(caller, context.undefined, main, context.newString(job.input), ...seed);
    if (called.error) return faultOf(realm, job, called.error);
    sandbox.allow(Infinity);
    return limitResult(job, context.typeof(called.value) === 'string' ? context.getString(called.value) : undefined);
  }

  return {
    run,
    makeReady() {
      if (!isClean) restoreSnapshot(sandbox, next);
      isClean = true;
    },
  };
}
