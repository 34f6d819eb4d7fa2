import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { compileExpression } from '../../../engine/expression/compile-expression.ts';
import { createInPlaceRunner } from '../../../engine/expression/browser.ts';
import { expressionFunctions } from '../../../engine/functions/expression-functions.ts';
import { valueFunctions } from '../../../engine/functions/value-functions.ts';
import { createScriptPool } from '../../../engine/script/script-pool.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Scope } from '../../../engine/contract/node/node.ts';

const byName = new Map(valueFunctions.map((entry) => [entry.name, entry]));
const call = (name: string, ...args: readonly unknown[]) => byName.get(name)!.run(...args);

test('digests agree with those of the platform for any text', () => {
  for (const text of ['', 'abc', '张三丰🙂', 'x'.repeat(70_000)]) {
    assert.equal(call('sm3', text), createHash('sm3').update(text).digest('hex'));
    assert.equal(call('sha256', text), createHash('sha256').update(text).digest('hex'));
  }
  assert.throws(() => call('sm3', 'x'.repeat(1_000_001)));
});

test('encodings return the text they were made of, and refuse bytes that are not UTF-8', () => {
  for (const text of ['', '张三🙂', 'a&b=c/d', '\u0000\ufeff']) {
    assert.equal(call('fromBase64', call('toBase64', text)), text);
    assert.equal(call('fromHex', call('toHex', text)), text);
    assert.equal(call('decodeUrlComponent', call('encodeUrlComponent', text)), text);
  }
  assert.equal(call('fromBase64', '5byg\r\n5LiJ'), '张三', 'lines of a mail');
  for (const wrong of ['/w==', '5byg5Li', '@@']) assert.throws(() => call('fromBase64', wrong));
  assert.throws(() => call('fromHex', 'ff'));
});

test('a UUID depends on its text and namespace only', () => {
  assert.equal(call('uuid', 'P1'), call('uuid', 'P1'));
  assert.notEqual(call('uuid', 'P1'), call('uuid', 'P2'));
  assert.match(String(call('uuid', 'P1')), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.throws(() => call('uuid', 'P1', 'no uuid'));
});

test('amounts are exact and written as on a receipt', () => {
  assert.equal(call('sum', [0.1, 0.2]), 0.3);
  assert.equal(
    call(
      'sum',
      Array.from({ length: 1000 }, () => '0.01'),
    ),
    10,
  );
  assert.equal(call('toFen', 1.15), 115);
  assert.throws(() => call('toFen', '1.155'), 'a fraction of a fen is never lost');
  assert.equal(call('fromFen', -5), '-0.05');
  for (const [amount, text] of [
    [0, '零元整'],
    ['0.05', '伍分'],
    ['0.30', '叁角整'],
    [10, '壹拾元整'],
    ['1680.32', '壹仟陆佰捌拾元叁角贰分'],
    ['107000.53', '壹拾万零柒仟元伍角叁分'],
    [100_000_001, '壹亿零壹元整'],
    [20_030_400, '贰仟零叁万零肆佰元整'],
    ['-12.00', '负壹拾贰元整'],
  ] as const)
    assert.equal(call('moneyInChinese', amount), text, String(amount));
});

test('lists keep their order where nothing else is asked', () => {
  const rows = [
    { dept: '内科', no: 2 },
    { dept: '外科', no: 10 },
    { dept: '内科', no: 1 },
    { dept: null, no: 3 },
  ];
  assert.deepEqual(
    (call('sort', rows, 'no', 'desc') as typeof rows).map(({ no }) => no),
    [10, 3, 2, 1],
  );
  assert.deepEqual(
    (call('sort', rows, 'dept') as typeof rows).map(({ no }) => no),
    [2, 1, 10, 3],
  );
  assert.deepEqual(call('distinct', [1, '1', 1, { a: 1 }, { a: 1 }, 2]), [1, '1', { a: 1 }, 2]);
  assert.deepEqual(
    (call('groupBy', rows, 'dept') as { key: unknown }[]).map(({ key }) => key),
    ['内科', '外科', null],
  );
  assert.throws(() => call('sort', [1], null, 'down'));
});

test('patterns are linear and refused where RE2 cannot match them', () => {
  assert.equal(call('matches', `${'a'.repeat(50_000)}!`, '^(a+)+$'), false);
  assert.equal(call('extract', '姓名:张三;', '姓名:(?P<name>[^;]+)'), '张三');
  assert.equal(call('replacePattern', 'a1b2', '[0-9]', '$$<$&>'), 'a$<1>b$<2>');
  assert.throws(() => call('matches', 'a', '(?=a)'));
  for (const pattern of ['(?=a)', '(', '(a{1000}){1000}']) assert.ok(byName.get('matches')!.settings!.check(pattern), pattern);
});

test('hostile text costs no time that grows with its square', () => {
  assert.throws(() => call('toNumber', `0.${'0'.repeat(100_000)}1`));
  assert.throws(() => call('extractAll', '<'.repeat(200_000), '<[^>]*>|<'), /too (long|many)/);
  assert.throws(() => call('replacePattern', '<'.repeat(200_000), '<[^>]*>|<', ''), /too (long|many)/);
  assert.equal(call('replacePattern', 'ab'.repeat(2000), 'a', ''), 'b'.repeat(2000));
});

test('an expression calls them wherever it runs, and an error never shows the value', async (t) => {
  const pool = createScriptPool({ clock: wallClock(), logger: silentLogger, size: 1 });
  t.after(() => pool.close());
  const scope = {
    message: { data: { id: '310101199001010012', list: [3, 1] }, headers: {}, keys: {} },
    nodes: {},
    now: 0,
  } as unknown as Scope;
  const run = async (text: string, runner = pool as Parameters<typeof compileExpression>[1]['pool']) =>
    await compileExpression(text, { pool: runner, isDraft: true }).run(scope);
  const places = {
    closure: (inner: string) => inner,
    'JSONata in process': (inner: string) => `$substring(${inner}, 0)`,
    sandbox: (inner: string) => `($f := function($x) { ${inner} }; $f(1))`,
  };
  for (const [place, write] of Object.entries(places)) {
    for (const runner of [pool, createInPlaceRunner()]) {
      assert.equal(await run(write('$padLeft($idCardSex(data.id), 3, "0")'), runner), '001', place);
      assert.equal(await run(write('$sm3("abc")'), runner), '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0', place);
      await assert.rejects(
        run(write('$fromHex(data.id & "zz")'), runner),
        (error: Error & { values?: { fault?: string } }) => error.values?.fault === 'K0001' && !error.message.includes('310101'),
        place,
      );
    }
  }
  assert.ok(!expressionFunctions.has('sort'), 'a function of JSONata keeps its meaning');
  assert.throws(() => compileExpression('$padleft(data.id, 3)', { pool, isDraft: true }), { code: 'EXPRESSION_INVALID' });
});
