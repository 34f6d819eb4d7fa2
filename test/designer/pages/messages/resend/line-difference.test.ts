import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineDifference, nearDifference, withLineEnds } from '../../../../../designer/src/pages/messages/resend/line-difference.ts';

const told = (before: string, after: string) =>
  lineDifference(before, after).map(({ kind, text }) => `${{ same: ' ', removed: '-', added: '+' }[kind]}${text}`);

test('tells what was removed, added and left alone, line by line', () => {
  assert.deepEqual(told('a\nb\nc', 'a\nx\nc'), [' a', '-b', '+x', ' c']);
  assert.deepEqual(told('a\nb', 'a\nb'), [' a', ' b']);
  assert.deepEqual(told('a\nb\nc\nd', 'b\nc\nd\ne'), ['-a', ' b', ' c', ' d', '+e']);
  assert.deepEqual(told('', 'a'), ['-', '+a']);
});

test('says which part of a changed line differs', () => {
  const [removed, added] = lineDifference('"name": "张三",', '"name": "张三丰",');
  assert.deepEqual(
    [removed?.changed, added?.changed],
    [
      [11, 11],
      [11, 12],
    ],
  );
});

test('counts the lines of each side, and leaves out what is far from any difference', () => {
  const before = Array.from({ length: 20 }, (_, index) => `line ${index + 1}`);
  const lines = lineDifference(before.join('\n'), before.with(9, 'other').join('\n'));
  const near = nearDifference(lines, 1);
  assert.deepEqual(
    near.map((line) => line && [line.kind, line.before, line.after]),
    [undefined, ['same', 9, 9], ['removed', 10, undefined], ['added', undefined, 10], ['same', 11, 11], undefined],
  );
});

test('an edited text keeps the line ends that it had: HL7 its carriage returns, a mixed file each its own', () => {
  assert.equal(withLineEnds('MSH|1\rPID|2\r', 'MSH|1\nPID|3\nPV1|4\n'), 'MSH|1\rPID|3\rPV1|4\r');
  assert.equal(withLineEnds('a\r\nb\nc', 'a\nb\nd'), 'a\r\nb\nd');
  assert.equal(withLineEnds('a\r\nb\nc\r', 'a\nb\nc\n'), 'a\r\nb\nc\r', 'unchanged it is the same to the byte');
  assert.equal(withLineEnds('one', 'one\ntwo'), 'one\ntwo');
});

test('two long texts without a common line are told as replaced, at once', () => {
  const many = (word: string) => Array.from({ length: 5000 }, (_, index) => `${word} ${index}`).join('\n');
  const lines = lineDifference(many('a'), many('b'));
  assert.equal(lines.length, 10_000);
});
