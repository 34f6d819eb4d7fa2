import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addMembers } from '../../../../engine/contract/compatibility/json-members.ts';
import { addPairs, endOfNested, ownQuery, sortedText } from '../../../../engine/contract/compatibility/signed-parameters.ts';

const NONE: ReadonlySet<string> = new Set();
const membersOf = (json: string) => {
  const found = new Map<string, string>();
  return addMembers(found, json, 'data') ? Object.fromEntries(found) : undefined;
};

test('reads the members of any JSON object, and the nested one as its text', () => {
  const plain = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null));
  const names = fc.stringMatching(/^[a-z][A-Za-z0-9_.-]{0,8}$/).filter((name) => name !== 'data');
  fc.assert(
    fc.property(fc.dictionary(names, plain, { maxKeys: 20 }), fc.object(), fc.constantFrom(undefined, 2), (members, data, indent) => {
      const json = JSON.stringify({ ...members, data }, undefined, indent);
      const texts = Object.entries(members).map(([name, value]) => [name, typeof value === 'string' ? value : JSON.stringify(value ?? '')]);
      const expected = Object.fromEntries(
        texts.map(([name, text]) => [name, text === '""' && members[name!] === null ? '' : text]),
      ) as object;
      const found = membersOf(json)!;
      assert.deepEqual(JSON.parse(found['data']!), JSON.parse(JSON.stringify(data)));
      assert.deepEqual({ ...found, data: undefined }, { ...expected, data: undefined });
    }),
  );
});

test('refuses what is no JSON object, or occurs twice', () => {
  for (const json of [
    '',
    '[]',
    '{',
    '{"a":1',
    '{"a":1}}',
    '{"a":1}x',
    '{"a":1,}',
    '{"a"1}',
    '{a:1}',
    '{"a":01}',
    '{"a":"\n"}',
    '{"a":"\\ud800"}',
  ])
    assert.equal(membersOf(json), undefined, json);
  for (const json of ['{"a":1,"a":1}', '{"a":1,"\\u0061":2}', '{"a b":1}', '{"":1}', '{"data":"{}"}', '{"data":{}', '{"more":{}}'])
    assert.equal(membersOf(json), undefined, json);
  assert.deepEqual(membersOf(' { } '), {});
});

test('a long text is read in linear time, brackets or not', () => {
  assert.equal(endOfNested('['.repeat(1_000_000), 0), -1);
  assert.equal(endOfNested(`{"a":"${'\\"'.repeat(500_000)}"}`, 0), 1_000_008);
});

test('reads pairs as forms do, each name once', () => {
  const read = (text: string) => {
    const found = new Map<string, string>();
    return addPairs(found, text) ? Object.fromEntries(found) : undefined;
  };
  assert.deepEqual(read('a=1+2&b=%2B%E7%94%B2&c='), { a: '1 2', b: '+甲', c: '' });
  for (const wrong of ['a', 'a=1&a=2', 'a=1&%61=2', 'a=%', 'a=%ff', '&', 'a=1&', '=1', `${'a=1&'.repeat(200)}`])
    assert.equal(read(wrong), undefined, wrong);
});

test('the signed text cannot be split in another way', () => {
  const text = (fields: Record<string, string>) => sortedText(new Map(Object.entries(fields)), NONE, 'data');
  assert.equal(text({ b: '2', a: '1', data: '{"x":"&c=3"}', blank: ' ' }), 'a=1&b=2&data={"x":"&c=3"}');
  assert.equal(text({ a: '1&b=2' }), undefined);
  assert.equal(text({ a: '1', data: '' }), 'a=1');
  for (const data of [' ', '\t', ' {}', '{}&a=1', '{"a":1}{}', 'x', '{"a":1', '"{}"']) assert.equal(text({ data }), undefined, data);
});

test('hands on what is signed, encoded so that each reader sees the same', () => {
  const parameters = new Map([
    ['z', 'a b+c&'],
    ['own', '甲'],
    ['blank', ' '],
    ['sign', 'x'],
  ]);
  assert.equal(ownQuery(parameters, new Set(['sign'])), 'own=%E7%94%B2&z=a%20b%2Bc%26');
});
