import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import check from '../../../nodes/check/json-schema.node.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

showsContract(import.meta.url, {
  happy: 'lets data through that fits',
  refusal: 'refuses what does not fit, with every place and no value or field name of the data',
  cancel: '10 MB are checked while others go on, with the same answers, and a cancel ends it',
  '10 MB': '10 MB are checked while others go on, with the same answers, and a cancel ends it',
});

const schema = {
  type: 'object',
  required: ['id', 'day'],
  properties: { id: { type: 'string', pattern: '^(\\d+)+$' }, day: { type: 'string', format: 'date' }, name: { const: 'x' } },
  additionalProperties: false,
};
const run = (data: unknown, config: object = { schema }) => runNode(check, { config: { ...config }, data });

test('lets data through that fits', async () => {
  assert.ok('emit' in (await run({ id: '7', day: '2026-01-02' })));
});

test('refuses what does not fit, with every place and no value or field name of the data', async () => {
  const outcome = await run({ id: '张三', day: '2026-13-02', 李四: 1 });
  assert.ok('reject' in outcome);
  assert.equal(outcome.reject.code, 'CHECK_SCHEMA');
  assert.equal(outcome.reject.kind, 'input');
  assert.deepEqual(outcome.reject.issues?.map(({ path }) => path).sort(), ['', '/day', '/id']);
  assert.doesNotMatch(JSON.stringify(outcome), /张三|李四/);
});

test('lists no more issues than it shall', async () => {
  const outcome = await run({ a: 1, b: 2, c: 3 }, { schema, maxIssues: 1 });
  assert.ok('reject' in outcome && outcome.reject.issues?.length === 1);
});

test('a pattern that ruins a backtracking engine ends at once', async () => {
  const [ms, outcome] = await cpuMsOf(() => run({ id: `${'1'.repeat(50_000)}!`, day: '2026-01-02' }));
  assert.ok('reject' in outcome);
  assert.ok(ms < 5000, `${ms} ms`);
});

test('10 MB are checked while others go on, with the same answers, and a cancel ends it', async () => {
  const list = { type: 'array', items: { type: 'object', required: ['id'], properties: { id: { type: 'integer' } } } };
  const data = Array.from({ length: 100_000 }, (_, id) => ({ id, text: '长'.repeat(30) }));
  const config = { schema: list, maxIssues: 1 };
  assert.ok('emit' in (await whileOthersGoOn(check, { config, data })));
  const large = await run([...data, { id: 'x' }, {}], config);
  const small = await run([{ id: 'x' }], config);
  assert.ok('reject' in large && 'reject' in small);
  assert.deepEqual(large.reject.issues, [{ ...small.reject.issues![0]!, path: '/100000/id' }]);
  assert.deepEqual(
    [small.reject.values, large.reject.values],
    [{ count: 1 }, undefined],
    'of large data the first problem alone is looked for',
  );
  await endsOnCancel(check, { config, data });
});

test('refuses a schema of few bytes that would take minutes to compile or to check by, with what to change', () => {
  const twice = (index: number) => ({ anyOf: [{ $ref: `#/$defs/d${index}` }, { $ref: `#/$defs/d${index}` }] });
  const $defs = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`d${index}`, index === 0 ? {} : twice(index - 1)]));
  const problems = check.check?.({ schema: { $defs, $ref: '#/$defs/d39' }, maxIssues: 20 });
  assert.deepEqual(
    problems?.map(({ path }) => path),
    ['/schema'],
  );
  const { message } = problems![0]!;
  assert.match(
    typeof message === 'string' ? message : message.en,
    /^One value would be checked against too many branches, references included: \d+, at most 1000\. Reduce/,
  );
});

test('a list of many objects is told free of twins without comparing each with each other', async () => {
  const data = Array.from({ length: 20_000 }, (_, id) => ({ id }));
  assert.ok('emit' in (await run(data, { schema: { type: 'array', uniqueItems: true, items: { type: 'object' } } })));
  assert.ok('reject' in (await run([{ a: 1 }, { a: 1 }], { schema: { uniqueItems: true } })));
});

test('refuses a schema that cannot be used', async () => {
  for (const wrong of [{ type: 'strin' }, { $ref: 'https://example.org/x.json' }, { pattern: '(?=x)' }]) {
    await assert.rejects(run({}, { schema: wrong }), { code: 'NODE_CONFIG_WRONG' });
  }
});
