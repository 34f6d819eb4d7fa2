import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorText } from '../../../../engine/contract/error-texts/error-texts.ts';
import { createMessage } from '../../../../engine/contract/values/message.ts';
import { checkMapping, compileMapping } from '../../../../nodes/shared/mapping/compile-mapping.ts';
import type { Mapping, MappingSource } from '../../../../nodes/shared/mapping/mapping-document.ts';
import { engineBuild } from '../../support/engine-build.ts';

const mappingOf = (fn: string, ...args: readonly MappingSource[]): Mapping => ({
  rules: [{ to: 'x', from: { fn, args: [{ path: 'data.at' }, ...args] } }],
});
const values = (...texts: readonly string[]) => texts.map((value): MappingSource => ({ value }));
const problemOf = (fn: string, ...pictures: readonly string[]) => checkMapping(mappingOf(fn, ...values(...pictures)))[0]?.values;
const run = (mapping: Mapping, data: unknown) =>
  compileMapping(mapping, engineBuild())({ message: createMessage(data), nodes: {}, now: 0 }, () => '');

test('refuses a date picture with a letter that means nothing, and says which is meant', () => {
  for (const [picture, letters, meant] of [
    ['YYYY-mm-DD', 'YYYY', 'yyyy'],
    ['yyyy-MM-DD', 'DD', 'dd'],
    ['yyyyMMddhhmmss', 'hh', 'HH'],
    ['yyyy-M-dd', 'M', 'MM'],
    ['yyyyMMddHHmmssSSSS', 'SSSS', 'SSS'],
    ['yyyyMMddHHmmSS', 'SS', 'ss'],
    ['yyy-MM-dd', 'yyy', 'yyyy'],
  ]) {
    assert.deepEqual(problemOf('formatDate', picture!), { problem: 'picture-letter', picture, letters, meant }, picture);
  }
  assert.deepEqual(problemOf('formatDate', 'yyyy-MM-dd EEE'), { problem: 'picture-letter', picture: 'yyyy-MM-dd EEE', letters: 'EEE' });
});

test('refuses minutes where the month stands, and months where the minutes stand', () => {
  for (const picture of ['yyyy-mm-dd', 'yyyymmdd', 'dd/mm/yyyy', 'yyyy-mm'])
    assert.equal(problemOf('formatDate', picture)?.['problem'], 'picture-minutes');
  for (const picture of ['HH:MM', 'yyyyMMddHHMMss', 'HH:MM:ss'])
    assert.equal(problemOf('formatDate', picture)?.['problem'], 'picture-months');
});

test('refuses pictures that read one part twice, no year or nothing, and a Z that is not true', () => {
  assert.equal(problemOf('parseDate', 'yyyy/MM/yyyyMMdd')?.['problem'], 'picture-twice');
  assert.equal(problemOf('parseDate', 'HH:mm')?.['problem'], 'picture-year');
  assert.equal(problemOf('convertDate', 'HHmm', 'yyyyMMdd')?.['problem'], 'picture-year');
  assert.equal(problemOf('formatDate', '年月日')?.['problem'], 'picture-empty');
  assert.equal(problemOf('formatDate', '')?.['problem'], 'picture-empty');
  assert.equal(problemOf('formatDate', 'yyyy-MM-ddTHH:mm:ssZ')?.['problem'], 'picture-zone');
  assert.equal(problemOf('convertDate', 'yyyyMMddHHmmssZ', 'yyyyMMddHHmmss')?.['problem'], 'picture-zones');
  assert.deepEqual(problemOf('formatDate', 'yyyyMMdd', '+8'), { problem: 'zone', zone: '+8' });
});

test('takes the pictures that hospital systems use', () => {
  for (const picture of [
    'yyyyMMddHHmmss',
    'yyyyMMdd',
    'yyyy-MM-ddTHH:mm:ss.SSS',
    'yyyy年MM月dd日 HH时mm分',
    'dd/MM/yyyy',
    'MMddHHmm',
    'HH:mm',
    'mm:ss',
    'yyyy/MM/yyyyMMdd',
  ])
    assert.equal(problemOf('formatDate', picture), undefined, picture);
  for (const picture of ['yyyyMMddHHmmss', 'yyyyMMddHHmm', 'yyyy', 'yyyy年MM月dd日'])
    assert.equal(problemOf('parseDate', picture), undefined, picture);
  assert.equal(problemOf('formatDate', 'yyyy-MM-ddTHH:mm:ssZ', 'Z'), undefined);
  assert.equal(problemOf('convertDate', 'HHmm', 'HH:mm'), undefined);
});

test('says in Chinese which letters are wrong, what is meant and what may be written', () => {
  const [issue] = checkMapping(mappingOf('formatDate', ...values('YYYY-mm-DD')));
  assert.deepEqual([issue?.path, issue?.code], ['/rules/0/from', 'MAPPING_INVALID']);
  const { what, fix } = errorText(issue!, 'zh-CN');
  assert.match(what, /“YYYY-mm-DD”中的“YYYY”.*是否应为 yyyy/);
  assert.match(fix!, /yyyy 年、MM 月、dd 日、HH 时、mm 分、ss 秒/);
  assert.match(issue!.message, /"YYYY-mm-DD".*YYYY.*yyyy/);
});

test('refuses a picture that comes from the message when it is none, and does not tell it', () => {
  const mapping = mappingOf('formatDate', { path: 'data.picture' });
  assert.deepEqual(checkMapping(mapping), []);
  assert.deepEqual(run(mapping, { at: '2026-01-02', picture: 'yyyy/MM/dd' }), { x: '2026/01/02' });
  assert.throws(
    () => run(mapping, { at: '2026-01-02', picture: '张三 YYYY' }),
    (error: Error & { code?: string; values?: object }) =>
      error.code === 'MAP_FUNCTION_FAILED' && !`${error.message}${JSON.stringify(error)}`.includes('张三'),
  );
  assert.deepEqual(run(mapping, { picture: 'YYYY' }), {}, 'without a time there is nothing to write');
});

test('what was published with a wrong picture before they were checked goes on as it did', () => {
  assert.deepEqual(run(mappingOf('formatDate', ...values('YYYY-mm-DD')), { at: '2026-01-02' }), { x: 'YYYY-00-DD' });
});
