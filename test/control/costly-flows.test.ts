/** Who may read flows may have any document checked: none of them holds the process up. */
/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flow } from './start-control.ts';
import { startWithEngine } from './start-engine.ts';
import { cpuMsOf } from '../support/cpu-time.ts';

const repeat = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, index) => make(index));
const node = (type: string, config: Record<string, unknown>, id = 'n_1') => ({ id, type, label: `第 ${id}`, config });
const checkNode = (schema: object, id?: string) => node('check.json-schema@1', { schema }, id);
/** Within every bound that can be counted, and yet seconds of work for the compiler. */
const dearSchema = (seed: number) => ({
  properties: Object.fromEntries(
    repeat(120, (group) => [
      `g${seed}_${group}`,
      {
        type: 'object',
        additionalProperties: false,
        properties: Object.fromEntries(repeat(20, (field) => [`f${field}`, { type: 'string', minLength: 1, maxLength: seed }])),
      },
    ]),
  ),
});
const rules = (count: number) =>
  repeat(count, (index) => ({ to: `a.b${index}`, from: { fn: 'concat', args: [{ path: 'data.x' }, { value: index }] } }));

test('a megabyte of nested branches is refused with the bound that it breaks, and costs the serving thread next to nothing', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  await admin.call('POST', '/flows/validate', flow('flw_a'));
  let bomb: object = {
    anyOf: repeat(9000, () => ({ type: 'object', properties: { a: { anyOf: [{ type: 'string' }, { type: 'null' }] } } })),
  };
  for (let level = 0; level < 20; level++) bomb = { anyOf: [bomb, { type: 'number' }] };
  const document = flow('flw_a', { nodes: [checkNode(bomb)] });
  assert.ok(JSON.stringify(document).length > 600_000);
  const [ms, answer] = await cpuMsOf(() => admin.call('POST', '/flows/validate', document));
  assert.equal(answer.status, 200);
  assert.equal(answer.body.valid, false);
  const issue = answer.body.issues.find(({ path }: { path: string }) => path === '/nodes/0/config/schema');
  assert.match(issue.message, /^The schema is too large: \d+, at most/);
  assert.ok(ms < 1500, `the serving thread computed ${ms} ms`);
});

test('what only trying shows ends after 200 ms of computing, off the serving thread, and the answer names the node', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  await admin.call('POST', '/flows/validate', flow('flw_a'));
  const document = flow('flw_a', {
    nodes: [node('control.reply@1', {}, 'n_0'), ...repeat(5, (seed) => checkNode(dearSchema(1000 + seed), `n_dear${seed}`))],
  });
  const [ms, answer] = await cpuMsOf(() => admin.call('POST', '/flows/validate', document));
  const issue = answer.body.issues.find(({ code }: { code: string }) => code === 'FLOW_TOO_COSTLY');
  assert.match(issue?.path, /^\/nodes\/[1-5]\/config$/);
  assert.match(issue?.node, /^n_dear\d$/);
  assert.equal(issue?.values.node, `第 ${issue?.node}`);
  assert.ok(ms < 1000, `the serving thread computed ${ms} ms`);
  // Remembered: asked again at once it costs nothing, and the pause after it does not hide it.
  assert.deepEqual((await admin.call('POST', '/flows/validate', document)).body.issues, answer.body.issues);
  const saved = await admin.call('POST', '/flows/test', { document, tests: [{ name: 'x', input: { data: 1 }, mocks: {}, expect: [] }] });
  assert.deepEqual([saved.status, saved.body.code], [422, 'FLOW_INVALID']);
});

test('a draft of more than a megabyte is not kept, and the answer says how large it may be', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  const document = flow('flw_a', { nodes: [checkNode({ description: '长'.repeat(1024 * 1024) })] });
  const saved = await admin.call('PUT', '/flows/flw_a', document);
  assert.deepEqual([saved.status, saved.body.code], [422, 'FLOW_INVALID']);
  assert.deepEqual(
    saved.body.issues.map(({ code, values }: { code: string; values: unknown }) => [code, values]),
    [['FLOW_TOO_COSTLY', { problem: 'size', limit: 1024 * 1024 }]],
  );
  assert.equal((await admin.call('GET', '/flows/flw_a')).status, 404);
});

test('a bundle with a flow that is too large or costs too much is refused before anything is written', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  const large = flow('flw_large', { nodes: [checkNode({ description: 'x'.repeat(1024 * 1024) })] });
  const dear = { ...flow('flw_dear', { nodes: repeat(5, (seed) => checkNode(dearSchema(seed), `n_dear${seed}`)) }), name: 7 };
  for (const flows of [
    [flow('flw_a'), large],
    [flow('flw_a'), dear],
  ]) {
    const refused = await admin.call('POST', '/bundles/import', { schema: 'bundle/1', flows });
    assert.deepEqual([refused.status, refused.body.code], [422, 'BUNDLE_INVALID']);
    assert.match(refused.body.issues[0].path, /^\/flows\/1/);
    assert.equal((await admin.call('GET', '/flows/flw_a')).status, 404);
  }
});

test('a large flow that somebody really drew is checked within the limit: two thousand rules of a mapping', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  const document = flow('flw_a', { nodes: [node('transform.map@1', { mapping: { rules: rules(2000) } })] });
  const issues = (await admin.call('POST', '/flows/validate', document)).body.issues;
  assert.deepEqual(
    issues.map(({ code }: { code: string }) => code),
    ['FLOW_NO_TRIGGER'],
  );
  const wrong = flow('flw_a', {
    nodes: [node('transform.map@1', { mapping: { rules: [...rules(1999), { to: 'x', from: { pth: 'y' } }] } })],
  });
  const told = (await admin.call('POST', '/flows/validate', wrong)).body.issues;
  assert.ok(told.some(({ path }: { path: string }) => path === '/nodes/0/config/mapping/rules/1999/from/pth'));
});

test('one account has a few checks waiting and no more: the rest gets 429 with the time to wait, and another account its answer', async (t) => {
  const { admin, person, stop } = await startWithEngine();
  t.after(stop);
  const viewer = await person('vera', ['viewer']);
  const flood = repeat(40, (seed) => viewer.call('POST', '/flows/validate', flow('flw_a', { nodes: [checkNode(dearSchema(100 + seed))] })));
  const other = admin.call(
    'POST',
    '/flows/validate',
    flow('flw_b', { nodes: [node('transform.map@1', { mapping: { rules: rules(500) } })] }),
  );
  assert.deepEqual(
    (await other).body.issues.map(({ code }: { code: string }) => code),
    ['FLOW_NO_TRIGGER'],
  );
  const answers = await Promise.all(flood);
  const busy = answers.filter(({ status }) => status === 429);
  assert.ok(busy.length >= 30, `${busy.length} of 40`);
  assert.equal(busy[0]!.body.code, 'FLOW_CHECK_BUSY');
});
