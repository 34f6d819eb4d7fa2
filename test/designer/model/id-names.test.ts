import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { kindsIn, nameIds, type Kind } from '../../../designer/src/i18n/id-names.ts';

const NAMES: Readonly<Record<string, string>> = { 'flow flw_a': '入院登记', 'adapter adp_c': '丙院接入 $&', 'table wards': '病区' };
const nameOf = (kind: Kind, id: string) => NAMES[`${kind} ${id}`] ?? '';

const clash = {
  code: 'LISTENER_CLASH',
  message: 'The address of adp_c is already used by the listener of the flow flw_a ("Admissions").',
  values: { flowId: 'flw_b', other: 'flw_a', adapter: 'adp_c' },
  fix: 'Use another adapter.',
};

test('flows and adapters in an error are called by their names, in both languages', () => {
  const zh = nameIds(errorText(clash, 'zh-CN'), clash, nameOf);
  assert.equal(zh.what, '流程“入院登记”已在监听适配器“丙院接入 $&”的地址');
  assert.equal(zh.fix, '改用其他适配器，或先取消发布流程“入院登记”。');
  const en = nameIds(errorText(clash, 'en'), clash, nameOf);
  assert.equal(en.what, 'The address of "丙院接入 $&" is already used by the listener of the flow "入院登记".');
});

test('an id stays where its thing is gone or may not be known', () => {
  const told = errorText(clash, 'zh-CN');
  assert.deepEqual(
    nameIds(told, clash, () => ''),
    told,
  );
});

test('a code table is called by its name only where its id is quoted', () => {
  const error = {
    code: 'CODE_UNKNOWN',
    message: 'The code table "wards" does not know this code: wards have no fallback.',
    values: { table: 'wards' },
  };
  assert.equal(
    nameIds(errorText(error, 'en'), error, nameOf).what,
    'The code table "病区" does not know this code: wards have no fallback.',
  );
  assert.match(nameIds(errorText(error, 'zh-CN'), error, nameOf).what, /^代码表“病区”中没有这个代码/);
});

test('lists are needed only for what an error names', () => {
  assert.deepEqual(kindsIn(clash).toSorted(), ['adapter', 'flow', 'flow']);
  assert.deepEqual(kindsIn({ values: { table: '', flows: 'flw_a、flw_b', node: 'n_x' } }), ['flow', 'flow']);
  assert.deepEqual(kindsIn({}), []);
});
