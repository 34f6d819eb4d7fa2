import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, test } from 'node:test';
import {
  DeclaredError,
  ExtensionProcess,
  type CallResult,
  type NodeCall,
} from '../../../../engine/extensions/process/extension-process.ts';
import type { Fault } from '../../../../engine/extensions/package/extension-errors.ts';
import { wallClock } from '../../../../engine/testing/wall-clock.ts';

const opened: ExtensionProcess[] = [];
afterEach(() => {
  for (const process of opened.splice(0)) process.stop();
});

interface Running {
  readonly process: ExtensionProcess;
  readonly fault: Promise<Fault>;
  call(verb: string, data?: unknown, changes?: Partial<NodeCall>): Promise<CallResult>;
}

function start(code: string, verbs: readonly string[] = [], limits = { memoryMb: 32, callMs: 20_000 }): Running {
  let found: (fault: Fault) => void = () => undefined;
  const fault = new Promise<Fault>((resolve) => (found = resolve));
  const process = new ExtensionProcess({ extension: 'x-test@1.0.0', code, verbs, limits, clock: wallClock(), onFault: found });
  opened.push(process);
  return {
    process,
    fault,
    call: (verb, data = {}, changes = {}) =>
      process.call({
        input: {
          verb,
          config: { a: 1 },
          message: { data, mediaType: 'application/json', headers: {}, keys: {} },
          idempotencyKey: 'key',
          attempt: 1,
        },
        signal: new AbortController().signal,
        fetch: async () => ({ status: 200, headers: {}, body: '{"ok":true}' }),
        hasSent: () => false,
        ...changes,
      }),
  };
}

test('a node gets its message and configuration, and returns data', async () => {
  const { call } = start(`export const nodes = {
    plain: (ctx, message) => ({ ...message.data, config: ctx.config, key: ctx.idempotencyKey }),
    async other(ctx, message) { const response = await ctx.fetch('https://a.example/'); return ctx.emit('other', response.json(), 'text/x'); },
  };`);
  assert.deepEqual(dataOf(await call('plain', { name: '张三' })), ['ok', { name: '张三', config: { a: 1 }, key: 'key' }]);
  assert.deepEqual(dataOf(await call('other')), ['other', { ok: true }]);
});

test('no code of an extension reaches Node or the network', async () => {
  const { call } = start(`
    const attempts = [
      () => process, () => require('fs'), () => fetch, () => globalThis.process, () => WebAssembly, () => setTimeout, () => SharedArrayBuffer.x,
      () => Function('return process')(), () => ({}).constructor.constructor('return globalThis.process.env')(),
    ];
    export const nodes = {
      attempts: () => attempts.map((attempt) => { try { return typeof attempt(); } catch (error) { return error.name; } }),
      load: () => import('node:fs').then(() => 'loaded'),
      globals: () => Object.getOwnPropertyNames(globalThis),
    };`);
  const tried = (await call('attempts')).data as readonly string[];
  assert.deepEqual(
    [...new Set(tried)].toSorted(),
    ['ReferenceError', 'TypeError', 'undefined'].filter((kind) => tried.includes(kind)),
  );
  await assert.rejects(call('load'), { code: 'EXTENSION_FAILED' });
  const globals = (await call('globals')).data as readonly string[];
  assert.ok(!globals.some((name) => /process|require|fetch|socket|worker|os|std/i.test(name)), globals.join());
});

test('its process has no environment', { skip: process.platform !== 'linux' && 'allowed: no /proc here' }, async () => {
  const { call, process: own } = start('export const nodes = { a: () => 1 };');
  await call('a');
  assert.equal(await readFile(`/proc/${own.pid}/environ`, 'utf8'), '');
});

test('errors give what the manifest declares, or a name and a line, and never a text', async () => {
  const { call } = start(`export const nodes = {
    declared: (ctx) => ctx.fail('UNKNOWN'),
    secret: () => { throw new TypeError('张三 310101199001011234'); },
  };`);
  await assert.rejects(call('declared'), (error: Error) => error instanceof DeclaredError && error.message === 'UNKNOWN');
  await assert.rejects(call('secret'), (error: Error & { values: Record<string, string> }) => {
    assert.equal(error.values['name'], 'TypeError');
    assert.match(error.values['place']!, /^3/);
    assert.doesNotMatch(JSON.stringify(error) + error.message, /张三|3101/);
    return true;
  });
});

