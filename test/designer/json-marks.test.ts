import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marksIn } from '../../designer/src/kit/code/json-marks.ts';

const text = `{
  "environments": { "U/AT": { "port": 99999, "peers": [{ "host": "a" }, 7] } },
  "limits": {}
}`;
const problem = (pointer: string) => ({ pointer, severity: 'error' as const, what: 'is wrong' });
const marked = (pointer: string) => marksIn(text, [problem(pointer)]).map(({ from, to }) => text.slice(from, to));

test('a problem is marked at its value, a large one at its beginning, what is missing at what lies around it', () => {
  assert.deepEqual(marked('/environments/U~1AT/port'), ['99999']);
  assert.deepEqual(marked('/environments/U~1AT/peers/1'), ['7']);
  assert.deepEqual(marked('/environments/U~1AT/peers/0/host'), ['"a"']);
  assert.deepEqual(marked('/environments/U~1AT/peers'), ['[']);
  const [missing] = marksIn(text, [problem('/limits/timeoutMs')]);
  assert.deepEqual([missing?.from, missing?.message], [text.indexOf('{}'), 'timeoutMs: is wrong']);
  assert.deepEqual(marked(''), ['{']);
  assert.deepEqual(
    marksIn('{"a":1,"a":"x"}', [problem('/a')]).map(({ from }) => from),
    [11],
    'the last of two counts',
  );
});

test('a text that is no JSON is marked nowhere', () => {
  assert.deepEqual(marksIn('{ "a\\x": 1, ', [problem('/a')]), []);
  assert.deepEqual(marksIn('', [problem('/a')]), []);
});
