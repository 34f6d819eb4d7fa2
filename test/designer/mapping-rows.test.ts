import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hl7RowNames, withoutRepeatedRows } from '../../designer/src/mapping/context/hl7-row-names.ts';
import { sourceWords } from '../../designer/src/i18n/source-words.ts';
import { allSources, sourceTree } from '../../designer/src/model/mapping/source-tree.ts';

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

test('a first subcomponent has its row where the message, the standard or a rule has it, and its name', () => {
  const text = { c1: '7', c1s1: '7', c4: 'A', c4s1: 'A' };
  const data = {
    MSH: [{ raw: 'MSH|' }],
    PID: [{ f3: [text], f8: [{ c1: 'M', c1s1: 'M' }], raw: 'PID|' }],
    ZPI: [{ f1: [{ c1: 'a&b', c1s1: 'a', c1s2: 'b' }] }],
  };
  const pathsFor = (read: readonly string[]) =>
    allSources(withoutRepeatedRows(sourceTree([{ path: 'data', sample: data }], read), read)).map(({ path }) => path);
  const shown = pathsFor(['data.PID[0].f8[0].c1s1']);
  for (const path of ['PID[0].f3[0].c4s1', 'PID[0].f8[0].c1s1', 'ZPI[0].f1[0].c1s1']) assert.ok(shown.includes(`data.${path}`), path);
  for (const path of ['PID[0].f3[0].c1s1', 'PID[0].raw', 'MSH[0].raw']) assert.ok(!shown.includes(`data.${path}`), path);
  const name = hl7RowNames(sourceTree([{ path: 'data', sample: data }], []));
  assert.deepEqual(name('data.PID[0].f3[0].c4s1', 'en'), name('data.PID[0].f3[0].c4.s1', 'en'));
  assert.equal(name('data.PID[0].f3[0].c4s1', 'en')?.place, 'PID-3.4.1');
});

test('a source is told in a few words: where it begins and what is done to it', () => {
  const from = { fn: 'trim', args: [{ table: 'sex', key: { path: 'data.sex' } }] };
  assert.deepEqual(sourceWords(from, 'zh-CN'), { base: 'data.sex', kind: 'path', steps: ['查 sex', '去空白'] });
  assert.deepEqual(sourceWords({ each: { path: 'data.list' }, rules: [] }, 'en'), { base: 'Each of data.list', kind: 'loop', steps: [] });
  assert.deepEqual(sourceWords({ value: 'A' }, 'en'), { base: '“A”', kind: 'value', steps: [] });
});
