import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeAnswer } from '../../../gateways/cache/judge-answer.ts';

const judge = (headers: Record<string, string>, fields: { status?: number; cookies?: string[]; body?: Uint8Array } = {}) =>
  judgeAnswer({ status: 200, headers, body: Buffer.from('x'), ...fields }, (header) => header === 'accept-language');

test('shares what depends only on the key and belongs to nobody', () => {
  for (const headers of [{}, { vary: 'Accept-Language, Accept-Encoding' }, { 'cache-control': 'public, max-age=5' }, { vary: ' , ' }])
    assert.equal(judge(headers).isStorable, true, JSON.stringify(headers));
  for (const headers of [
    { vary: '*' },
    { vary: 'accept-language, cookie' },
    { 'cache-control': 'PRIVATE' },
    { 'cache-control': 'max-age=5,no-store' },
    { 'cache-control': 'private="set-cookie"' },
    { 'cache-control': 'no-cache' },
    { 'set-cookie': 'a=b' },
  ])
    assert.deepEqual([judge(headers).isShareable, judge(headers).isStorable], [false, false], JSON.stringify(headers));
  assert.equal(judge({}, { cookies: ['a=b'] }).isShareable, false);
});

test('stores only whole successes of up to one megabyte', () => {
  for (const status of [200, 203, 204]) assert.equal(judge({}, { status }).isStorable, true);
  for (const status of [201, 202, 206, 301, 304, 404, 500])
    assert.deepEqual([judge({}, { status }).isShareable, judge({}, { status }).isStorable], [true, false]);
  assert.equal(judge({}, { body: Buffer.alloc(1_048_576) }).isStorable, true);
  assert.equal(judge({}, { body: Buffer.alloc(1_048_577) }).isStorable, false);
});

test('keeps to the time of the target: s-maxage before max-age, less the age, and none that cannot be read', () => {
  assert.equal(judge({}).freshMs, undefined);
  assert.equal(judge({ 'cache-control': 'max-age=10, s-maxage="4"' }).freshMs, 4000);
  assert.deepEqual([judge({ 'cache-control': 'max-age=10', age: '3' }).freshMs, judge({ age: '3' }).ageMs], [7000, 3000]);
  assert.equal(judge({ 'cache-control': 'max-age=10', age: '30' }).isStorable, false);
  assert.equal(judge({ 'cache-control': 'max-age=-1' }).freshMs, undefined);
  assert.equal(judge({ 'cache-control': 'max-age=9, must-revalidate' }).mayBeStale, false);
  assert.equal(judge({ 'cache-control': 'max-age=9' }).mayBeStale, true);
});
