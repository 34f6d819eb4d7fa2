/** What `POST /flows/validate` and publishing say of flows that cannot work, with the product's own node types. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Issue } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { flow } from './start-control.ts';
import { startWithEngine, type RunningEngine } from './start-engine.ts';

let running: RunningEngine;
before(async () => {
  running = await startWithEngine();
});
after(() => running.stop());

/** A sync flow of one node between trigger and reply. */
function around(type: string, config: Record<string, unknown>, changes: Partial<FlowDocument> = {}): FlowDocument {
  const edge = (id: string, from: string, port: string, to: string) => ({ id, from: { node: from, port }, to: { node: to, port: 'in' } });
  return flow('flw_checked', {
    nodes: [
      { id: 'n_in', type: 'interface.call@1', label: '', config: {} },
      { id: 'n_work', type, label: '', config },
      { id: 'n_back', type: 'control.reply@1', label: '', config: {} },
    ],
    edges: [edge('e_1', 'n_in', 'out', 'n_work'), edge('e_2', 'n_work', type === 'control.condition@1' ? 'yes' : 'ok', 'n_back')],
    ...changes,
  });
}

async function issuesOf(document: FlowDocument): Promise<readonly Issue[]> {
  return (await running.admin.call('POST', '/flows/validate', document)).body.issues as readonly Issue[];
}
const places = (issues: readonly { path: string; code: string }[]) => issues.map(({ path, code }) => `${code} ${path}`);

test('a date picture that would write YYYY-00-DD is refused, with the field that holds it', async () => {
  const from = { fn: 'formatDate', args: [{ path: 'data.at' }, { value: 'YYYY-mm-DD' }] };
  const document = around('transform.map@1', { mapping: { rules: [{ to: 'day', from }] } });
  assert.deepEqual(places(await issuesOf(document)), ['MAPPING_INVALID /nodes/1/config/mapping/rules/0/from']);
  await running.admin.call('PUT', '/flows/flw_checked', document);
  const published = await running.admin.call('POST', '/flows/flw_checked/publish', {});
  assert.deepEqual([published.status, places(published.body.issues)], [422, ['MAPPING_INVALID /nodes/1/config/mapping/rules/0/from']]);
});

test('a script that does not parse is found when the flow is validated, with its line, and nothing of it runs', async () => {
  const script = (source: string) => around('code.run@1', { source });
  const [issue] = await issuesOf(script('const a = 1;\nreturn a +;'));
  assert.deepEqual(
    [issue?.code, issue?.path, issue?.severity, issue?.values],
    ['SCRIPT_INVALID', '/nodes/1/config/source', 'error', { line: 2 }],
  );
  assert.deepEqual(await issuesOf(script('for (;;) {}')), [], 'an endless loop is compiled, not run');
  assert.deepEqual(await issuesOf(script('return message.data;')), []);
});

test('a code table, function, variable or part of the scope that does not exist is an error, and names what is meant', async () => {
  const rule = (from: unknown) => around('transform.map@1', { mapping: { rules: [{ to: 'a', from }] } });
  const told = async (from: unknown) =>
    (await issuesOf(rule(from))).map(({ code, path, severity, values }) => [
      severity,
      `${code}/${String(values?.['problem'] ?? values?.['table'])}`,
      path.replace('/nodes/1/config/mapping/rules/0/from', ''),
      values?.['nearest'],
    ]);
  assert.deepEqual(await told({ table: 'nowhere', key: { path: 'data.a' } }), [
    ['error', 'FLOW_TABLE_UNKNOWN/nowhere', '/table', undefined],
  ]);
  const expression = (text: string) => told({ expression: text });
  assert.deepEqual(await expression('$uppercas(data.a)'), [['error', 'FLOW_EXPRESSION/function', '/expression', 'uppercase']]);
  assert.deepEqual(await expression('$x + 1'), [['error', 'FLOW_EXPRESSION/variable', '/expression', undefined]]);
  assert.deepEqual(await expression('date.a'), [['error', 'FLOW_EXPRESSION/root', '/expression', 'data']]);
  assert.deepEqual(await expression('$fromMillis(now, "YYYY-MM-DD")'), [
    ['error', 'FLOW_EXPRESSION/picture-empty', '/expression', undefined],
  ]);
  assert.deepEqual(await expression('nodes.n_gone.a'), [['error', 'FLOW_EXPRESSION/node-unknown', '/expression', undefined]]);
  assert.deepEqual(await told({ path: 'nodes.n_back.a' }), [['error', 'FLOW_EXPRESSION/node-later', '/path', undefined]]);
  assert.deepEqual(await told({ value: { expression: '$uppercas(1)', path: 'nodes.n_gone' } }), [], 'a fixed value is data');
});

test('all problems of a flow are told at once, also those inside mappings', async () => {
  const bad = { expression: 'data.(' };
  const document = around(
    'transform.map@1',
    { mapping: { rules: [{ to: 'a', from: bad }] } },
    { ingress: { dedupe: { key: '$nope()', windowSec: 60 } } },
  );
  assert.deepEqual(places(await issuesOf(document)), [
    'FLOW_EXPRESSION /nodes/1/config/mapping/rules/0/from/expression',
    'FLOW_EXPRESSION /ingress/dedupe/key',
  ]);
});

test('an issue leads to the field that holds the mistake', async () => {
  const bad = { expression: 'data.(' };
  const wrong = { left: { path: 'date.x' }, op: 'eq', right: { value: 1 } };
  const label = { 'zh-CN': '是', en: 'yes' };
  for (const [type, config, place] of [
    ['transform.map@1', { mapping: { rules: [{ to: 'a', from: bad }] } }, '/mapping/rules/0/from/expression'],
    ['transform.map@1', { mapping: { rules: [{ to: 'a', from: { fn: 'nope', args: [] } }] } }, '/mapping/rules/0/from'],
    ['transform.map@1', { mapping: { rules: [{ to: 'a', from: { path: 'date.x' } }] } }, '/mapping/rules/0/from'],
    ['transform.map@1', { mapping: { rules: [{ to: 'a', from: { value: 1 }, when: wrong }] } }, '/mapping/rules/0/when'],
    ['transform.set@1', { fields: [{ to: 'data.a', from: { path: 'date.x' } }] }, '/fields/0/from'],
    ['control.condition@1', { branches: [{ port: 'yes', label, when: wrong }] }, '/branches/0/when/left'],
  ] as const) {
    const document = around(type, config);
    const own = (await issuesOf(document)).filter(({ path, code }) => path.startsWith('/nodes/1/config') && !code.startsWith('FLOW_PORT'));
    assert.deepEqual(
      own.map(({ path }) => path),
      [`/nodes/1/config${place}`],
      `${type} ${place}`,
    );
  }
});

test('a mapping without rules is published with a warning at its field', async () => {
  const document = around('transform.map@1', { mapping: { rules: [] } }, { flowId: 'flw_empty' });
  const [issue] = await issuesOf(document);
  assert.deepEqual([issue?.code, issue?.severity, issue?.path], ['MAPPING_EMPTY', 'warning', '/nodes/1/config/mapping']);
  await running.admin.call('PUT', '/flows/flw_empty', document);
  const published = await running.admin.call('POST', '/flows/flw_empty/publish', {});
  assert.equal(published.status, 200, JSON.stringify(published.body));
});
