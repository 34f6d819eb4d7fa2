import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeQuery } from '../../../gateways/shared/decode-query.ts';
import { parseJson } from '../../../gateways/shared/parse-json.ts';

const parse = (text: string) => parseJson(Buffer.from(text));

test('reads what JSON.parse reads', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnpairedSurrogates: true } as never), fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const parsed = parse(text);
      if ('problem' in parsed) assert.match(parsed.problem, /number|__proto__/);
      else assert.deepEqual(parsed.value, JSON.parse(text));
    }),
  );
});

test('refuses a key that stands twice, however it is spelt', () => {
  for (const text of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '[{"b":{"a":[1],"a":0}}]', '{"":1,"":2}'])
    assert.ok('problem' in parse(text), text);
  for (const text of ['{"a":{"a":1},"b":["a","a"]}', '[{"a":1},{"a":2}]', '{"a":"x,\\"a\\":1"}']) assert.ok('value' in parse(text), text);
});

test('refuses what a receiver could stumble over', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  for (const text of [
    deep,
    '{"__proto__":1}',
    '{"\\u005f_proto__":1}',
    '1e999',
    '[-1e400]',
    '123456789012345678901',
    '{"a":1}x',
    "{'a':1}",
    '',
    '\u0000',
  ])
    assert.ok('problem' in parse(text), text.slice(0, 40));
  assert.ok('problem' in parseJson(Uint8Array.of(34, 0xff, 34)));
  for (const text of ['9007199254740991', '0.12345678901234567890', '1e10']) assert.ok('value' in parse(text), text);
});

test('decodes a query in one way: plus is a plus, a name stands once', () => {
  assert.deepEqual({ ...decodeQuery('a=1+2&b=%E5%BC%A0&c') }, { a: '1+2', b: '张', c: '' });
  for (const query of ['a=1&a=2', 'a=1&%61=2', 'a=%', 'a=%ff', '__proto__=1', Array.from({ length: 101 }, (_, i) => `k${i}=1`).join('&')])
    assert.equal(decodeQuery(query), undefined, query.slice(0, 30));
});
