import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import type { QuickJSHandle } from 'quickjs-emscripten-core';
import { PatternStore } from '../expression/pattern-store.ts';
import { callOffered, FUNCTION_FAULT } from '../expression/offered-functions.ts';
import { createRegexEngine } from '../expression/regex-engine.ts';
import { expressionFunctions } from '../functions/expression-functions.ts';
import type { ScriptAnswer, ScriptJob } from './script-protocol.ts';
import {
  createRealm,
  faultOf,
  limitRealm,
  limitResult,
  loadSandboxModule,
  withTime,
  type Realm,
  type SandboxModule,
} from './script-realm.ts';

const REUSE = 1000;
const PREPARE_MS = 2000;
/**
 * Number of texts that are kept outside the realm. If an expression matches several texts in turn, they need not be
 * copied out of the realm again each time.
 */
const TEXT_SLOTS = 4;

interface ExpressionRealm extends Realm {
  readonly patterns: PatternStore;
}

/**
 * Runs unbounded expressions. All of them use one realm, in which JSONata is loaded once, because loading it takes 15
 * ms. The built-ins of the realm are frozen, so an expression cannot change them (docs/decisions/0009). The realm is
 * replaced after any fault and after every `REUSE` uses.
 */
export async function createExpressionRunner(): Promise<(job: ScriptJob) => ScriptAnswer> {
  const sandbox = await loadSandboxModule();
  let realm: ExpressionRealm | undefined;
  let uses = 0;
  return (job) => {
    if (realm === undefined) [realm, uses] = [createExpressionRealm(sandbox), 0];
    limitRealm(realm, job);
    const current = realm;
    const answer = withTime(job.nowMs, () => evaluate(current, job));
    realm.time.limit(Infinity);
    realm.patterns.forgetTexts();
    sandbox.allow(Infinity);
    uses++;
    const isSpent = uses >= REUSE || (answer.fault !== undefined && answer.fault.code !== 'EXPRESSION_FAILED');
    if (!isSpent) return answer;
    // If QuickJS runs out of memory, or is stopped inside JSONata, its object counts are wrong and it cannot be
    // disposed. The whole thread is ended.
    if (answer.fault?.code === 'SCRIPT_MEMORY' || answer.fault?.code === 'SCRIPT_TIMEOUT') return { ...answer, isLast: true };
    realm.context.dispose();
    realm.runtime.dispose();
    realm = undefined;
    return answer;
  };
}

function evaluate(realm: Realm, job: ScriptJob): ScriptAnswer {
  const { context, runtime } = realm;
  const start = context.getProp(context.global, 'evaluate');
  const texts = [job.source, job.input].map((text) => context.newString(text));
  const started = context.callFunction(start, context.undefined, ...texts);
  for (const handle of [start, ...texts]) handle.dispose();
  if (started.error) return faultOf(realm, job, started.error);
  started.value.dispose();
  const jobs = runtime.executePendingJobs();
  if (jobs.error) return faultOf(realm, job, jobs.error);
  realm.allow(Infinity);
  const outcome = context.getProp(context.global, 'outcome');
  const text = context.typeof(outcome) === 'string' ? context.getString(outcome) : undefined;
  outcome.dispose();
  // JSONata may catch the time-out error and throw an error of its own instead.
  const told =
    text === undefined ? undefined : (JSON.parse(text) as { ok?: string; code?: string; position?: number; isOutOfMemory?: boolean });
  if (told?.code !== undefined && realm.time.isOver()) return { fault: { code: 'SCRIPT_TIMEOUT', message: '' } };
  if (told === undefined || told.isOutOfMemory) {
    return { fault: { code: realm.time.isOver() ? 'SCRIPT_TIMEOUT' : 'SCRIPT_MEMORY', message: '' } };
  }
  if (told.code === undefined) return limitResult(job, told.ok);
  const position = typeof told.position === 'number' ? { position: told.position } : {};
  return { fault: { code: 'EXPRESSION_FAILED', message: '', fault: told.code, ...position } };
}

