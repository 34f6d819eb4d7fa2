import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hl7RowNames } from '../../designer/src/mapping/context/hl7-row-names.ts';
import { sourceWords } from '../../designer/src/i18n/source-words.ts';
import { sourceTree } from '../../designer/src/model/mapping/source-tree.ts';

test('rows of a parsed HL7 message have the names of the standard, other data has none', () => {
  const message = { MSH: [{ f9: [{ c1: 'ADT' }] }], PID: [{ f5: [{ c1: '测试甲' }] }] };
  const name = hl7RowNames(
    sourceTree(
      [
        { path: 'data', sample: message },
        { path: 'nodes.n_call', sample: { PID: [{}] } },
      ],
      [],
    ),
  );
  assert.deepEqual(name('data.PID', 'zh-CN'), { place: 'PID', name: '患者标识' });
  assert.deepEqual(name('data.PID[0]', 'zh-CN'), { place: '每一段', name: undefined });
  assert.deepEqual(name('data.PID[0].f5', 'en'), { place: 'PID-5', name: 'Patient Name' });
  assert.deepEqual(name('data.PID[0].f5[0]', 'en'), { place: 'Every repetition', name: undefined });
  assert.deepEqual(name('data.MSH[0].f9[0].c2', 'zh-CN'), { place: 'MSH-9.2', name: '触发事件' });
  assert.equal(name('nodes.n_call.PID', 'zh-CN'), undefined);
});

test('a source is told in a few words: where it begins and what is done to it', () => {
  const from = { fn: 'trim', args: [{ table: 'sex', key: { path: 'data.sex' } }] };
  assert.deepEqual(sourceWords(from, 'zh-CN'), { base: 'data.sex', kind: 'path', steps: ['查 sex', '去空白'] });
  assert.deepEqual(sourceWords({ each: { path: 'data.list' }, rules: [] }, 'en'), { base: 'Each of data.list', kind: 'loop', steps: [] });
  assert.deepEqual(sourceWords({ value: 'A' }, 'en'), { base: '“A”', kind: 'value', steps: [] });
});
