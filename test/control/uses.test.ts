import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuditedActions, AuditPage } from '../../control/audit-trail/audit.ts';
import type { Page } from '../../control/action/pages.ts';
import type { AdapterItem } from '../../control/adapters/adapters.ts';
import type { TableItem } from '../../control/tables/tables.ts';
import type { AppItem } from '../../control/callers/apps.ts';
import type { InterfaceItem } from '../../control/interfaces/interfaces.ts';
import type { Uses } from '../../control/flows/uses.ts';
import type { FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { loadNodes } from '../../engine/registry/load-nodes.ts';
import { putExecution } from './put-execution.ts';
import { flow, memoryBindings, startControl, type Running } from './start-control.ts';

const nodes = await loadNodes([new URL('../../nodes', import.meta.url)]);
const name = { 'zh-CN': '名称', en: 'Name' };

const node = (id: string, type: string, config: FlowNode['config'] = {}, more: Partial<FlowNode> = {}): FlowNode => ({
  id,
  type,
  label: id,
  config,
  ...more,
});

/** One flow that uses an adapter, a code table inside a mapping, and another flow. */
async function withUser({ admin }: Running): Promise<void> {
  const mapping = { rules: [{ to: 'a', from: { table: 'sexes', key: { path: 'data.sex' } } }] };
  const users = [
    node('n_call', 'http.call@1', { path: '/' }, { adapter: 'adp_a' }),
    node('n_map', 'transform.map@1', { mapping }),
    node('n_sub', 'flow.call@1', { flowId: 'flw_sub' }),
  ];
  await admin.call('PUT', '/flows/flw_user', flow('flw_user', { nodes: users }));
  const adapter = {
    adapterId: 'adp_a',
    revision: 0,
    name,
    protocol: 'http',
    owner: 'o',
    domain: 'd',
    environments: { TEST: { baseUrl: 'https://a.example' } },
  };
  assert.equal((await admin.call('PUT', '/adapters/adp_a', adapter)).status, 200);
  assert.equal((await admin.call('PUT', '/code-tables/sexes', { tableId: 'sexes', revision: 0, name, entries: { 1: 'M' } })).status, 200);
}

test('lists adapters and code tables with the flows that use them, and removes none of those', async (t) => {
  const running = await startControl({ nodes });
  t.after(running.stop);
  await withUser(running);
  const user = { flowId: 'flw_user', domain: 'sh-city', name: flow('x').name, inDraft: true, inPublished: false };
  assert.deepEqual(((await running.admin.call('GET', '/adapters')).body as Page<AdapterItem>).items[0]?.usedBy, [user]);
  const [table] = ((await running.admin.call('GET', '/code-tables')).body as Page<TableItem>).items;
  assert.deepEqual([table?.size, table?.usedBy], [1, [user]]);
  const refused = await running.admin.call('DELETE', '/code-tables/sexes');
  assert.deepEqual([refused.status, (refused.body as { code: string }).code], [409, 'TABLE_IN_USE']);
  assert.equal((await running.admin.call('DELETE', '/adapters/adp_a')).status, 409);
  await running.admin.call('PUT', '/flows/flw_user', flow('flw_user', { revision: 1 }));
  assert.equal((await running.admin.call('DELETE', '/code-tables/sexes')).status, 200);
  assert.equal((await running.admin.call('DELETE', '/adapters/adp_a')).status, 200);
});

test('says who uses an adapter, a code table or a flow, and by which nodes', async (t) => {
  const running = await startControl({ nodes });
  t.after(running.stop);
  await withUser(running);
  const nodesOf = async (query: string) =>
    ((await running.admin.call('GET', `/uses?${query}`)).body as Uses).flows.flatMap((use) => use.nodes.map(({ id }) => id));
  assert.deepEqual(await nodesOf('adapterId=adp_a'), ['n_call']);
  assert.deepEqual(await nodesOf('tableId=sexes'), ['n_map']);
  assert.deepEqual(await nodesOf('flowId=flw_sub'), ['n_sub']);
  assert.deepEqual(await nodesOf('flowId=flw_user'), []);
});

test('keeps how the last connection test of an adapter went', async (t) => {
  const bindings = memoryBindings();
  const probe = async () => ({ ok: false as const, steps: [{ name, ok: false, durationMs: 1, detail: 'refused' }] });
  const call = { ...nodes.get('http.call@1')!, probe } as NonNullable<ReturnType<typeof nodes.get>>;
  const running = await startControl({
    nodes: { get: nodes.get, list: () => [call] },
    ...bindings,
    bindings: {
      ...bindings.bindings,
      adapter: (adapterId) => ({ adapterId, protocol: 'http', settings: {}, charset: undefined, limits: {} as never }),
    },
  });
  t.after(running.stop);
  await withUser(running);
  assert.equal((await running.admin.call('POST', '/adapters/adp_a/test')).status, 200);
  const { lastTest } = ((await running.admin.call('GET', '/adapters')).body as Page<AdapterItem>).items[0]!;
  assert.deepEqual([lastTest?.ok, lastTest?.by, lastTest?.at, lastTest?.failedStep], [false, 'admin', running.clock.now(), name]);
});

test('lists interfaces with the flow they lead to, and apps with their keys and grants', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { admin, clock, documents } = running;
  await admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  const target = { kind: 'flow', flowId: 'flw_a' };
  const document = {
    interfaceId: 'ifc_a',
    revision: 0,
    name,
    domain: 'd',
    front: 'open',
    method: 'POST',
    path: '/open/a',
    state: 'online',
    timeoutMs: 5000,
    timeoutRetries: 0,
    exceptionRetries: 0,
    log: 'in',
    target,
  };
  assert.equal((await admin.call('PUT', '/interfaces/ifc_a', document)).status, 200);
  await putExecution(documents, { flowId: 'flw_a', status: 'failed', acceptedAt: clock.now() });
  const keeper = await running.person('keeper', ['security-admin']);
  await keeper.call('PUT', '/apps/app', { appId: 'app', revision: 0, name, caller: 'c', state: 'active', windowSec: 300, domain: 'd' });
  await keeper.call('POST', '/apps/app/keys/secrets', { keyId: 'k', scheme: 'HMAC-SM3', expiresAt: clock.now() + 9000 });
  await keeper.call('PUT', '/grants/grt_a', {
    grantId: 'grt_a',
    revision: 0,
    appId: 'app',
    interfaceId: 'ifc_a',
    expiresAt: clock.now() + 5000,
  });
  const [item] = ((await admin.call('GET', '/interfaces')).body as Page<InterfaceItem>).items;
  assert.deepEqual(item?.flow, { name: flow('x').name, today: 1, failedToday: 1, held: 0 });
  const [app] = ((await admin.call('GET', '/apps')).body as Page<AppItem>).items;
  assert.deepEqual([app?.keys, app?.busConsumers], [{ pending: 0, active: 1, retiring: 0 }, 0]);
  assert.deepEqual([item?.grants, app?.grants, app?.expiresAt], [1, 1, clock.now() + 5000]);
});

