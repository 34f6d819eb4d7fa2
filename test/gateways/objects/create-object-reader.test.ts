import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { parseLocator } from '../../../gateways/documents/object-locator.ts';
import { createObjectReader } from '../../../gateways/objects/create-object-reader.ts';
import { placesOf } from '../../../gateways/objects/read-body.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

const reader = createObjectReader(fakeClock(0));
const from = { app: undefined, user: undefined, clientIp: '127.0.0.1', onLeave: () => undefined };
const places = (...locators: readonly string[]) => placesOf(locators.map((locator) => parseLocator(locator)!));
const read = (text: string, type: string, ...locators: readonly string[]) =>
  reader.read(Buffer.from(text), type, places(...locators), from);
const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const own = { kind: 'values', values: ['P1'], missing: 0 };

test('a small body is read at once, a large one in a thread, with the same result', async () => {
  const pad = 'x'.repeat(200_000);
  const cases: readonly (readonly [string, string, string])[] = [
    [JSON_TYPE, 'json:$.pid', `{"pid":"P1","pad":"PAD"}`],
    [FORM, 'form:pid', 'pid=P1&pad=PAD'],
    ['text/xml', 'xml:/r/pid', '<r><pid>P1</pid><pad>PAD</pad></r>'],
  ];
  for (const [type, locator, body] of cases) {
    const small = read(body, type, locator);
    assert.deepEqual(small, [own]);
    const large = read(body.replace('PAD', pad), type, locator);
    assert.ok(large instanceof Promise, type);
    assert.deepEqual(await large, small);
  }
});

test('seven megabytes of names take this thread next to no time, also for twenty rules', async () => {
  const names = Array.from({ length: 600_000 }, (_, i) => `"a${i}":1`).join(',');
  const body = Buffer.from(`{"pid":"P1",${names}}`);
  const twenty = places('json:$.pid', ...Array.from({ length: 19 }, (_, i) => `json:$.p${i}`));
  const [ms, found] = await cpuMsOf(() => reader.read(body, JSON_TYPE, twenty, from));
  assert.deepEqual([found.length, found[0]], [20, own]);
  assert.ok(ms < 200, `${ms} ms`);
});

test('repeated ids count once, and more than ten thousand different ones are refused', async () => {
  const listOf = (count: number, id: (i: number) => string) => `[${Array.from({ length: count }, (_, i) => `"${id(i)}"`).join(',')}]`;
  assert.deepEqual(
    await read(
      listOf(90_000, () => 'P1'),
      JSON_TYPE,
      'json:$[*]',
    ),
    [own],
  );
  assert.equal(
    await read(
      listOf(10_001, (i) => `P${i}`),
      JSON_TYPE,
      'json:$[*]',
    ),
    'too-many',
  );
});

test('rules for the same place share what it holds, and its ids count once', async () => {
  const ids = JSON.stringify(Array.from({ length: 6_000 }, (_, i) => `P${i}`));
  const found = await read(ids, JSON_TYPE, 'json:$[*]', 'json:$[*]');
  assert.equal(found.length, 1);
});

test('a number that most readers would round is ambiguous', () => {
  assert.deepEqual(read('{"pid":9007199254740993}', JSON_TYPE, 'json:$.pid'), [{ kind: 'ambiguous' }]);
});

test('fills into a large body like into a small one', async () => {
  const fills = [{ steps: [{ name: 'pid' }], value: '"P1"' }];
  assert.equal(Buffer.from((await reader.fill(Buffer.from('{}'), fills, from)) as Uint8Array).toString(), '{"pid":"P1"}');
  const large = `{"pad":"${'x'.repeat(200_000)}"}`;
  const filled = reader.fill(Buffer.from(large), fills, from);
  assert.ok(filled instanceof Promise);
  assert.equal(Buffer.from((await filled) as Uint8Array).toString(), large.replace('{', '{"pid":"P1",'));
  assert.equal(await reader.fill(Buffer.from('[]'), fills, from), undefined);
});

test('a large answer is judged in a thread', async () => {
  const rule = { locator: 'json:$[*].pid', subject: 'token.uid', op: 'eq', action: 'drop' } as const;
  const rules = [{ rule, steps: ['all' as const, { name: 'pid' }], subject: { values: ['P1'], isNumber: false }, related: undefined }];
  const items = Array.from({ length: 99_000 }, (_, i) => ({ pid: i % 1000 === 0 ? 'P1' : `Q${i}` }));
  const body = Buffer.from(JSON.stringify(items));
  const [ms, verdict] = await cpuMsOf(() => reader.judgeAnswer(body, rules, 'ifc_a', from));
  assert.ok(typeof verdict === 'object' && verdict.kind === 'own');
  assert.equal((JSON.parse(Buffer.from(verdict.body!).toString()) as unknown[]).length, 99);
  assert.deepEqual(verdict.dropped, [{ where: rule.locator, count: 98_901 }]);
  assert.ok(ms < 200, `${ms} ms`);
});

test('a body that nobody waits for any more is not read', async () => {
  const left = { ...from, onLeave: (action: () => void) => action() };
  assert.equal(await reader.read(Buffer.from(`"${'x'.repeat(200_000)}"`), JSON_TYPE, places('json:$.a'), left), 'busy');
});
