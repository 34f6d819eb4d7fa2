/** Two hospitals on one installation: the same set of things in each of two domains, with names that can be searched for. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { openAlarmStore } from '../../control/alarms/alarm-store.ts';
import type { BulkDocument } from '../../control/held/bulk-store.ts';
import { openRequestStore } from '../../control/requests/request-store.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import { putExecution } from './put-execution.ts';
import { plainSeal, type Client } from './start-control.ts';
import { graph, type RunningEngine } from './start-engine.ts';

export interface Side {
  readonly domain: string;
  /** Stands in every id and name of this side. */
  readonly mark: string;
  readonly executionId: string;
  readonly consumerId: string;
  readonly bulkId: string;
  readonly alarmId: string;
  readonly silenceId: string;
  readonly requestId: string;
}

const newPem = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ type: 'spki', format: 'pem' }) as string;
const both = (text: string) => ({ 'zh-CN': text, en: text });

export const ids = (mark: string) => ({
  flowId: `flw_${mark}`,
  adapterId: `adp_${mark}`,
  tableId: `table-${mark}`,
  interfaceId: `ifc_${mark}`,
  appId: `APP_${mark}`,
  grantId: `grt_${mark}`,
  name: `secret-${mark}`,
  listId: `ipl_${mark}`,
  ruleSetId: `ors_${mark}`,
  serviceId: `svc_${mark}`,
});

/** A flow that translates a code and sends the result on. */
export function flowOf({ domain, mark }: Pick<Side, 'domain' | 'mark'>, changes: Partial<FlowDocument> = {}): FlowDocument {
  const { flowId, adapterId, tableId } = ids(mark);
  const mapping = { rules: [{ to: 'code', from: { table: tableId, key: { path: 'data.code' } } }] };
  return graph(
    flowId,
    {
      n_in: { type: 'interface.call@1' },
      n_map: { type: 'transform.map@1', config: { mapping }, label: `map ${mark}` },
      n_send: { type: 'http.call@1', adapter: adapterId, config: { method: 'GET', path: '/x' }, label: `send ${mark}` },
      n_reply: { type: 'control.reply@1' },
    },
    ['n_in > n_map', 'n_map.ok > n_send', 'n_send.ok > n_reply'],
    { domain, name: both(`flow ${mark}`), tags: [`tag-${mark}`], ...changes },
  );
}

export const adapterOf = ({ domain, mark }: Pick<Side, 'domain' | 'mark'>, more: object = {}) => ({
  ...{ adapterId: ids(mark).adapterId, revision: 0, name: both(`adapter ${mark}`), protocol: 'http', owner: `owner ${mark}`, domain },
  ...{ environments: { TEST: { baseUrl: 'http://127.0.0.1:9' } } },
  ...more,
});
export const tableOf = ({ domain, mark }: Pick<Side, 'domain' | 'mark'>, more: object = {}) => ({
  ...{ tableId: ids(mark).tableId, revision: 0, name: both(`table ${mark}`), domain, entries: { [mark]: mark } },
  ...more,
});
export const interfaceOf = ({ domain, mark }: Pick<Side, 'domain' | 'mark'>, more: object = {}) => ({
  ...{ interfaceId: ids(mark).interfaceId, revision: 0, name: both(`interface ${mark}`), domain, front: 'open', method: 'POST' },
  ...{ path: `/open/${mark}`, state: 'offline', target: { kind: 'flow', flowId: ids(mark).flowId } },
  ...{ timeoutMs: 1000, timeoutRetries: 0, exceptionRetries: 0, log: 'none' },
  ...more,
});
export const ruleSetOf = ({ domain, mark }: Pick<Side, 'domain' | 'mark'>, more: object = {}) => ({
  ...{ ruleSetId: ids(mark).ruleSetId, revision: 0, name: both(`rules ${mark}`), domain, match: 'all' },
  rules: [{ locator: 'query:id', subject: 'token.uid', op: 'eq' }],
  ...more,
});
export const appOf = ({ domain, mark }: Pick<Side, 'domain' | 'mark'>, more: object = {}) => ({
  ...{ appId: ids(mark).appId, revision: 0, name: both(`app ${mark}`), caller: `caller ${mark}`, state: 'active', windowSec: 300, domain },
  ...more,
});
export const grantOf = ({ mark }: Pick<Side, 'mark'>, more: object = {}) => {
  const { grantId, appId, interfaceId } = ids(mark);
  return { grantId, revision: 0, appId, interfaceId, expiresAt: Date.now() + 300 * 86_400_000, ...more };
};
export const ipListOf = ({ domain, mark }: Pick<Side, 'domain' | 'mark'>, more: object = {}) => ({
  ...{ listId: ids(mark).listId, revision: 0, name: both(`list ${mark}`), domain, kind: 'black', everywhere: false, fronts: ['open'] },
  ...{ entries: [{ range: '10.0.0.1', reason: `reason ${mark}` }] },
  ...more,
});
export const serviceOf = ({ domain, mark }: Pick<Side, 'domain' | 'mark'>, more: object = {}) => ({
  ...{ serviceId: ids(mark).serviceId, revision: 0, name: both(`service ${mark}`), domain, state: 'online', group: `group ${mark}` },
  ...more,
});
export const keyOf = (keyId: string) => ({ keyId, scheme: 'RSA-SHA256', publicPem: newPem() });

