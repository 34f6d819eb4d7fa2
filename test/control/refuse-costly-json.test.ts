import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseCostlyJson } from '../../control/api/refuse-costly-json.ts';
import { startControl } from './start-control.ts';

test('takes a hundred levels of JSON, counts no brackets within strings, and refuses one more', () => {
  const nested = (levels: number) => `${'[{"a\\"]":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
  assert.equal(refuseCostlyJson(nested(100)), undefined);
  assert.equal(refuseCostlyJson(nested(102))?.code, 'REQUEST_MALFORMED');
  for (const text of [`"${'['.repeat(500)}"`, `{"a":"\\\\","b":"${'{'.repeat(500)}"}`, `"${'['.repeat(500)}`, ''])
    assert.equal(refuseCostlyJson(text), undefined, text.slice(0, 20));
});

test('takes a million values, and refuses one more', () => {
  const objects = (count: number) => `[${'{},'.repeat(count - 1)}{}]`;
  assert.equal(refuseCostlyJson(objects(999_999)), undefined);
  const refused = refuseCostlyJson(objects(1_000_000));
  assert.deepEqual([refused?.code, refused?.values], ['BODY_TOO_LARGE', { problem: 'values', limit: 1_000_000 }]);
});

test('takes a code table and a bundle of hundreds of flows, and refuses objects that would hold up everybody', () => {
  const named = (from: number, count: number) => `{${Array.from({ length: count }, (_, index) => `"n${from + index}":1`).join(',')}}`;
  const many = (count: number, each: (index: number) => string) =>
    `[${Array.from({ length: count }, (_, index) => each(index)).join(',')}]`;
  assert.equal(refuseCostlyJson(`{"entries":${named(0, 190_000)}}`), undefined);
  assert.equal(refuseCostlyJson(many(500, (flow) => `{"layout":{"nodes":${named(flow * 50, 50)}}}`)), undefined);
  const problemOf = (json: string) => refuseCostlyJson(json)?.values['problem'];
  assert.equal(problemOf(`{"x":${named(0, 550_000)}}`), 'names');
  assert.equal(problemOf(many(18, () => named(0, 46_000))), 'wide');
  assert.equal(problemOf(many(5_500, (index) => named(index * 100, 100))), 'orders');
});

test('answers 400 to a body that is nested deeper than any document', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
  ] as const) {
    const response = await fetch(`${running.control.address}/api/v1/flows/validate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await running.control.issueToken('admin', 'test', 60_000)}` },
      body: `${open.repeat(20_000)}1${close.repeat(20_000)}`,
    });
    assert.equal(response.status, 400);
    assert.match(await response.text(), /100 levels/);
  }
});

test('says of a key that changes how objects behave that it is refused, and of what is no JSON that it is none', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const problemOf = async (body: string) => {
    const response = await fetch(`${running.control.address}/api/v1/flows/validate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${await running.control.issueToken('admin', 'test', 60_000)}` },
      body,
    });
    const { code, values } = (await response.json()) as { code: string; values: { problem: string } };
    return [response.status, code, values.problem];
  };
  assert.deepEqual(await problemOf('{"nodes":[{"__proto__":1}]}'), [400, 'REQUEST_MALFORMED', 'key']);
  assert.deepEqual(await problemOf('{"constructor":{"prototype":1}}'), [400, 'REQUEST_MALFORMED', 'key']);
  assert.deepEqual(await problemOf('{"__proto__":1'), [400, 'REQUEST_MALFORMED', 'json']);
});
