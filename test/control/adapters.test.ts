import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { AdapterTypeList } from '../../control/adapters/adapters.ts';
import type { PolicyList } from '../../control/interfaces/policies.ts';
import type { AdapterDocument } from '../../engine/contract/node/adapter.ts';
import type { Health, ProbeStep } from '../../engine/contract/node/probe.ts';
import { loadNodes } from '../../engine/registry/load-nodes.ts';
import { resolveAdapter } from '../../engine/testing/run-node.ts';
import { loadPolicies } from '../../gateways/pipeline/load-policies.ts';
import { memoryBindings, startControl } from './start-control.ts';

interface ProgressLine {
  readonly progress?: { readonly step: ProbeStep };
  readonly result?: Health;
}

const nodes = await loadNodes([new URL('../../nodes', import.meta.url)]);
const name = { 'zh-CN': '名称', en: 'Name' };
const adapter: AdapterDocument = {
  ...{ adapterId: 'adp_a', revision: 0, name, protocol: 'http', owner: 'o', domain: 'd' },
  environments: { TEST: { baseUrl: 'http://127.0.0.1:1' } },
};

/** Control with the real node types, over bindings that preview as the engine does and give the password `of <adapter>`. */
function start() {
  const { bindings, bindingStore } = memoryBindings();
  const preview = (document: AdapterDocument) => ({
    adapter: resolveAdapter('http', { settings: document.environments['TEST'] ?? {} }),
    secret: async () => `of ${document.adapterId}`,
  });
  return startControl({ nodes, bindings, bindingStore: { ...bindingStore, preview } });
}

test('describes the settings of every protocol, for its form', async (t) => {
  const running = await start();
  t.after(running.stop);
  const { items } = (await running.admin.call('GET', '/adapter-types')).body as AdapterTypeList;
  assert.deepEqual(items.map(({ protocol, canProbe }) => [protocol, canProbe]).toSorted(), [
    ['crypto', true],
    ['database', true],
    ['fhir', true],
    ['file', true],
    ['http', true],
    ['mail', true],
    ['messaging', true],
    ['mllp', true],
    ['registry-centre', true],
    ['soap', true],
  ]);
  const properties = items.find(({ protocol }) => protocol === 'http')?.settings['properties'] as Record<
    string,
    { text: { label: unknown } }
  >;
  assert.deepEqual(properties['baseUrl']?.text.label, { 'zh-CN': '地址', en: 'Base URL' });
});

test('describes the policies with the schemas of their options', async (t) => {
  const running = await startControl({ policies: await loadPolicies() });
  t.after(running.stop);
  const { items } = (await running.admin.call('GET', '/policies')).body as PolicyList;
  const list = items.find((policy) => policy.name === 'ip-list');
  assert.deepEqual([list?.defaultOn, list?.optionalOn], [[], ['open', 'user', 'bus']]);
  assert.deepEqual(Object.keys(list?.options['properties'] as object), ['allow', 'deny', 'lists']);
  assert.deepEqual(items.find((policy) => policy.name === 'signature')?.optionalOn, []);
});

test('tests settings that are not saved, tells each step as it ends, and leaves nothing behind', async (t) => {
  const running = await start();
  t.after(running.stop);
  const response = await running.admin.raw('POST', '/adapters/test', {
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify(adapter),
  });
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ProgressLine);
  assert.deepEqual(
    lines.flatMap(({ progress }) => (progress === undefined ? [] : [[progress.step.name.en, progress.step.ok]])),
    [
      ['Settings', true],
      ['Name lookup (DNS)', true],
      ['TCP connection', false],
    ],
  );
  assert.equal(lines.at(-1)?.result?.ok, false);
  assert.equal((await running.admin.call('GET', '/adapters')).body.items.length, 0);
});

test('shows the bytes of the exchange, and what the other side sent only with the right to see messages', async (t) => {
  const running = await start();
  t.after(running.stop);
  const server = createServer((_request, response) => void response.end('Zhang San'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => void server.close());
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const document = { ...adapter, environments: { TEST: { baseUrl } } };
  const analyst = await running.person('analyst', ['analyst']);
  const textOf = ({ exchanges }: Health) =>
    [exchanges![0]!.sent, exchanges![0]!.received].map(({ content }) => Buffer.from(content, 'base64').toString());
  const [sent, received] = textOf((await analyst.call('POST', '/adapters/test', document)).body as Health);
  assert.deepEqual([/^GET \/ HTTP/.test(sent!), /Zhang San/.test(received!)], [true, true]);
  const rights = ['adapters.read', 'adapters.edit', 'adapters.test'];
  const { token } = (await analyst.call('POST', '/me/tokens', { label: 'ci', rights })).body as { token: string };
  const response = await running.admin.raw('POST', '/adapters/test', {
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, cookie: '' },
    body: JSON.stringify(document),
  });
  const less = (await response.json()) as Health;
  assert.deepEqual([less.ok, textOf(less)[0], less.exchanges![0]!.received], [true, sent, { content: '', missing: 'right' }]);
});

test('leads no credential elsewhere for who may not edit secrets, not even for a test', async (t) => {
  const running = await start();
  t.after(running.stop);
  const security = await running.person('security', ['security-admin', 'analyst']);
  assert.equal((await security.call('PUT', '/secrets/his-login', { value: 'u:p', adapters: ['adp_a'] })).status, 200);
  const guarded = { ...adapter, credential: 'his-login' };
  assert.equal((await security.call('PUT', '/adapters/adp_a', guarded)).status, 200);
  const elsewhere = { ...guarded, revision: 1, environments: { TEST: { baseUrl: 'http://127.0.0.1:2' } } };
  const analyst = await running.person('analyst', ['analyst']);
  const refused = await analyst.call('POST', '/adapters/test', elsewhere);
  assert.deepEqual([refused.status, refused.body.code], [403, 'PERMISSION_DENIED']);
  assert.equal((await analyst.call('POST', '/adapters/test', { ...guarded, revision: 1 })).status, 200);
  const operator = await running.person('operator', ['operator']);
  assert.equal((await operator.call('POST', '/adapters/test', { ...guarded, revision: 1 })).status, 403);
});

test('says which adapters log in with a secret, and removes none of those', async (t) => {
  const running = await start();
  t.after(running.stop);
  const security = await running.person('security', ['security-admin', 'analyst']);
  await security.call('PUT', '/secrets/his-login', { value: 'u:secret-value', adapters: ['adp_a'] });
  await security.call('PUT', '/adapters/adp_a', { ...adapter, credential: 'his-login' });
  const listed = await security.call('GET', '/secrets');
  assert.deepEqual(listed.body.items[0].usedBy, [{ adapterId: 'adp_a', name }]);
  assert.ok(!JSON.stringify(listed.body).includes('secret-value'));
  const refused = await security.call('DELETE', '/secrets/his-login');
  assert.deepEqual([refused.status, refused.body.code, refused.body.values.adapters], [409, 'SECRET_IN_USE', 'adp_a']);
  await security.call('PUT', '/adapters/adp_a', { ...adapter, revision: 1 });
  assert.equal((await security.call('DELETE', '/secrets/his-login')).status, 200);
});
