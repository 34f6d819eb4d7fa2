// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLogger, silentMetrics } from '../../../engine/contract/values/observe.ts';
import type { SandboxUser } from '../../../engine/contract/node/sandbox-wait.ts';
import { createScriptPool, type ScriptPool } from '../../../engine/script/script-pool.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';

const open: ScriptPool[] = [];
function createPool(options: { size?: number; queueLimit?: number } = {}): ScriptPool {
  const pool = createScriptPool({ clock: wallClock(), logger: silentLogger, ...options });
  open.push(pool);
  return pool;
}
after(() => Promise.all(open.map((pool) => pool.close())));
const pool = createPool();
const message = (data: unknown) => ({ message: { data } });

test('runs a script on message, nodes and now and answers what it returns', async () => {
  const input = { ...message({ a: 1 }), nodes: { n_a: 2 }, now: 3 };
  assert.deepEqual(await pool.run('return { sum: message.data.a + nodes.n_a + now }; // done', input), { sum: 6 });
  assert.equal(await pool.run('', {}), undefined);
});

test('a global planted by one message is not seen by the next', async () => {
  const plant = 'globalThis.planted = 1; Array.prototype.planted = 2; JSON.stringify.planted = 3; return 1';
  for (let round = 0; round < 12; round++) {
    await pool.run(plant, {});
    assert.deepEqual(await pool.run('return [typeof planted, typeof [].planted, typeof JSON.stringify.planted]', {}), [
      'undefined',
      'undefined',
      'undefined',
    ]);
  }
});

test('nothing that a script keeps reaches the next message of the same script', async () => {
  const keep = `
    if (message.data === 'throw') { globalThis.seen = 1; throw new Error('left'); }
    if (message.data === 'loop') for (;;) globalThis.seen = (globalThis.seen ?? 0) + 1;
    const before = [globalThis.seen ?? 0, [].planted ?? 0, Math.seen ?? 0];
    globalThis.seen = Array.prototype.planted = Math.seen = 1;
    return before`;
  for (let round = 0; round < 4; round++) {
    assert.deepEqual(await pool.run(keep, message(round)), [0, 0, 0]);
    await assert.rejects(pool.run(keep, message('throw')), { code: 'SCRIPT_ERROR' });
    assert.deepEqual(await pool.run(keep, message(round)), [0, 0, 0]);
    await assert.rejects(pool.run(keep, message('loop'), { timeoutMs: 20 }), { code: 'SCRIPT_TIMEOUT' });
  }
});

test('each seed gives random numbers of its own, and the same ones again', async () => {
  const drawn = new Set<number>();
  const draw = (seed: number) => pool.run('return [Math.random(), Math.random()]', {}, { seed }) as Promise<number[]>;
  for (let round = 0; round < 20; round++) {
    assert.deepEqual(await draw(round / 20), await draw(round / 20));
    for (const number of await draw(round / 20)) {
      assert.ok(number >= 0 && number < 1);
      drawn.add(number);
    }
  }
  assert.equal(drawn.size, 40);
  const mean = (await pool.run('let sum = 0; for (let i = 0; i < 10_000; i++) sum += Math.random(); return sum / 10_000', {})) as number;
  assert.ok(mean > 0.47 && mean < 0.53);
});

test('every clock of a script shows the time it is given', async () => {
  const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
  const script = `
    const times = [Date.now(), +new Date(), +new (new Date(0).constructor)(), +new (class extends Date {})()];
    return { times, text: Date(), same: Date() === new Date().toString(), fixed: new Date(2020, 0, 1).getTime() === Date.UTC(2020, 0, 1) };`;
  const found = (await pool.run(script, {}, { nowMs })) as { times: number[]; text: string; same: boolean; fixed: boolean };
  assert.deepEqual(new Set(found.times), new Set([nowMs]));
  assert.match(found.text, /2026/);
  assert.ok(found.same && found.fixed);
  assert.equal(await pool.run('return Date.now()', {}, { nowMs: 7 }), 7);
  // A picture that says only the hour takes the day of that clock.
  assert.equal(await pool.runExpression('$toMillis("07:30", "[H01]:[m01]")', {}, { nowMs }), Date.UTC(2026, 0, 2, 7, 30));
  assert.equal(await pool.runExpression('$now() & $millis()', {}, { nowMs }), `2026-01-02T03:04:05.000Z${nowMs}`);
});

