/** The requests of one person are limited and do not hide those of others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ActPage } from '../../control/audit-trail/audit.ts';
import type { Overview } from '../../control/overview/overview.ts';
import type { RequestDetails, RequestItem, RequestList } from '../../control/requests/requests.ts';
import { openRequestStore, type RequestRecord } from '../../control/requests/request-store.ts';
import type { StoredDocument } from '../../engine/contract/ports/documents.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import { chainFlow } from '../support/platform-api.ts';
import { plainSeal } from './start-control.ts';
import { startWithEngine } from './start-engine.ts';

async function start() {
  const running = await startWithEngine();
  const [ann, vera] = [await running.person('ann', ['analyst']), await running.person('vera', ['viewer'])];
  await ann.call('PUT', '/flows/flw_a', chainFlow('flw_a', []));
  const offered = (requestSchema: object) => ({
    ...{ interfaceId: 'ifc_a', revision: 0, name: { 'zh-CN': '甲', en: 'A' }, domain: 'sh-city', front: 'open', method: 'POST' },
    ...{ path: '/open/v1/a', state: 'offline', target: { kind: 'flow', flowId: 'flw_a' }, dataClass: 'public', requestSchema },
    ...{ timeoutMs: 1000, timeoutRetries: 0, exceptionRetries: 0, log: 'none' },
  });
  const ask = (requestSchema: object = {}, reason = '请开放') => {
    const input = { interfaceId: 'ifc_a', document: offered(requestSchema) };
    return vera.call('POST', '/requests', { action: 'interfaces.save', input, reason });
  };
  const store = await openRequestStore(running.documents, plainSeal);
  const inputs = await running.documents.open<StoredDocument & { readonly input: string }>({
    ...{ name: 'request_inputs', schema: {}, indexes: [], expiresAt: 'expiresAt' },
  });
  /** As if it had been asked for earlier. */
  async function put(more: Partial<RequestRecord> & { readonly by: string }, body: object = { reason: 'x' }): Promise<string> {
    const id = createId('req');
    const record = { action: 'interfaces.save', subject: 'ifc_a', needs: 'interfaces.edit', domains: ['sh-city'], at: 1, status: 'open' };
    const sealed = store.seal(id, 'body', { names: [], ...body });
    const inserted = await store.records.insert({ ...record, _id: id, body: sealed, expiresAt: 9e15, ...more } as RequestRecord);
    assert.ok(inserted.inserted);
    return id;
  }
  const list = async (who: typeof ann, query = '') => (await who.call('GET', `/requests${query}`)).body as RequestList;
  return { running, ann, vera, ask, store, inputs, put, list };
}

test('what is asked for has 256 KB at most', async (t) => {
  const { running, ask } = await start();
  t.after(running.stop);
  assert.equal((await ask({ description: 'x'.repeat(250_000) })).status, 200);
  assert.equal((await ask({ description: '预'.repeat(100_000) })).body.code, 'REQUEST_TOO_LARGE');
});

test('the input lies apart, and goes when the request has ended; what the list tells stays', async (t) => {
  const { running, ann, vera, ask, inputs, put } = await start();
  t.after(running.stop);
  const open = async (title: string) => ((await ask({ title })).body as RequestItem).requestId;
  const [withdrawn, refused, done] = [await open('a'), await open('b'), await open('c')];
  const old = await put({ by: 'vera', action: 'interfaces.set-state' }, { reason: '早先的', input: { interfaceId: 'ifc_a' } });
  assert.deepEqual(((await ann.call('GET', `/requests/${old}`)).body as RequestDetails).input, { interfaceId: 'ifc_a' });
  assert.equal(await inputs.count({}), 3);
  const decide = (requestId: string, accept: boolean) => ann.call('POST', `/requests/${requestId}/decide`, { accept, reason: '已核对' });
  await vera.call('POST', `/requests/${withdrawn}/withdraw`, {});
  await decide(refused, false);
  await decide(old, false);
  const accepted = await decide(done, true);
  assert.equal(accepted.status, 200, JSON.stringify(accepted.body));
  assert.equal(await inputs.count({}), 0);
  for (const requestId of [withdrawn, refused, done, old]) {
    const { input, reason, status } = (await vera.call('GET', `/requests/${requestId}`)).body as RequestDetails;
    assert.deepEqual([input, reason === '请开放' || reason === '早先的', status === 'open'], [undefined, true, false]);
  }
});