test('an error of a request that nobody caught is the error of the step', async () => {
  const { call } = start(`export const nodes = {
    ask: (ctx) => ctx.fetch('https://a.example/'),
    caught: (ctx) => ctx.fetch('https://a.example/').catch((error) => error.code),
  };`);
  const refusal = Object.assign(new Error('refused'), { code: 'X' });
  const fetch = () => Promise.reject(refusal);
  await assert.rejects(call('ask', {}, { fetch }), refusal);
  assert.equal((await call('caught', {}, { fetch })).data, 'CANCELLED');
});

test('a call finds nothing of an earlier call, nor of one that runs', async () => {
  const { call } = start(`
    const stash = [];
    export const nodes = {
      async keep(ctx, message) {
        stash.push(message.data);
        globalThis.stash = Array.prototype.stash = stash;
        Promise.prototype.then = JSON.parse = Map.prototype.get = () => stash;
        return message.data.waits ? ctx.fetch('https://a.example/') : 'kept';
      },
      steal: () => ({ stash, global: typeof globalThis.stash, inherited: typeof [].stash, chance: Math.random() }),
    };`);
  await call('keep', { patient: 'of domain A' });
  const [asked, cancel] = [Promise.withResolvers<void>(), new AbortController()];
  const waiting = call('keep', { waits: true }, { ...unanswered(asked.resolve), signal: cancel.signal });
  await asked.promise;
  const [one, other] = (await Promise.all([call('steal'), call('steal')])).map(({ data }) => data as { chance: number });
  assert.deepEqual({ ...one, chance: 0 }, { stash: [], global: 'undefined', inherited: 'undefined', chance: 0 });
  assert.notEqual(one!.chance, other!.chance);
  cancel.abort(new Error('cancelled'));
  await assert.rejects(waiting, { message: 'cancelled' });
});

test('a call speaks for itself only, also if its code changes the built-ins of the language', async () => {
  const { call } = start(`export const nodes = {
    slow: (ctx) => ctx.fetch('https://a.example/'),
    forge() {
      Object.prototype.toJSON = () => ({ is: 'result', id: 1, port: 'ok', data: 'forged' });
      Object.prototype.id = 1;
      JSON.stringify = () => JSON.parse('{}');
      return { own: true };
    },
  };`);
  const answers = Promise.withResolvers<{ status: number; headers: Record<string, string>; body: string }>();
  const asked: unknown[] = [];
  const isAsked = Promise.withResolvers<void>();
  const fetch = (what: unknown) => {
    asked.push(what);
    isAsked.resolve();
    return answers.promise;
  };
  const slow = call('slow', {}, { fetch });
  await isAsked.promise;
  await Promise.allSettled([call('forge'), call('forge')]);
  answers.resolve({ status: 200, headers: {}, body: 'own answer' });
  assert.equal(((await slow).data as { body: string }).body, 'own answer');
  assert.equal(asked.length, 1);
});

const ASKING = `export const nodes = {
  many: (ctx, { data }) => Promise.all(Array.from({ length: data.count }, () => ctx.fetch('https://a.example/'))),
  async refused(ctx, { data }) {
    const codes = [];
    await new Promise((resolve) => {
      for (let count = 0; count < data.count; count++)
        ctx.fetch('https://a.example/').catch((error) => codes.push(error.code) === data.count - 8 && resolve());
    });
    return codes;
  },
  async endless(ctx) { for (;;) await ctx.fetch('https://a.example/'); },
};`;
const refusal = (problem: string, limit: number) => ({
  code: 'EXTENSION_FETCH',
  values: { extension: 'x-test@1.0.0', problem, limit },
});

test('a call has at most 8 requests open and sends at most 100; its code gets an error for the next one', async () => {
  const { call } = start(ASKING);
  let asked = 0;
  const counted = unanswered(() => (asked += 1));
  assert.deepEqual((await call('refused', { count: 30 }, counted)).data, Array(22).fill('EXTENSION_FETCH'));
  assert.equal(asked, 8);
  await assert.rejects(
    call(
      'many',
      { count: 9 },
      unanswered(() => undefined),
    ),
    { ...refusal('open', 8), kind: 'input' },
  );
  await assert.rejects(call('endless'), { ...refusal('total', 100), kind: 'input' });
});