test('a promise as result is refused, also inside of it', async () => {
  for (const script of ['return Promise.resolve(1)', 'return (async () => 1)()', 'return message.data.map(async (n) => n)'])
    await assert.rejects(pool.run(script, message([1])), { code: 'SCRIPT_ERROR', kind: 'input', values: { problem: 'promise' } }, script);
  assert.deepEqual(await pool.run('return { then: 1 }', {}), { then: 1 });
});

test('more scripts than are kept compiled take turns', async () => {
  const lone = createPool({ size: 1 });
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 50; index++) assert.equal(await lone.run(`return message.data + ${index}`, message(round)), round + index);
  }
  const large = `const table = ${JSON.stringify(Array.from({ length: 4000 }, (_, index) => `entry ${index}`))}; return table[message.data]`;
  for (const index of [1, 3999]) assert.equal(await lone.run(large, message(index)), `entry ${index}`);
});

test('an expression over fifteen thousand rows has the time that it takes', async () => {
  const items = Array.from({ length: 15_000 }, (_, id) => ({ id, name: `patient ${id}`, code: 'x'.repeat(60) }));
  assert.equal(await pool.runExpression('$count($filter(data.items, function($i){ $i.id > 5 }))', { data: { items } }), 14_994);
  await assert.rejects(pool.runExpression('($f := function($n) { $f($n) }; $f(1))', {}, { timeoutMs: 100 }), { code: 'SCRIPT_TIMEOUT' });
});

test('endless loops, costly patterns, deep calls and greedy scripts end in their limits', async () => {
  await assert.rejects(pool.run('for (;;);', {}, { timeoutMs: 100 }), { code: 'SCRIPT_TIMEOUT', kind: 'input' });
  await assert.rejects(pool.run('try { for (;;); } catch { return 1 }', {}, { timeoutMs: 100 }), { code: 'SCRIPT_TIMEOUT' });
  await assert.rejects(pool.run('return /^(a+)+$/.test("a".repeat(40) + "b")', {}, { timeoutMs: 100 }), { code: 'SCRIPT_TIMEOUT' });
  await assert.rejects(pool.run('const a = []; for (;;) a.push([1, 2])', {}, { timeoutMs: 10_000, memoryBytes: 4e6 }), {
    code: 'SCRIPT_MEMORY',
  });
  await assert.rejects(pool.run('function f() { return f() + 1 } return f()', {}), { code: 'SCRIPT_ERROR', message: /stack/ });
  await assert.rejects(pool.run('return "x".repeat(11e6)', {}, { memoryBytes: 2e8, timeoutMs: 5000 }), { code: 'SCRIPT_RESULT_TOO_LARGE' });
  assert.equal(await pool.run('return 1', {}), 1);
});

test('a few large values count as what they are', async () => {
  for (const script of [
    'const all = []; for (;;) all.push("x".repeat(100_000) + all.length)',
    'const all = []; for (;;) all.push(new Array(10_000).fill(1))',
    'const all = []; for (;;) all.push(new Uint8Array(1_000_000))',
    'return new Uint8Array(50_000_000).length',
  ]) {
    await assert.rejects(pool.run(script, {}, { timeoutMs: 10_000, memoryBytes: 16e6 }), { code: 'SCRIPT_MEMORY' }, script);
  }
  assert.equal(await pool.run('return new Uint8Array(50_000_000).length', {}, { memoryBytes: 64e6 }), 50_000_000);
  assert.equal(
    ((await pool.run('return message.data', message('汉'.repeat(2_000_000)), { memoryBytes: 64e6, timeoutMs: 10_000 })) as string).length,
    2_000_000,
  );
});

test('a worker that does not heed its deadline is ended and replaced', async () => {
  // Building huge texts rarely asks the interrupt handler.
  const stubborn = 'const a = []; for (;;) a.push("x".repeat(1e5) + a.length)';
  await assert.rejects(pool.run(stubborn, {}, { timeoutMs: 100, memoryBytes: 6e7 }), /SCRIPT_|ended|memory/);
  assert.equal(await pool.run('return 1', {}), 1);
});