test('of many that one person sends at once twenty are taken; two hundred are kept, and the oldest that ended go', async (t) => {
  const { running, vera, ask, store, put, list } = await start();
  t.after(running.stop);
  const sent = await Promise.all(Array.from({ length: 60 }, (_, index) => ask({ title: String(index) })));
  assert.equal(sent.filter(({ status }) => status === 200).length, 20);
  assert.ok(sent.every(({ status, body }) => status === 200 || body.code === 'REQUESTS_FULL'));
  assert.equal(await store.records.count({ by: 'vera', status: 'open' }), 20);
  for (let at = 1; at <= 180; at++) await put({ by: 'vera', at, status: 'withdrawn' });
  const [first] = (await list(vera)).items;
  await vera.call('POST', `/requests/${first!.requestId}/withdraw`, {});
  assert.equal((await ask()).status, 200);
  assert.equal(await store.records.count({ by: 'vera' }), 200);
  assert.equal(await store.records.count({ by: 'vera', at: 1 }), 0);
});

test('what others may decide does not stand before what one may decide oneself; the list comes in pages', async (t) => {
  const { running, ann, vera, put, list } = await start();
  t.after(running.stop);
  const sec = await running.person('sec', ['security-admin']);
  const keeper = await running.person('keeper', ['security-admin'], ['hospital-b']);
  for (let at = 1; at <= 210; at++) await put({ by: `weak${at % 11}`, at });
  for (let at = 1; at <= 60; at++) await put({ by: 'far', at, needs: 'grants.edit', domains: ['hospital-a'] });
  const late = await put({ by: 'ann', at: 1000, needs: 'grants.edit', domains: ['hospital-b'] });
  assert.deepEqual(
    (await list(keeper)).items.map(({ requestId }) => requestId),
    [late],
  );
  const waiting = async (who: typeof ann) => ((await who.call('GET', '/overview')).body as Overview).attention.requests?.count;
  assert.deepEqual([await waiting(keeper), await waiting(sec), await waiting(ann), await waiting(vera)], [1, 61, 210, undefined]);
  const seen: string[] = [];
  for (let after = ''; ;) {
    const { items, next } = await list(ann, after);
    assert.ok(items.length <= 50);
    seen.push(...items.map(({ requestId }) => requestId));
    if (next === undefined) break;
    after = `?after=${encodeURIComponent(next)}`;
  }
  assert.deepEqual([seen.length, new Set(seen).size, seen.at(-1)], [211, 211, late]);
  assert.deepEqual(
    (await list(ann, '?side=own')).items.map(({ requestId }) => requestId),
    [late],
  );
});

test('what is refused before it began leaves no lines of an act in the trail', async (t) => {
  const { running, vera, ask } = await start();
  t.after(running.stop);
  const auditor = await running.person('auditor', ['audit-admin']);
  const acts = async () => ((await auditor.call('GET', '/audit/acts')).body as ActPage).items.filter(({ actor }) => actor === 'vera');
  const { requestId } = (await ask()).body as RequestItem;
  await vera.call('POST', `/requests/${requestId}/withdraw`, {});
  const before = (await acts()).length;
  for (const [id, status] of [
    ['nothing', 404],
    [requestId, 422],
  ] as const)
    assert.equal((await vera.call('POST', `/requests/${id}/withdraw`, {})).status, status);
  assert.equal((await vera.call('POST', '/requests/nothing/decide', { accept: true, reason: 'x' })).status, 404);
  assert.equal((await vera.call('POST', '/requests', { action: 'toString', input: {}, reason: 'x' })).status, 404);
  assert.equal((await acts()).length, before);
});