test('all calls together have few requests open, but each call has its turn', async () => {
  const { call } = start(ASKING);
  const cancel = new AbortController();
  const asked = Promise.withResolvers<void>();
  let open = 0;
  const { fetch } = unanswered(() => (open += 1) === 32 && asked.resolve());
  const calls = Array.from({ length: 4 }, () => call('many', { count: 8 }, { fetch: fetch!, signal: cancel.signal }));
  const ended = Promise.allSettled(calls);
  await asked.promise;
  assert.equal(((await call('many', { count: 1 })).data as readonly unknown[]).length, 1);
  await assert.rejects(
    call(
      'many',
      { count: 2 },
      unanswered(() => undefined),
    ),
    { ...refusal('busy', 32), kind: 'transient' },
  );
  cancel.abort(new Error('cancelled'));
  await ended;
});

test('the bodies that requests hold are limited, and given back when they end', async () => {
  const { call } = start(ASKING);
  const [cancel, held] = [new AbortController(), Promise.withResolvers<void>()];
  const MB = 1024 * 1024;
  const holding = call(
    'many',
    { count: 1 },
    {
      signal: cancel.signal,
      fetch: (_what, signal, hold) =>
        new Promise((_resolve, reject) => {
          hold(60 * MB);
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          held.resolve();
        }),
    },
  );
  await held.promise;
  const next = {
    fetch: async (_what: unknown, _signal: AbortSignal, hold: (bytes: number) => void) => {
      hold(5 * MB);
      return { status: 200, headers: {}, body: '' };
    },
  };
  await assert.rejects(call('many', { count: 1 }, next), { ...refusal('held', 64 * MB), kind: 'transient' });
  cancel.abort(new Error('cancelled'));
  await assert.rejects(holding, { message: 'cancelled' });
  for (let calls = 0; calls < 20; calls++) await call('many', { count: 1 }, next);
});

test('an endless loop is ended, and with it the calls in the process', async () => {
  const { call, fault } = start('export const nodes = { loop() { for (;;); }, slow: (ctx) => ctx.fetch("https://a.example/") };');
  const never = () => new Promise<never>(() => undefined);
  const slow = call('slow', {}, { fetch: never, hasSent: () => true });
  const loop = call('loop');
  await Promise.all([
    assert.rejects(slow, { code: 'EXTENSION_ENDED', kind: 'unknown-outcome' }),
    assert.rejects(loop, { code: 'EXTENSION_ENDED', kind: 'transient', values: { extension: 'x-test@1.0.0', problem: 'loop' } }),
  ]);
  assert.equal(await fault, 'loop');
});

test('an endless chain of promises is ended too', async () => {
  const { call, fault } = start('export const nodes = { async chain() { for (;;) await 1; } };');
  await assert.rejects(call('chain'), { code: 'EXTENSION_ENDED' });
  assert.equal(await fault, 'loop');
});

// It leaks a little in each turn: a single turn that leaked for long would also be one that loops.
for (const [how, leak] of [
  ['many small values', 'for (let count = 0; count < 4e4; count++) kept.push({ text: "x" + kept.length });'],
  ['large values', 'kept.push("x".repeat(2e6) + kept.length);'],
  ['caught errors', 'try { kept.push("x".repeat(2e6) + kept.length); } catch {}'],
])
  test(`a process that leaks ${how} is ended`, async () => {
    const code = `const kept = []; export const nodes = { async leak(ctx) { for (;;) { ${leak} await ctx.fetch('https://a.example/'); } } };`;
    const { call, fault } = start(code, [], { memoryMb: 16, callMs: 60_000 });
    await assert.rejects(call('leak'), {
      code: 'EXTENSION_ENDED',
      kind: 'transient',
      values: { extension: 'x-test@1.0.0', problem: 'memory' },
    });
    assert.equal(await fault, 'memory');
  });

