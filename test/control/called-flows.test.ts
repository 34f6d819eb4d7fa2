/** Flows that call flows: what publishing, taking out of service, deleting, exporting and importing say of them. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Issue } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { flow, startControl } from './start-control.ts';
import { startWithEngine, type RunningEngine } from './start-engine.ts';

let running: RunningEngine;
before(async () => {
  running = await startWithEngine();
});
after(() => running.stop());

/** A sync flow that calls the others one after the other. */
function calling(flowId: string, called: readonly string[], changes: Partial<FlowDocument> = {}): FlowDocument {
  const ids = ['n_in', ...called.map((_, index) => `n_call${index}`), 'n_back'];
  return flow(flowId, {
    nodes: ids.map((id, index) => {
      const type = index === 0 ? 'interface.call@1' : id === 'n_back' ? 'control.reply@1' : 'flow.call@1';
      return { id, type, label: '', config: type === 'flow.call@1' ? { flowId: called[index - 1]! } : {} };
    }),
    edges: ids.slice(1).map((id, index) => ({
      id: `e_${index}`,
      from: { node: ids[index]!, port: index === 0 ? 'out' : 'ok' },
      to: { node: id, port: 'in' },
    })),
    ...changes,
  });
}

const call = (method: string, path: string, body: object = {}) => running.admin.call(method, path, body);
const told = (answer: { readonly body: unknown }) =>
  (answer.body as { readonly issues: readonly Issue[] }).issues.map(({ code, path, severity }) => `${severity} ${code} ${path}`);
const publish = async (document: FlowDocument) => {
  const stored = await running.engine.catalog.draft(document.flowId);
  await running.publish({ ...document, revision: stored?.revision ?? 0 });
};

test('a flow that calls one that is missing, not published, durable, or itself through others is neither valid nor published', async () => {
  const place = '/nodes/1/config/flowId';
  assert.deepEqual(told(await call('POST', '/flows/validate', calling('flw_a', ['flw_gone']))), [`error FLOW_CALLED_UNKNOWN ${place}`]);
  await call('PUT', '/flows/flw_sub', calling('flw_sub', []));
  await call('PUT', '/flows/flw_a', calling('flw_a', ['flw_sub']));
  const refused = await call('POST', '/flows/flw_a/publish');
  assert.deepEqual([refused.status, told(refused)], [422, [`error FLOW_CALLED_UNPUBLISHED ${place}`]]);
  assert.equal((await call('POST', '/flows/flw_sub/publish')).status, 200);
  assert.equal((await call('POST', '/flows/flw_a/publish')).status, 200);
  assert.deepEqual(told(await call('POST', '/flows/validate', calling('flw_sub', ['flw_a']))), [`error FLOW_CALLED_CIRCLE ${place}`]);
  assert.deepEqual(told(await call('POST', '/flows/validate', calling('flw_sub', ['flw_sub']))), [`error FLOW_CALLED_CIRCLE ${place}`]);
  await publish(calling('flw_durable', [], { mode: 'durable' }));
  assert.deepEqual(told(await call('POST', '/flows/validate', calling('flw_b', ['flw_durable']))), [`error FLOW_CALLED_DURABLE ${place}`]);
});

test('a flow that serves another flow or an interface is neither taken out of service nor deleted, and is told by whom', async () => {
  await publish(calling('flw_inner', []));
  await publish(calling('flw_outer', ['flw_inner']));
  const code = ({ status, body }: Awaited<ReturnType<typeof call>>) => {
    const error = body as { readonly code: string; readonly values: unknown };
    return [status, error.code, error.values];
  };
  assert.deepEqual(code(await call('POST', '/flows/flw_inner/unpublish')), [
    409,
    'FLOW_IN_USE',
    { problem: 'unpublish', flows: 'flw_outer' },
  ]);
  assert.deepEqual(code(await call('DELETE', '/flows/flw_inner')), [409, 'FLOW_IN_USE', { problem: 'delete', flows: 'flw_outer' }]);
  const name = { 'zh-CN': '接口', en: 'Interface' };
  const target = { kind: 'flow', flowId: 'flw_outer' };
  const route = { front: 'open', method: 'GET', path: '/open/v1/outer', domain: 'sh-city', log: 'in' };
  const times = { timeoutMs: 5000, timeoutRetries: 0, exceptionRetries: 0 };
  const document = { interfaceId: 'ifc_outer', revision: 0, name, state: 'online', target, ...route, ...times };
  assert.equal((await call('PUT', '/interfaces/ifc_outer', document)).status, 200);
  assert.deepEqual(code(await call('POST', '/flows/flw_outer/unpublish')), [
    409,
    'FLOW_IN_USE',
    { problem: 'unpublish', interfaces: 'ifc_outer' },
  ]);
  assert.equal((await call('PUT', '/interfaces/ifc_outer/state', { state: 'offline' })).status, 200);
  assert.equal((await call('POST', '/flows/flw_outer/unpublish')).status, 200);
  assert.equal((await call('POST', '/flows/flw_inner/unpublish')).status, 200, 'its caller serves no more');
  assert.equal((await call('DELETE', '/flows/flw_inner')).status, 409, 'the draft of its caller still names it');
});

