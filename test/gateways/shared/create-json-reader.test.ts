import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import type { Sender } from '../../../gateways/json-reading.ts';
import type { CheckedJson } from '../../../gateways/json-reading.ts';
import type { JsonSchema } from '../../../engine/schema/compile-schema.ts';
import { createCheckedSchema } from '../../../gateways/shared/create-checked-schema.ts';
import { createJsonReader } from '../../../gateways/shared/create-json-reader.ts';

const repeat = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const json = (value: unknown) => Buffer.from(JSON.stringify(value));
const from = (clientIp: string): Sender => ({ app: undefined, user: undefined, clientIp, onLeave: () => undefined });
const HERE = from('203.0.113.1');
/** Of computing on the event loop, for what took seconds there. A bound on work, generous enough for any machine. */
const MOST_MS = 400;

function open(t: TestContext) {
  const reader = createJsonReader(wallClock());
  t.after(() => reader.close());
  return {
    ...reader,
    checked: (body: Uint8Array, schema: JsonSchema, sender = HERE) => reader.readChecked(body, createCheckedSchema(schema), sender, true),
  };
}

/** Milliseconds that this thread computes meanwhile. */
async function mainThreadMs<T>(work: () => T | Promise<T>): Promise<[ms: number, result: T]> {
  const before = process.threadCpuUsage();
  const result = await work();
  const { user, system } = process.threadCpuUsage(before);
  return [(user + system) / 1000, result];
}

const kindOf = (found: CheckedJson) => ('issues' in found ? 'issues' : 'value' in found ? 'value' : found.problem);

test('reads a small body at once and a large one in another thread, with the same result', async (t) => {
  const reader = open(t);
  const large = { list: repeat(20_000, (i) => ({ i, 姓名: '张三' })) };
  assert.deepEqual(reader.read(Buffer.from('{"a":1}'), HERE), { value: { a: 1 } });
  const begun = reader.read(json(large), HERE);
  assert.ok(begun instanceof Promise);
  assert.deepEqual(await begun, { value: large });
  const doubled = `{"a":1,"a":"${'x'.repeat(200_000)}"}`;
  assert.deepEqual(await reader.read(Buffer.from(doubled), HERE), { problem: 'an object has the same key twice' });
});

test('checks an ordinary body at once, and a large one in another thread, with the same places', async (t) => {
  const reader = open(t);
  const schema = { type: 'object', properties: { list: { items: { properties: { i: { type: 'integer' } } } } } };
  const right = json({ list: repeat(50, (i) => ({ i })) });
  assert.equal(kindOf(reader.checked(right, schema) as CheckedJson), 'value');
  const place = { path: '/list/1/i', message: 'must be integer' };
  assert.deepEqual(await reader.checked(json({ list: [{}, { i: 'x' }] }), schema), { issues: [place] });
  const large = reader.checked(json({ list: [{}, { i: 'x' }, 'y'.repeat(200_000)] }), schema);
  assert.ok(large instanceof Promise);
  assert.deepEqual(await large, { issues: [place] });
  const verdict = await reader.readChecked(json({ list: ['y'.repeat(200_000)] }), createCheckedSchema(schema), HERE, false);
  assert.deepEqual(verdict, { value: undefined }, 'what nobody reads is not carried over');
});

test('JSON of too many values or names is refused where its value is wanted, and checked where it is not', async (t) => {
  const reader = open(t);
  const ones = Buffer.from(`[${'1,'.repeat(1_200_000)}1]`);
  const names = Buffer.from(`{${repeat(60_000, (index) => `"name ${index}":1`).join(',')}}`);
  const excess = { of: 'values', found: 1_200_002, limit: 1_000_000 };
  assert.deepEqual(await reader.read(ones, HERE), { problem: 'the body has too many values', excess });
  assert.deepEqual(await reader.checked(ones, { type: 'array' }), { problem: 'the body has too many values', excess });
  assert.deepEqual(await reader.readChecked(ones, createCheckedSchema({ type: 'array' }), HERE, false), { value: undefined });
  const named = { of: 'names', found: 50_001, limit: 50_000 };
  assert.deepEqual(await reader.read(names, HERE), { problem: 'the body has too many names', excess: named });
});

test('ordinary records and long texts of 10 MB are read', async (t) => {
  const reader = open(t);
  const record = (id: number) => ({ id: `P${id}`, name: '张三', ward: 'W7', bed: id % 60, amount: id * 1.25, insured: true });
  for (const value of [repeat(100_000, record), { hl7: 'MSH|^~\\&|\r'.repeat(900_000) }])
    assert.equal(kindOf((await reader.read(json(value), HERE)) as CheckedJson), 'value');
});

