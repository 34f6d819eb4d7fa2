import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../engine/contract/values/message.ts';
import type { Scope } from '../../../engine/contract/node/node.ts';
import { compileCondition } from '../../../engine/expression/compile-condition.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const scope: Scope = {
  message: createMessage({ n: 7, s: '7', code: '007', name: '张三丰', list: [1, '2'], nil: null, empty: {}, at: '2026-01-02' }),
  nodes: {},
  now: 0,
};
const compilers = { compileExpression: (text: string) => () => (text === 'later' ? Promise.resolve(7) : 7) };
const check = (rule: unknown) => compileCondition(rule, compilers)(scope);
const row = (path: string, op: string, value?: unknown) => ({
  left: { path: `data.${path}` },
  op,
  ...(value === undefined ? {} : { right: { value } }),
});

test('compares numbers with numeric texts as numbers, and texts with texts exactly', () => {
  assert.equal(check(row('s', 'eq', 7)), true);
  assert.equal(check(row('code', 'eq', '7')), false);
  assert.equal(check(row('code', 'gte', '7')), true);
  assert.equal(check(row('n', 'lt', '10')), true);
  assert.equal(check(row('at', 'gt', '2025-12-31')), true);
  assert.equal(check(row('name', 'gt', 5)), false);
});

test('knows members, parts of texts, absence and emptiness', () => {
  assert.equal(check(row('s', 'in', [7, 8])), true);
  assert.equal(check(row('n', 'not-in', [1])), true);
  assert.equal(check(row('list', 'contains', 2)), true);
  assert.equal(check(row('name', 'starts-with', '张')), true);
  assert.equal(check(row('name', 'ends-with', '丰')), true);
  assert.equal(check(row('name', 'matches', '^张.丰$')), true);
  assert.equal(check(row('name', 'matches', '三')), true);
  assert.equal(check(row('nil', 'exists')), false);
  assert.equal(check(row('x.y.z', 'absent')), true);
  assert.equal(check(row('empty', 'empty')), true);
  assert.equal(check(row('list', 'not-empty')), true);
  assert.equal(check(row('x', 'ne', 1)), true);
});

test('all, any and not stop as early as they can and wait only where they must', async () => {
  assert.equal(check({ all: [row('n', 'eq', 7), { not: row('s', 'eq', 8) }] }), true);
  assert.equal(check({ any: [] }), false);
  assert.equal(check({ all: [] }), true);
  const later = { left: { expression: 'later' }, op: 'eq', right: { value: 7 } };
  assert.equal(check({ any: [row('n', 'eq', 7), later] }), true);
  assert.equal(await check({ all: [later, { not: { not: later } }, row('n', 'eq', 7)] }), true);
});

test('names every problem of a condition at once, with its place', () => {
  assert.throws(
    () =>
      check({
        all: [
          { op: 'like' },
          { left: { path: 'date.x' }, op: 'exists' },
          row('a', 'matches', '(?=x)'),
          { left: { path: 'data.__proto__' }, op: 'exists' },
        ],
      }),
    (error: unknown) =>
      error instanceof AppError &&
      error.code === 'CONDITION_INVALID' &&
      error.issues.map((issue) => issue.path).join() === '/all/0,/all/1/left,/all/2/right,/all/3/left',
  );
});

test('refuses conditions nested deeper than 16 levels', () => {
  let rule: unknown = row('n', 'exists');
  for (let depth = 0; depth < 20; depth++) rule = { not: rule };
  assert.throws(() => check(rule), { code: 'CONDITION_INVALID' });
});

test('a pattern that ruins a backtracking engine ends at once', async () => {
  const evil: Scope = { ...scope, message: createMessage({ text: `${'a'.repeat(50_000)}!` }) };
  const row = { left: { path: 'data.text' }, op: 'matches', right: { value: '^(a+)+$' } };
  const [ms, isTrue] = await cpuMsOf(() => compileCondition(row, compilers)(evil));
  assert.equal(isTrue, false);
  assert.ok(ms < 5000, `${ms} ms`);
});