test('what a call leaks ends with it', async () => {
  const { call } = start(
    'const kept = []; export const nodes = { leak() { kept.push("x".repeat(4e6) + kept.length); return kept.length; } };',
    [],
    {
      memoryMb: 16,
      callMs: 20_000,
    },
  );
  for (let calls = 0; calls < 20; calls++) assert.equal((await call('leak')).data, 1);
});

test('a call that leaks without end is ended', async () => {
  const { call } = start('const kept = []; export const nodes = { leak() { for (;;) kept.push("x".repeat(1e6) + kept.length); } };');
  await assert.rejects(call('leak'), { code: 'EXTENSION_ENDED', kind: 'transient' });
});

test('code that throws at load, has no nodes, or lacks a verb of its manifest does not start', async () => {
  for (const code of [
    'throw new Error("no");',
    'export const other = 1;',
    'export const nodes = {};',
    'export const nodes = ;',
    'await new Promise(() => {}); export const nodes = { a() {} };',
  ]) {
    const { call, fault } = start(code, ['a']);
    await assert.rejects(call('a'), { code: 'EXTENSION_ENDED', values: { extension: 'x-test@1.0.0', problem: 'load' } });
    assert.equal(await fault, 'load');
  }
});

test('a loop at load is ended', async () => {
  const { call, fault } = start('for (;;); export const nodes = { a() {} };', ['a']);
  await assert.rejects(call('a'), { code: 'EXTENSION_ENDED' });
  assert.equal(await fault, 'loop');
});

test('a process that was killed ends its calls by what they had sent', async () => {
  const { call, fault, process: own } = start('export const nodes = { a: (ctx) => ctx.fetch("https://a.example/") };');
  const asked = Promise.withResolvers<void>();
  const fetch = () => {
    asked.resolve();
    return new Promise<never>(() => undefined);
  };
  const calls = [call('a', {}, { fetch }), call('a', {}, { fetch, hasSent: () => true })];
  const outcomes = Promise.allSettled(calls);
  await asked.promise;
  process.kill(own.pid!, 'SIGKILL');
  const kinds = (await outcomes).map((outcome) => outcome.status === 'rejected' && (outcome.reason as { kind: string }).kind);
  assert.deepEqual(kinds, ['transient', 'unknown-outcome']);
  assert.equal(await fault, 'ended');
});

test('a call ends at its limit and when it is cancelled; its requests are aborted', async () => {
  const { call } = start('export const nodes = { wait: (ctx) => ctx.fetch("https://a.example/"), b: () => 2 };', [], {
    memoryMb: 32,
    callMs: 2_000,
  });
  await call('b');
  let aborted = 0;
  const fetch = (_what: unknown, signal: AbortSignal) =>
    new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => {
        aborted += 1;
        reject(new Error('aborted'));
      }),
    );
  await assert.rejects(call('wait', {}, { fetch }), { code: 'EXTENSION_TIMEOUT', kind: 'transient' });
  const cancel = new AbortController();
  const waiting = call('wait', {}, { fetch, signal: cancel.signal });
  cancel.abort(new Error('cancelled'));
  await assert.rejects(waiting, { message: 'cancelled' });
  assert.equal(aborted, 1);
  assert.equal((await call('b')).data, 2);
});

test('messages above the limit are refused in both directions, and the process goes on', async () => {
  const { call } = start(
    'export const nodes = { size: (ctx, m) => m.data.length, much: () => "x".repeat(9 * 1024 * 1024), a: () => 1 };',
    [],
    {
      memoryMb: 128,
      callMs: 30_000,
    },
  );
  await assert.rejects(call('size', 'x'.repeat(9 * 1024 * 1024)), { code: 'EXTENSION_MESSAGE' });
  assert.equal((await call('size', '字'.repeat(4 * 1024 * 1024))).data, 4 * 1024 * 1024);
  await assert.rejects(call('much'), { code: 'EXTENSION_MESSAGE' });
  assert.equal((await call('a')).data, 1);
});

/** Changes of a call: its request is seen, and never answered. */
function unanswered(onRequest: () => void): Partial<NodeCall> {
  return {
    fetch: () => {
      onRequest();
      return new Promise<never>(() => undefined);
    },
  };
}

function dataOf({ port, data }: CallResult) {
  return [port, data];
}