test('tells the line of a mistake and nothing of our own code', async () => {
  await assert.rejects(pool.run('const a = 1;\nreturn null.x', {}), { code: 'SCRIPT_ERROR', values: { line: 2 } });
  await assert.rejects(pool.checkScript('const a = 1;\nreturn let'), { code: 'SCRIPT_INVALID', values: { line: 2 } });
  await pool.checkScript('return message.data // fine');
  // Threads keep compiled scripts, also those that fail without a message.
  assert.equal(await pool.run('return message.data', { message: { data: 1 } }), 1);
  for (let n = 0; n < 4; n += 1) await pool.checkScript('return message.data');
});

test('nothing of the host is in reach', async () => {
  const names = [
    'process',
    'require',
    'fetch',
    'WebAssembly',
    'Worker',
    'setTimeout',
    'Deno',
    'console',
    'navigator',
    'std',
    'os',
    'input',
  ];
  const script = `return ${JSON.stringify(names)}.filter((name) => globalThis[name] !== undefined)`;
  assert.deepEqual(await pool.run(script, {}), []);
  const escape = 'return typeof (function () {}).constructor("return this")().process + typeof this';
  assert.equal(await pool.run(escape, {}), 'undefinedundefined');
  await assert.rejects(
    pool
      .run('return import("node:fs").then((fs) => fs)', {})
      .then((value) => assert.deepEqual(value, {}) ?? Promise.reject(new Error('no module'))),
  );
  assert.equal(await pool.run('}); globalThis.leak = 1; (function (message) { return typeof message', message({})), 'object');
  assert.equal(await pool.run('return typeof globalThis.leak', {}), 'undefined');
});

test('a runaway of one key leaves the latency of another alone', async () => {
  const fair = createPool({ size: 2 });
  await fair.run('return 1', {}, { key: 'calm' });
  let ended = 0;
  const wild = () => fair.run('for (;;);', {}, { key: 'wild', timeoutMs: 5000 }).catch(() => ended++);
  const runaways = [wild(), wild(), wild(), wild()];
  for (let round = 0; round < 10; round++) assert.equal(await fair.run('return message.data', message(round), { key: 'calm' }), round);
  assert.equal(ended, 0, 'the calm key waited for none of the wild ones');
  await fair.close();
  await Promise.all(runaways);
});

test('many keys with long jobs leave a thread to one whose jobs are short', async () => {
  const fair = createPool({ size: 2 });
  await fair.run('return 1', {}, { key: 'calm' });
  let ended = 0;
  const wild = (key: number) => fair.run('for (;;);', {}, { key: `wild-${key}`, timeoutMs: 5000 }).catch(() => ended++);
  const runaways = [1, 2, 3, 4, 5, 6].map(wild);
  for (let round = 0; round < 10; round++) assert.equal(await fair.run('return message.data', message(round), { key: 'calm' }), round);
  assert.equal(ended, 0, 'the calm key waited for none of the wild ones');
  await fair.close();
  await Promise.all(runaways);
});

test('scripts of one key that wait together each get their own answer, whatever becomes of the others', async () => {
  const lone = createPool({ size: 1 });
  const mixed = `
    if (message.data % 10 === 3) throw new Error('left');
    if (message.data % 10 === 5) for (;;);
    if (message.data % 10 === 7) { const kept = []; for (;;) kept.push('x'.repeat(1e6) + kept.length); }
    return message.data`;
  const asked = Array.from({ length: 40 }, (_, number) => number);
  const limits = (number: number) => ({ key: 'flow', timeoutMs: number % 10 === 5 ? 30 : 30_000, memoryBytes: 4_000_000 });
  const answers = await Promise.all(
    asked.map((number) => lone.run(mixed, message(number), limits(number)).catch(({ code }: { code: string }) => code)),
  );
  const due: Record<number, string> = { 3: 'SCRIPT_ERROR', 5: 'SCRIPT_TIMEOUT', 7: 'SCRIPT_MEMORY' };
  assert.deepEqual(
    answers,
    asked.map((number) => due[number % 10] ?? number),
  );
});

