import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { AppError } from '../../../../engine/contract/values/errors.ts';
import { createMessage } from '../../../../engine/contract/values/message.ts';
import type { Scope } from '../../../../engine/contract/node/node.ts';
import { compileMapping } from '../../../../nodes/shared/mapping/compile-mapping.ts';
import { MappingSchema, type Mapping, type MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { valueFunctions } from '../../../../engine/functions/value-functions.ts';
import { engineBuild } from '../../support/engine-build.ts';

const scopeOf = (data: unknown): Scope => ({ message: createMessage(data), nodes: {}, now: 0 });
const lookup = (table: string, key: string): string => {
  if (table === 'sex' && key === 'M') return '1';
  throw new AppError('CODE_UNKNOWN', 'input', `Code table ${table} does not contain this code.`);
};
function map(rules: Mapping['rules'], data: unknown): unknown {
  assert.ok(Value.Check(MappingSchema, { rules }), 'the mapping fits its schema');
  return compileMapping({ rules }, engineBuild())(scopeOf(data), lookup);
}
const call = (fn: string, ...args: readonly unknown[]): unknown =>
  (map([{ to: 'x', from: { fn, args: args.map((value): MappingSource => ({ value })) } }], {}) as { x?: unknown }).x;

test('builds a nested target from paths, values, functions, code tables and loops at once, without a promise', () => {
  const target = map(
    [
      { to: 'patient.name', from: { fn: 'concat', args: [{ path: 'data.last' }, { path: 'data.first' }] } },
      { to: 'patient.sex', from: { table: 'sex', key: { path: 'data.sex' } } },
      { to: 'patient.ids[0].value', from: { path: 'data.id' }, required: true },
      { to: 'source', from: { value: 'HIS' } },
      { to: 'tags[]', from: { value: 'a' } },
      { to: 'tags[]', from: { path: 'data.tag' } },
      {
        to: 'orders',
        from: {
          each: { path: 'data.orders' },
          when: { left: { path: 'item.n' }, op: 'gt', right: { value: 0 } },
          rules: [
            { to: 'no', from: { path: 'item.no' } },
            {
              to: 'lines',
              from: {
                each: { path: 'item.lines' },
                item: { fn: 'concat', args: [{ path: 'outer.item.no' }, { path: 'item' }, { path: 'index' }] },
              },
            },
          ],
        },
      },
      { to: 'phone', from: { path: 'data.phone' }, default: '-' },
      { to: 'minor', from: { value: true }, when: { left: { path: 'data.age' }, op: 'lt', right: { value: 18 } } },
    ],
    {
      last: '张',
      first: '三',
      sex: 'M',
      id: '7',
      tag: 'b',
      age: 40,
      orders: [
        { no: 'A', n: 1, lines: ['x', 'y'] },
        { no: 'B', n: 0, lines: [] },
      ],
    },
  );
  assert.deepEqual(target, {
    patient: { name: '张三', sex: '1', ids: [{ value: '7' }] },
    source: 'HIS',
    tags: ['a', 'b'],
    orders: [{ no: 'A', lines: ['Ax0', 'Ay1'] }],
    phone: '-',
  });
});

test('waits for expressions that need it and keeps the order of rules', async () => {
  const rules = [
    { to: 'a', from: { expression: '$join(data.list, "-")' } },
    { to: 'b', from: { each: { path: 'data.list' }, item: { expression: '$pad(item, 3, "0") & $string(index)' } } },
    { to: 'c', from: { expression: 'data.list[1]' } },
  ];
  assert.deepEqual(await map(rules, { list: ['x', 'y'] }), { a: 'x-y', b: ['x000', 'y001'], c: 'y' });
});

test('never writes into the message it reads', () => {
  const data = { patient: { name: 'a' } };
  const target = map(
    [
      { to: 'p', from: { path: 'data.patient' } },
      { to: 'p.name', from: { value: 'b' } },
    ],
    data,
  );
  assert.deepEqual(target, { p: { name: 'b' } });
  assert.equal(data.patient.name, 'a');
});

test('names every wrong rule at once, with its place', () => {
  const rules: Mapping['rules'] = [
    { to: '__proto__.x', from: { path: 'date' } },
    { to: 'a', from: { fn: 'nope', args: [] } },
    { to: 'b', from: { fn: 'trim', args: [] } },
    { to: 'c', from: { expression: 'data.(' } },
    { to: 'd', from: { value: 1 }, when: { left: { path: 'data.a' }, op: 'like' as 'eq' } },
  ];
  assert.throws(
    () => compileMapping({ rules }, engineBuild()),
    (error: unknown) =>
      error instanceof AppError &&
      error.code === 'MAPPING_INVALID' &&
      error.issues.map((issue) => issue.path).join() ===
        '/rules/0/from,/rules/0/to,/rules/1/from,/rules/2/from,/rules/3/from,/rules/4/when',
  );
});

test('tells every failing rule of a message, and never the value', () => {
  const rules: Mapping['rules'] = [
    { to: 'a', from: { path: 'data.missing' }, required: true },
    { to: 'b', from: { fn: 'toNumber', args: [{ path: 'data.name' }] } },
    { to: 'c', from: { table: 'sex', key: { path: 'data.name' } } },
    { to: 'd', from: { table: 'sex', key: { path: 'data.name' }, default: '9' } },
  ];
  assert.throws(
    () => map(rules, { name: '张三' }),
    (error: unknown) =>
      error instanceof AppError &&
      error.issues.map((issue) => `${issue.path} ${issue.code}`).join() ===
        '/rules/0 MAP_SOURCE_MISSING,/rules/1 MAP_FUNCTION_FAILED,/rules/2 CODE_UNKNOWN' &&
      !JSON.stringify([error.message, error.issues]).includes('张三'),
  );
});

test('knows the dates of Chinese hospital systems', () => {
  assert.equal(call('parseDate', '20260102030405', 'yyyyMMddHHmmss'), '2026-01-02T03:04:05+08:00');
  assert.equal(call('parseDate', '20260102', 'yyyyMMdd'), '2026-01-02');
  assert.equal(call('parseDate', '2026年01月02日', 'yyyy年MM月dd日'), '2026-01-02');
  assert.throws(() => call('parseDate', '20260230', 'yyyyMMdd'), { code: 'MAP_FUNCTION_FAILED' });
  assert.throws(() => call('parseDate', '2026010203', 'yyyyMMdd'), { code: 'MAP_FUNCTION_FAILED' });
  assert.equal(call('formatDate', '2026-01-01T19:04:05Z', 'yyyyMMddHHmmss'), '20260102030405');
  assert.equal(call('formatDate', '2026-01-02', 'yyyyMMdd'), '20260102');
  assert.equal(call('formatDate', 0, 'HH:mm', 'Z'), '00:00');
  assert.equal(call('convertDate', '20260102', 'yyyyMMdd', 'yyyy/MM/dd'), '2026/01/02');
  assert.equal(call('formatDate', undefined, 'yyyy'), undefined);
});

test('reads identity card numbers and their check character', () => {
  assert.equal(call('idCardBirthDate', '11010519491231002X'), '1949-12-31');
  assert.equal(call('idCardSex', '11010519491231002X'), '2');
  assert.equal(call('idCardIsValid', '110105194912310021'), false);
  assert.equal(call('idCardBirthDate', '110105491231002'), '1949-12-31');
});

test('works on texts, numbers and choices', () => {
  assert.equal(call('padLeft', 7, 3, '0'), '007');
  assert.equal(call('substring', '张三丰', 1, 1), '三');
  assert.equal(call('replace', 'a.b.c', '.', '$&'), 'a$&b$&c');
  assert.equal(call('round', 1.005, 2), 1.01);
  assert.equal(call('toNumber', '007'), 7);
  assert.equal(call('toNumber', ''), undefined);
  assert.equal(call('toNumber', '00000000000000000012.50'), 12.5);
  assert.equal(call('toNumber', '1234567890123456'), 1234567890123456);
  for (const long of ['110105194912310021', '1234567890123456.78', '123456789012345678901234'])
    assert.throws(() => call('toNumber', long), { code: 'MAP_FUNCTION_FAILED' }, 'a number that would lose digits is refused');
  assert.equal(call('coalesce', null, '', 'x'), 'x');
  assert.deepEqual(call('asList', 'x'), ['x']);
  assert.throws(() => call('padLeft', 'x', 1e9), { code: 'MAP_FUNCTION_FAILED' });
});

test('every function is described in both languages', () => {
  assert.equal(new Set(valueFunctions.map(({ name }) => name)).size, valueFunctions.length);
  for (const { label, help, args } of valueFunctions) {
    for (const text of [label, help, ...args.map((arg) => arg.label)]) assert.ok(text['zh-CN'] && text.en);
  }
});