function createExpressionRealm(sandbox: SandboxModule): ExpressionRealm {
  const realm = { ...createRealm(sandbox), patterns: new PatternStore() };
  realm.time.limit(PREPARE_MS);
  offerPatterns(realm);
  offerFunctions(realm);
  const source = readFileSync(createRequire(import.meta.url).resolve('jsonata/jsonata.min.js'), 'utf8');
  const prepare = `(() => {
    var module = { exports: {} }, exports = module.exports;
    ${source}
    const jsonata = module.exports, cache = new Map(), { parse, stringify } = JSON;
    const { patternOpen, patternText, patternFind, callFunction } = globalThis;
    for (const name of ['patternOpen', 'patternText', 'patternFind', 'callFunction']) delete globalThis[name];
    const functions = ${JSON.stringify([...expressionFunctions.keys()])}.map((name) => [name, (...args) => {
      const result = callFunction(name, stringify(args));
      if (result === '!') throw { code: '${FUNCTION_FAULT}' };
      return result === '' ? undefined : parse(result);
    }]);
    const texts = [];
    let turn = 0;
    const RegexEngine = (${createRegexEngine.toString()})({
      open: (source, flags) => patternOpen(stringify([source, flags])),
      find(pattern, text, from) {
        let slot = texts.indexOf(text);
        if (slot < 0) {
          slot = turn;
          turn = (turn + 1) % ${TEXT_SLOTS};
          texts[slot] = text;
          patternText(slot, text, text.length) || patternText(slot, stringify(text), -1);
        }
        const found = patternFind(pattern, slot, from);
        return found === '' ? undefined : found.split(',').map(Number);
      },
    });
    globalThis.outcome = undefined;
    const evaluate = (text, input) => {
      globalThis.outcome = undefined;
      texts.length = turn = 0;
      let expression = cache.get(text);
      if (expression === undefined) {
        if (cache.size >= 200) cache.clear();
        cache.set(text, (expression = jsonata(text, { stack: 200, RegexEngine })));
        for (const [name, call] of functions) expression.assign(name, call);
      }
      expression.evaluate(parse(input)).then(
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
  realm.time.limit(Infinity);
  return realm;
}

/**
 * Gives the realm functions that match patterns. The patterns are matched outside the realm, where RE2 runs ten times
 * faster than in QuickJS. Only numbers and texts pass in and out. The functions are removed from the global object
 * before an expression runs. The time limit is checked between matches.
 */
function offerPatterns({ context, patterns, time }: ExpressionRealm): void {
  offer(context, 'patternOpen', (pattern) => {
    checkTime(time);
    const [source, flags] = JSON.parse(context.getString(pattern!)) as [string, string];
    return context.newNumber(patterns.open(source, flags));
  });
  // Some characters (NUL, lone surrogates) do not pass unchanged. The length differs then, and the text is sent as
  // JSON.
  offer(context, 'patternText', (slot, given, length) => {
    const text = context.getString(given!);
    const isJson = context.getNumber(length!) < 0;
    if (!isJson && text.length !== context.getNumber(length!)) return context.false;
    patterns.setText(context.getNumber(slot!), isJson ? (JSON.parse(text) as string) : text);
    return context.true;
  });
  offer(context, 'patternFind', (pattern, slot, from) => {
    checkTime(time);
    const found = patterns.find(context.getNumber(pattern!), context.getNumber(slot!), context.getNumber(from!));
    return context.newString(found === undefined ? '' : found.join(','));
  });
}

/** Gives the realm one function that calls the functions of mappings outside of it. Arguments and result pass as JSON. */
function offerFunctions({ context, time }: ExpressionRealm): void {
  offer(context, 'callFunction', (name, args) => {
    checkTime(time);
    try {
      const given = JSON.parse(context.getString(args!)) as unknown[];
      const result = callOffered(expressionFunctions.get(context.getString(name!))!, given);
      return context.newString(result === undefined ? '' : JSON.stringify(result));
    } catch {
      return context.newString('!');
    }
  });
}

function offer(context: Realm['context'], name: string, call: (...args: QuickJSHandle[]) => QuickJSHandle): void {
  context.newFunction(name, call).consume((handle) => context.setProp(context.global, name, handle));
}

function checkTime(time: Realm['time']): void {
  if (time.isOver()) throw new Error('interrupted');
}