test('a script that waits long is told in the log, with the flow that has the sandbox', async () => {
  const told = Promise.withResolvers<unknown>();
  const logger = {
    ...silentLogger,
    warn: (event: string, values: unknown) => (event === 'script.waits' ? told.resolve(values) : undefined),
  };
  const busy = createScriptPool({ clock: wallClock(), logger, size: 1 });
  open.push(busy);
  const runaway = busy
    .run('for (;;);', {}, { key: 'flw_greedy', timeoutMs: 4000 })
    .catch((error: unknown) => (error as { code: string }).code);
  const patient = busy.run('return 1', {}, { key: 'flw_patient' });
  const { waitedMs, ...values } = (await told.promise) as { waitedMs: number };
  assert.deepEqual(values, { key: 'flw_patient', takenBy: 'flw_greedy' });
  assert.ok(waitedMs >= 1000);
  assert.deepEqual(await Promise.all([runaway, patient]), ['SCRIPT_TIMEOUT', 1]);
});

test('a key with much to do gives its turn away', async () => {
  const lone = createPool({ size: 1 });
  await lone.run('return 1', {});
  const done: string[] = [];
  const slow = 'let sum = 0; for (let n = 0; n < 1_000_000; n++) sum += n % 7; return 1';
  const busy = Array.from({ length: 10 }, () => lone.run(slow, {}, { key: 'busy' }).then(() => done.push('busy')));
  const calm = lone.run('return 1', {}, { key: 'calm' }).then(() => done.push('calm'));
  await Promise.all([...busy, calm]);
  assert.ok(done.indexOf('calm') <= 2, done.join());
  assert.equal(done.length, 11);
});

test('a job notes on the step that it runs for how long it waited for others, also when it is given up', async () => {
  const waits: number[] = [];
  const metrics = { ...silentMetrics, observeMs: (_name: string, ms: number) => void waits.push(ms) };
  const lone = createScriptPool({ clock: wallClock(), logger: silentLogger, metrics, size: 1 });
  open.push(lone);
  await lone.run('return 1', {});
  const [first, second, leaver]: SandboxUser[] = [{}, {}, {}];
  const long = lone.run('for (;;);', {}, { key: 'a', timeoutMs: 400, user: first! }).catch(() => undefined);
  const abort = new AbortController();
  const left = lone.run('return 1', {}, { key: 'c', signal: abort.signal, user: leaver! }).catch(() => undefined);
  await lone.run('return 1', {}, { key: 'b', user: second! }).finally(() => abort.abort(new Error('left')));
  await Promise.all([long, left]);
  const now = wallClock().monotonic();
  assert.equal(first!.sandboxWait!.reportedMs(now), undefined);
  for (const user of [second!, leaver!]) {
    const told = user.sandboxWait!.reportedMs(now)!;
    assert.ok(told >= 300, `${told} ms`);
    assert.equal(user.sandboxWait!.reportedMs(now + 5000), told, 'nothing of it waits any more');
  }
  assert.ok(Math.max(...waits) >= 300 && waits.length >= 3);
});

test('refuses more than it can queue, and drops what nobody waits for', async () => {
  const small = createPool({ size: 1, queueLimit: 2 });
  const running = small.run('for (;;);', {}, { timeoutMs: 300, key: 'a' }).catch((error: { code: string }) => error.code);
  const abort = new AbortController();
  const waiting = small.run('return 1', {}, { key: 'b', signal: abort.signal });
  await assert.rejects(small.run('return 1', {}, { key: 'b' }), { code: 'SCRIPT_POOL_BUSY', kind: 'transient', retryAfterMs: 1000 });
  abort.abort(new Error('left'));
  await assert.rejects(waiting, /left/);
  assert.equal(await small.run('return 2', {}, { key: 'b' }), 2);
  assert.equal(await running, 'SCRIPT_TIMEOUT');
});

test('evaluates unbounded expressions, and ends them', async () => {
  assert.equal(await pool.runExpression('$match(data.a, /b+/).match', { data: { a: 'abbc' } }), 'bb');
  assert.equal(await pool.runExpression('$now()', {}, { nowMs: 5 }), '1970-01-01T00:00:00.005Z');
  await assert.rejects(pool.runExpression('$number(data.a)', { data: { a: '张三' } }), {
    code: 'EXPRESSION_FAILED',
    values: { fault: 'D3030', position: 8 },
  });
  await assert.rejects(pool.runExpression('($f := function($x) { $f($x + 1) }; $f(1))', {}, { timeoutMs: 200 }), {
    code: 'SCRIPT_TIMEOUT',
  });
  assert.equal(await pool.runExpression('$sum([1..10])', {}), 55);
});

