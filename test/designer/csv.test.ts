import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvOf, parseCsv } from '../../designer/src/kit/table/csv.ts';

const columns = [{ title: 'text', value: (row: string) => row }];

test('a plain negative number stays as it is, and is read back as it was', () => {
  const texts = ['-1', '-12.50', "'-1", '-1-1', '-', '+1'];
  const csv = csvOf(columns, texts);
  assert.deepEqual(csv.split('\r\n').slice(1, -1), ['-1', '-12.50', "''-1", "'-1-1", "'-", "'+1"]);
  assert.deepEqual(
    parseCsv(csv).slice(1),
    texts.map((text) => [text]),
  );
});

test('a text that a spreadsheet would run is disarmed wherever a cell may begin, and read back as it was', () => {
  const hostile = [
    '=1+1',
    '+1',
    '-1+1',
    '@SUM(A1)',
    '\t=1',
    ' =1',
    '=a',
    'name\n=cmd|calc',
    'name\r\n  @x',
    '“=1',
    '病区 A',
    '\n=1',
    '＝1',
    '＋1',
    '－1',
    '＠x',
    '\u200b=1',
    '\0=1',
    '\u0085=1',
    ' \u2060\u200b＝1',
    "'=1",
    "''=1",
    "'",
    "' =1",
    "' '=1",
    "name\n'@x",
    "O'Neill",
  ];
  const csv = csvOf(columns, hostile);
  for (const line of csv.replaceAll('"', '').split(/[\r\n]+/)) assert.doesNotMatch(line, /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u);
  assert.deepEqual(
    parseCsv(csv).slice(1),
    hostile.map((text) => [text]),
  );
});
