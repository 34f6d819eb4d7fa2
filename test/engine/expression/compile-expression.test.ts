import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { Scope } from '../../../engine/contract/node/node.ts';
import { scopeRoot } from '../../../engine/contract/flow/scope-path.ts';
import { compileExpression, type ExpressionRunner } from '../../../engine/expression/compile-expression.ts';

const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);
const noPool: ExpressionRunner = { runExpression: () => Promise.reject(new Error('went to the sandbox')) };
const scopeOf = (data: unknown, nodes: Record<string, unknown> = {}): Scope => ({ message: createMessage(data), nodes, now: NOW });
// The syntax decides what runs in process here, not the load of the machine.
const compile = (text: string) => compileExpression(text, { pool: noPool, inlineMs: 60_000 });

const name = fc.constantFrom('a', 'b', 'c');
const leaf = fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom('', 'x', '7', 'Ab'), fc.boolean(), fc.constant(null));
const data = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
  ),
})).value;
const path = fc
  .tuple(
    fc.constantFrom('data', '$$.data', 'nodes.n_1', 'data[0]'),
    fc.array(fc.tuple(name, fc.constantFrom('', '', '', '[0]', '[-1]', '[1]', '[0][0]')), { maxLength: 3 }),
  )
  .map(([root, steps]) => root + steps.map(([field, position]) => `.${field}${position}`).join(''));
const expression = fc.letrec<{ text: string }>((tie) => ({
  text: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    path,
    fc.constantFrom('1', '0', '"x"', '""', 'true', 'null', '-2', '"["'),
    fc
      .tuple(tie('text'), fc.constantFrom('+', '-', '*', '/', '%', '=', '!=', '<', '<=', '>', '>=', '&', 'and', 'or', 'in'), tie('text'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie('text'), tie('text'), tie('text')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `(${a} ?: ${b})`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `[${a}, ${b}]`),
    fc.tuple(tie('text'), tie('text')).map(([a, b]) => `{"p": ${a}, "q": ${b}}`),
    fc
      .tuple(fc.constantFrom('$uppercase', '$lowercase', '$length', '$exists', '$not', '$boolean', '-'), tie('text'))
      .map(([f, a]) => `${f}(${a})`),
  ),
})).text;

test('a closure gives what JSONata gives, on random expressions and data', async () => {
  await fc.assert(
    fc.asyncProperty(expression, data, data, async (text, value, other) => {
      const scope = scopeOf(value, { n_1: other });
      const compiled = compile(text);
      assert.ok(compiled.isInline, text);
      const wanted = await settle(() => jsonata(text).evaluate(scopeRoot(scope)));
      const got = await settle(() => Promise.resolve().then(() => compiled.run(scope)));
      assert.deepEqual(got, wanted, text);
    }),
    { numRuns: 1500 },
  );
});

async function settle(run: () => Promise<unknown>): Promise<unknown> {
  try {
    const value: unknown = await run();
    return value === undefined ? 'nothing' : (JSON.parse(JSON.stringify({ value })) as unknown);
  } catch (error) {
    // Which of two failing items of an array is reported first depends on JSONata's promises: compare only that it fails.
    return typeof (error as { code?: unknown }).code === 'string' ? 'failed' : error;
  }
}

test('bounded functions, filters and maps run in process', async () => {
  const scope = scopeOf({
    name: ' li ',
    items: [
      { n: 1, p: 'a' },
      { n: 5, p: 'b' },
    ],
  });
  assert.equal(await compile('$trim(data.name)').run(scope), 'li');
  assert.equal(await compile('data.items[n > 2].p').run(scope), 'b');
  assert.deepEqual(await compile('{"all": data.items.{"x": p & "!"}, "n": $reverse(data.items.n)}').run(scope), {
    all: [{ x: 'a!' }, { x: 'b!' }],
    n: [5, 1],
  });
  assert.equal(await compile('$join($split("a,b", ","), "-")').run(scope), 'a-b');
  assert.equal(await compile('$sum(data.items.n)').run(scope), 6);
});

test('now is the time of acceptance', async () => {
  assert.equal(compile('$now()').run(scopeOf({})), '2026-01-02T03:04:05.000Z');
  assert.equal(compile('now').run(scopeOf({})), NOW);
  assert.equal(await compile('$fromMillis($millis(), "[Y0001]")').run(scopeOf({})), '2026');
  assert.equal(await compile('$toMillis("20260102", "[Y0001][M01][D01]")').run(scopeOf({})), Date.UTC(2026, 0, 2));
});