test('a pattern that JavaScript takes for ever to match gives its result, in every function that takes patterns', async () => {
  const data = { data: `${'a'.repeat(5000)}!` };
  for (const [text, wanted] of [
    ['$contains(data, /(a+)+$/)', false],
    ['$exists($match(data, /(a|a)*$/)[0])', true],
    ['$length($replace(data, /(a+)+!/, "$1"))', 5000],
    ['$split(data, /(a+)+$/)[0] = data', true],
    ['($find := $contains(?, /(a+)+$/); $find(data))', false],
    ['$exists(data ~> /(a+)+$/)', false],
  ] as const)
    assert.equal(await pool.runExpression(text, data), wanted, text);
});

test('what was published with a pattern that RE2 cannot match gives what it gave, and ends in its limit', async () => {
  assert.equal(await pool.runExpression('$match(data, /\\d+(?= ml)/).match', { data: '5 kg 20 ml' }), '20');
  assert.equal(await pool.runExpression('$contains(data, /(.)\\1/)', { data: '张张' }), true);
  await assert.rejects(pool.runExpression('$contains(data, /^(a+)+(?!b)$/)', { data: `${'a'.repeat(40)}b` }, { timeoutMs: 200 }), {
    code: 'SCRIPT_TIMEOUT',
  });
});

test('matches that cost more and more in all end in the limit of the expression', async () => {
  // Each match is linear; this pattern looks at all that is left before it settles for one character.
  const data = { data: 'a'.repeat(200_000) };
  await assert.rejects(pool.runExpression('$count($match(data, /a*b|a/))', data, { timeoutMs: 200 }), { code: 'SCRIPT_TIMEOUT' });
  assert.equal(await pool.runExpression('$contains(data, /b/)', data), false);
});

test('patterns take turns on several texts, with characters that do not pass as they are', async () => {
  const data = { data: ['a\u0000b', 'x\ud800y\udc00z', '张三\u3000李四', 'ab'.repeat(300), '', '𠮷野'] };
  assert.deepEqual(await pool.runExpression('data.($match($, /(?:\\x00|y.)(.)/).groups)', data), ['b', 'z']);
  const nested =
    '$length($replace(data[3], /a/, function($m) { $replace($m.match & data[2], /[a张]/, "") & $count($split(data[0], /\\W/)) }))';
  assert.equal(await pool.runExpression(nested, data), 300 * (1 + '三\u3000李四2'.length));
  assert.deepEqual(await pool.runExpression('data[$contains($, /^$/)]', data), '');
  assert.deepEqual(await pool.runExpression('$match(data[5], /./).match', data), ['𠮷', '野']);
});

test('an expression leaves nothing behind for the next', async () => {
  const lone = createPool({ size: 1 });
  assert.equal(await lone.runExpression('($x := 1; $sum := 2; $x)', {}), 1);
  assert.deepEqual(await lone.runExpression('[$exists($x), $sum([1, 2])]', {}), [false, 3]);
  assert.equal(await lone.runExpression('data ~> |$|{"planted": 1}|', { data: {} }).then(JSON.stringify), '{"planted":1}');
  assert.deepEqual(await lone.runExpression('[$contains("ab", /b/), $patternFind, $patternOpen, $exists($patternText)]', {}), [
    true,
    false,
  ]);
  assert.deepEqual(await lone.runExpression('[data.planted, data.constructor, data.__proto__.planted, $string.planted]', { data: {} }), []);
});

test('closing ends what runs and refuses what comes', async () => {
  const closing = createPool({ size: 1 });
  const running = closing.run('for (;;);', {}, { timeoutMs: 60_000 });
  const ended = assert.rejects(running, { code: 'SCRIPT_POOL_CLOSED' });
  await closing.close();
  await ended;
  await assert.rejects(closing.run('return 1', {}), { code: 'SCRIPT_POOL_CLOSED' });
});

test('a thread is there for others before a runaway takes the one that works', async () => {
  const own = createPool();
  await own.run('', {});
  assert.equal(own.status().threads, 2);
});