test('finds audit lines by subject and outcome, page by page, and names the acts in words', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  for (const flowId of ['flw_a', 'flw_a', 'flw_b', 'flw_b']) await running.admin.call('PUT', `/flows/${flowId}`, flow(flowId));
  const auditor = await running.person('auditor', ['audit-admin']);
  const linesOf = async (query: string) => (await auditor.call('GET', `/audit?${query}`)).body as AuditPage;
  assert.equal((await linesOf('subject=flw_a&outcome=done')).items.length, 1);
  const first = await linesOf('subject=flw_&outcome=failed&limit=1');
  assert.deepEqual(
    first.items.map(({ subject, outcome }) => [subject, outcome]),
    [['flw_b', 'FLOW_STALE']],
  );
  const second = await linesOf(`subject=flw_&outcome=failed&limit=1&after=${first.next ?? ''}`);
  assert.deepEqual(
    second.items.map(({ subject }) => subject),
    ['flw_a'],
  );
  assert.deepEqual((await linesOf(`subject=flw_&outcome=failed&after=${second.next ?? ''}`)).items, []);
  const { items } = (await auditor.call('GET', '/audit/actions')).body as AuditedActions;
  const named = new Map(items.map((action) => [action.name, action.text['zh-CN']]));
  assert.ok(named.get('flows.save') && named.get('login') && named.get('audit.list'));
  assert.ok(!named.has('flows.list'));
});