test('regular expressions, lambdas, ranges, variables and pictures from data go to the sandbox', async () => {
  for (const text of [
    '$match(data.a, /a+/)',
    'data ~> |$|{}|',
    '[1..9]',
    '($x := 1; $x)',
    '$map(data, function($v){$v})',
    'data.**',
    '$pad("x", data.n)',
    'data.f(1)',
    '$replace("a","a","b")',
    // It takes the rest of the date from the clock, which only the sandbox's is the time of acceptance.
    '$toMillis("07:30", "[H01]:[m01]")',
  ]) {
    const compiled = compile(text);
    assert.equal(compiled.isInline, false, text);
    await assert.rejects(Promise.resolve(compiled.run(scopeOf({ n: 3 }))), /went to the sandbox/, text);
  }
});

test('an expression that holds the event loop too long is handed to the sandbox', async () => {
  // Quadratic: it would take minutes without the product's limit.
  const compiled = compileExpression('data.items[$count($$.data.items[n >= 0]) > 0].n', { pool: noPool });
  await assert.rejects(
    Promise.resolve(compiled.run(scopeOf({ items: Array.from({ length: 3000 }, (_, n) => ({ n })) }))),
    /went to the sandbox/,
  );
});

test('names the nodes that an expression reads', () => {
  assert.deepEqual(compile('nodes.n_a.body & nodes.`n_b`.x').names, ['n_a', 'n_b']);
  assert.deepEqual(compile('data.x').names, []);
  assert.deepEqual(compile('data.items[$ > 1]').names, []);
  assert.deepEqual(compile('$keys(nodes)').names, ['*']);
  assert.deepEqual(compile('$$').names, ['*']);
  assert.deepEqual(compile('$$.nodes.n_a').names, ['n_a']);
});

test('bad text is refused with its line', () => {
  assert.throws(() => compile('data.a\n  +'), { code: 'EXPRESSION_INVALID' });
  assert.throws(() => compile('$random()'), { code: 'EXPRESSION_INVALID', message: /retry/ });
  assert.throws(() => compile('$eval("1")'), { code: 'EXPRESSION_INVALID' });
  assert.throws(() => compile('$map(data, $random)'), { code: 'EXPRESSION_INVALID' });
  assert.throws(() => compile('1+'.repeat(6000) + '1'), { code: 'EXPRESSION_INVALID' });
});

test('a draft with a pattern that RE2 cannot match is refused with what to write instead; what is published compiles', () => {
  const draft = (text: string) => compileExpression(text, { pool: noPool, isDraft: true });
  assert.throws(() => draft('data.a &\n $match(data.b, /\\d+(?=ml)/).match'), {
    code: 'EXPRESSION_INVALID',
    message: /line 2.*\(\?=ml\).*look-ahead/,
    fix: /from a group/,
    values: { problem: 'pattern-look-around', name: '/\\d+(?=ml)/', position: 36, line: 2 },
  });
  assert.throws(() => draft('$map(data, function($v) { $v ~> /(a)\\1/ })'), { fix: /compare/ });
  assert.throws(() => draft(`[${Array.from({ length: 8 }, () => '$contains(data.a, /a{900}/)').join()}]`), { fix: /Lower the counts/ });
  assert.doesNotThrow(() => draft('$match(data.a, /(\\d+)(?:ml|g)$/im).groups[0]'));
  assert.doesNotThrow(() => compile('$match(data.b, /\\d+(?=ml)/)'));
});

test('a failure tells its place and never the value', async () => {
  const failing = compile('data.name + 1');
  assert.throws(
    () => failing.run(scopeOf({ name: '张三' })),
    (error: Error) => /T2001|arithmetic/.test(error.message) && !error.message.includes('张三'),
  );
  await assert.rejects(
    Promise.resolve(compile('$number(data.name)').run(scopeOf({ name: '张三' }))),
    (error: Error) => !error.message.includes('张三'),
  );
});

test('prototypes are out of reach', () => {
  assert.equal(compile('data.constructor').run(scopeOf({})), undefined);
  assert.equal(compile('data.__proto__.polluted').run(scopeOf({})), undefined);
});