/** Everything that a domain can own, with executions, a bulk, an alarm and a silence. */
export async function makeSide(running: RunningEngine, security: Client, domain: string, mark: string): Promise<Side> {
  const side = { domain, mark };
  const own = ids(mark);
  const { admin, documents } = running;
  const put = async (who: Client, method: string, path: string, body: unknown) => {
    const answer = await who.call(method, path, body);
    assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body as Readonly<Record<string, string>>;
  };
  await put(admin, 'PUT', `/adapters/${own.adapterId}`, adapterOf(side));
  await put(admin, 'PUT', `/code-tables/${own.tableId}`, tableOf(side));
  await put(security, 'PUT', `/secrets/${own.name}`, { value: `value ${mark}`, adapters: [own.adapterId] });
  await put(admin, 'PUT', `/flows/${own.flowId}`, flowOf(side));
  await put(admin, 'POST', `/flows/${own.flowId}/publish`, {});
  await put(admin, 'PUT', `/interfaces/${own.interfaceId}`, interfaceOf(side));
  await put(admin, 'PUT', `/object-rules/${own.ruleSetId}`, ruleSetOf(side));
  await put(security, 'PUT', `/apps/${own.appId}`, appOf(side));
  await put(security, 'POST', `/apps/${own.appId}/keys`, keyOf(`key-${mark}`));
  await put(security, 'PUT', `/grants/${own.grantId}`, grantOf(side));
  await put(admin, 'PUT', `/services/${own.serviceId}`, serviceOf(side));
  await put(security, 'PUT', `/ip-lists/${own.listId}`, ipListOf(side));
  const consumerId = (await put(security, 'POST', '/bus-consumers/tokens', { appId: own.appId }))['id']!;
  const at = Date.now();
  const held = { node: 'n_send', reason: `CODE_${mark}`, outcomeKnown: true, at };
  const executionId = `exe_${mark}_held`;
  const common = { flowId: own.flowId, domain, acceptedAt: at, traceId: `trace-${mark}` };
  await putExecution(documents, { ...common, _id: executionId, status: 'held', held });
  for (const status of ['completed', 'failed', 'cancelled'] as const)
    await putExecution(documents, { ...common, _id: `exe_${mark}_${status}`, status });
  const bulkId = `blk_${mark}00000`;
  await putBulk(running, { _id: bulkId, domains: [domain], startedBy: `person-${mark}` });
  const alarms = await openAlarmStore(documents);
  const alarmId = `alm_${mark}`;
  await alarms.alarms.insert({
    ...{ _id: alarmId, rule: 'feed-silent', subject: own.flowId, about: `feed-silent|${own.flowId}`, severity: 'warning' },
    ...{ values: { flowId: own.flowId }, name: both(`flow ${mark}`), status: 'ended', openedAt: at, seenAt: at, endedAt: at, told: [] },
  });
  const silenceId = `sil_${mark}`;
  await alarms.silences.insert({ _id: silenceId, until: at + 86_400_000, by: `person-${mark}`, at, subject: own.flowId });
  return { ...side, executionId, consumerId, bulkId, alarmId, silenceId, requestId: await putRequest(running, side) };
}

/** For a grant that the side has already, so that deciding it changes nothing. */
async function putRequest(
  { documents }: RunningEngine,
  { domain, mark }: { readonly domain: string; readonly mark: string },
): Promise<string> {
  const store = await openRequestStore(documents, plainSeal);
  const { grantId } = ids(mark);
  const _id = `req_${mark}`;
  const input = { grantId, document: grantOf({ mark }, { revision: 1 }) };
  const at = Date.now();
  await store.records.insert({
    ...{ _id, action: 'grants.save', subject: mark, needs: 'grants.edit', domains: [domain], by: 'admin', at, status: 'open' },
    ...{ body: store.seal(_id, 'body', { input, reason: mark }), expiresAt: at + 86_400_000 },
  });
  return _id;
}

async function putBulk({ documents }: RunningEngine, fields: Pick<BulkDocument, '_id' | 'domains' | 'startedBy'>): Promise<void> {
  const bulks = await documents.open<BulkDocument>({
    name: 'bulks',
    schema: {},
    indexes: [{ name: 'by_time', fields: ['startedAt'] }],
    expiresAt: 'expiresAt',
  });
  const at = Date.now();
  await bulks.insert({
    ...{ kind: 'retry', status: 'stopped', startedAt: at, selection: {}, total: 0, handled: 0, done: 0, goneOn: 0, missing: 0 },
    ...{ unknownSkipped: 0, more: false, perSecond: 50, run: 'run_x', beatAt: at, expiresAt: at + 86_400_000 },
    ...fields,
  });
}