interface ExportedBundle {
  readonly source: string;
  readonly versions: Readonly<Record<string, number>>;
  readonly flows: readonly FlowDocument[];
}

test('a bundle of chosen flows carries the code tables that these name, also in flows that they call; one of all flows all tables', async () => {
  for (const tableId of ['outer', 'inner', 'other']) {
    const table = { tableId, revision: 0, name: { 'zh-CN': tableId, en: tableId }, entries: { '01': 'A' } };
    assert.equal((await call('PUT', `/code-tables/${tableId}`, table)).status, 200);
  }
  const naming = (flowId: string, called: readonly string[], table: string) => {
    const { nodes, ...document } = calling(flowId, called);
    return { ...document, nodes: nodes.map((node, index) => (index === 0 ? { ...node, config: { map: { table, key: 'a' } } } : node)) };
  };
  await call('PUT', '/flows/flw_t2', naming('flw_t2', [], 'inner'));
  await call('PUT', '/flows/flw_t1', naming('flw_t1', ['flw_t2'], 'outer'));
  const tablesOf = async (input: object) =>
    ((await call('POST', '/bundles/export', input)).body as { tables: { tableId: string }[] }).tables.map(({ tableId }) => tableId);
  assert.deepEqual((await tablesOf({ flowIds: ['flw_t1'] })).toSorted(), ['inner', 'outer']);
  assert.deepEqual((await tablesOf({})).toSorted(), ['inner', 'other', 'outer']);
  for (const flowId of ['flw_t1', 'flw_t2']) await call('DELETE', `/flows/${flowId}`);
});

test('a bundle carries what its flows call, says whether they are drafts or published, and is checked for it where it comes', async () => {
  await publish(calling('flw_c3', []));
  await publish(calling('flw_c2', ['flw_c3']));
  await publish(calling('flw_c1', ['flw_c2'], { domain: 'published' }));
  await call('PUT', '/flows/flw_c1', calling('flw_c1', ['flw_c2'], { domain: 'draft', revision: 1 }));
  const draft = (await call('POST', '/bundles/export', { flowIds: ['flw_c1'] })).body as ExportedBundle;
  const idsOf = ({ flows }: ExportedBundle) => flows.map(({ flowId }) => flowId);
  assert.deepEqual([draft.source, idsOf(draft), draft.flows[0]!.domain], ['draft', ['flw_c1', 'flw_c2', 'flw_c3'], 'draft']);
  const served = (await call('POST', '/bundles/export', { flowIds: ['flw_c1'], source: 'published' })).body as ExportedBundle;
  assert.deepEqual([served.source, idsOf(served), served.flows[0]!.domain], ['published', idsOf(draft), 'published']);
  assert.deepEqual(served.versions, { flw_c1: 1, flw_c2: 1, flw_c3: 1 });
  await call('PUT', '/flows/flw_new', calling('flw_new', []));
  assert.equal((await call('POST', '/bundles/export', { flowIds: ['flw_new'], source: 'published' })).body.code, 'BUNDLE_NOT_PUBLISHED');

  const elsewhere = await startControl({ nodes: running.engine.nodes });
  try {
    const incomplete = { ...served, interfaces: [], flows: served.flows.slice(0, 2) };
    const refused = await elsewhere.admin.call('POST', '/bundles/import', incomplete);
    assert.deepEqual([refused.status, told(refused)], [422, ['error FLOW_CALLED_UNKNOWN /flows/1/nodes/1/config/flowId']]);
    const { source: _source, versions: _versions, ...old } = incomplete;
    const taken = await elsewhere.admin.call('POST', '/bundles/import', old);
    assert.deepEqual([taken.status, taken.body.warnings.length], [200, 1], 'a bundle of 0.1.0 carries no called flows');
    assert.equal((await elsewhere.admin.call('POST', '/bundles/import', { ...served, interfaces: [] })).status, 200);
  } finally {
    await elsewhere.stop();
  }
});
