import assert from 'node:assert/strict';
import { test } from 'node:test';
import schema from '../../../../gateways/policies/content/schema.policy.ts';
import { runPolicy } from '../../support/run-policy.ts';
import { cpuMsOf } from '../../../support/cpu-time.ts';

const requestSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['hospital'],
  properties: { hospital: { type: 'string', pattern: '^(a+)+$' }, day: { type: 'string', format: 'date' } },
};
const check = (body: string) => runPolicy(schema, { interface: { requestSchema }, exchange: { body: Buffer.from(body) } });

test('names the place of what does not fit, and never its value', async () => {
  const { error } = await check('{"hospital":"secret-1"}');
  assert.equal(error?.code, 'GW42201');
  assert.deepEqual(
    error?.issues?.map((issue) => issue.path),
    ['/body/hospital'],
  );
  assert.ok(!JSON.stringify(error).includes('secret-1'));
  assert.deepEqual(
    (await check('{}')).error?.issues?.map((issue) => issue.path),
    ['/body/hospital'],
  );
  assert.deepEqual(
    (await check('{"hospital":"a","day":"yesterday"}')).error?.issues?.map((issue) => issue.path),
    ['/body/day'],
  );
});

test('keeps the parsed body for the flow', async () => {
  assert.deepEqual((await check('{"hospital":"aa"}')).exchange.json, { hospital: 'aa' });
});

test('refuses malformed JSON and keys that stand twice', async () => {
  for (const body of ['{', '', '{"hospital":"a","hospital":"b"}', '{"__proto__":{}}', '[1e999]'])
    assert.equal((await check(body)).error?.code, 'GW40001', body);
});

test('a pattern cannot stop the gateway', async () => {
  const [ms, { error }] = await cpuMsOf(() => check(JSON.stringify({ hospital: `${'a'.repeat(50_000)}!` })));
  assert.equal(error?.code, 'GW42201');
  assert.ok(ms < 5000, `${ms} ms`);
});

test('checks the query, where texts stand for numbers', async () => {
  const querySchema = { type: 'object', required: ['page'], properties: { page: { type: 'integer', maximum: 9 } } };
  const codeFor = async (rawQuery: string) => (await runPolicy(schema, { interface: { querySchema }, exchange: { rawQuery } })).error?.code;
  assert.equal(await codeFor('page=3'), undefined);
  assert.equal(await codeFor('page=30'), 'GW42201');
  assert.equal(await codeFor('page=3&page=4'), 'GW40001');
});