const branches = { items: { anyOf: repeat(90, () => ({ allOf: repeat(10, (i) => ({ type: 'string', minLength: i + 5 })) })) } };
const BOMBS: Readonly<Record<string, { schema: JsonSchema; body: unknown }>> = {
  'many branches for each of many texts': { schema: branches, body: repeat(12_000, () => 'abc') },
  'a list of problems longer than the body': {
    schema: { items: { allOf: repeat(900, (i) => ({ maximum: -i })) } },
    body: repeat(30_000, () => 1),
  },
  'names that must all be there, for each of many empty objects': {
    schema: { items: { required: repeat(3000, (i) => `field${i}`) } },
    body: repeat(30_000, () => ({})),
  },
  'fields that may be there, for each of many empty objects': {
    schema: { items: { properties: Object.fromEntries(repeat(190, (i) => [`field${i}`, {}])) } },
    body: repeat(40_000, () => ({})),
  },
  'names of fields against many patterns': {
    schema: { patternProperties: Object.fromEntries(repeat(90, (i) => [`^f[0-9]+${i}x$`, { type: 'number' }])) },
    body: Object.fromEntries(repeat(10_000, (i) => [`f${i}`, 1])),
  },
};

for (const [name, { schema, body }] of Object.entries(BOMBS)) {
  test(`${name}: the check costs the event loop next to nothing, and ends with a result`, async (t) => {
    const reader = open(t);
    assert.ok(json(body).byteLength <= 128 * 1024);
    const [ms, found] = await mainThreadMs(() => reader.checked(json(body), schema));
    assert.match(kindOf(found), /^(issues|value|reading and checking it needs too much CPU time or memory)$/);
    assert.ok(ms < MOST_MS, `the event loop computed ${ms} ms`);
  });
}

test('a check without an end is refused as too costly; its sender waits, and another goes on', async (t) => {
  const reader = open(t);
  const schema = { type: 'string', pattern: '(?:a|b)*a(?:a|b){300}$' };
  // In a random text each character reaches a new state: about twice the time that so large a body is given.
  const bomb = json(repeat(3_000_000, (i) => 'ab'[Math.floor(Math.sin(i) * 10_000) & 1]).join(''));
  const bomber = from('203.0.113.66');
  const [ms, [found, others]] = await mainThreadMs(() =>
    Promise.all([
      reader.checked(bomb, schema, bomber),
      Promise.all(repeat(5, async () => reader.checked(json('ab'.repeat(70_000)), { type: 'string' }, HERE))),
    ]),
  );
  assert.ok('isCostly' in found && found.isCostly);
  assert.deepEqual(
    others.map(kindOf),
    repeat(5, () => 'value'),
  );
  assert.ok(ms < MOST_MS, `the event loop computed ${ms} ms`);
  const again = await reader.checked(bomb, schema, bomber);
  assert.ok('isBusy' in again && again.isBusy);
});

test('where the list of problems has no end, the first one is told, and the lists of others are whole', async (t) => {
  const reader = open(t);
  const endless = { items: { required: repeat(1000, (i) => `k${i}`) } };
  const body = json(repeat(40_000, () => ({})));
  const bomber = from('203.0.113.66');
  const small = () => reader.checked(json({}), { required: ['a', 'b'] }, HERE);
  const [found, whole] = await Promise.all([Promise.all(repeat(5, async () => reader.checked(body, endless, bomber))), small()]);
  for (const one of found) assert.deepEqual('issues' in one && one.issues.map(({ path }) => path), ['/0/k0']);
  assert.deepEqual('issues' in whole && whole.issues.map(({ path }) => path), ['/a', '/b']);
  const again = await reader.checked(json([{}]), endless, bomber);
  assert.deepEqual('issues' in again && again.issues.map(({ path }) => path), ['/0/k0'], 'its sender waits for another list');
});

test('a large schema is compiled in the thread, once, and its list of problems is whole', async (t) => {
  const reader = open(t);
  const properties = Object.fromEntries(repeat(600, (i) => [`f${i}`, { type: 'string', minLength: 1, maxLength: 5 + i }]));
  const checked = createCheckedSchema({ type: 'object', required: ['f1', 'f2'], properties, additionalProperties: false });
  const [ms, found] = await mainThreadMs(() => reader.readChecked(json({ f3: 1 }), checked, HERE, true));
  assert.deepEqual('issues' in found && found.issues.map(({ path }) => path), ['/f1', '/f2', '/f3']);
  assert.ok(ms < MOST_MS, `the event loop computed ${ms} ms`);
  assert.deepEqual(await reader.readChecked(json({ f1: 'a', f2: 'b' }), checked, HERE, true), { value: { f1: 'a', f2: 'b' } });
});

test('a schema from before the bounds is the fault of the interface, not of the body', async (t) => {
  const reader = open(t);
  const definitions = Object.fromEntries(
    repeat(40, (i) => [`d${i}`, i === 0 ? { type: 'string', minLength: 9 } : { anyOf: repeat(2, () => ({ $ref: `#/$defs/d${i - 1}` })) }]),
  );
  const bomb = createCheckedSchema({ $defs: definitions, $ref: '#/$defs/d39' });
  await assert.rejects(async () => reader.readChecked(json('abc'), bomb, HERE, true), /the schema needs too much CPU time/);
  await assert.rejects(async () => reader.readChecked(json('abc'), bomb, from('203.0.113.2'), true), /the schema needs too much CPU time/);
});

test('the body of a sender that has left is not read', async (t) => {
  const reader = open(t);
  const leaver: Sender = { ...from('203.0.113.3'), onLeave: (action) => action() };
  const found = await reader.read(json('x'.repeat(200_000)), leaver);
  assert.ok('isBusy' in found && found.isBusy);
});
