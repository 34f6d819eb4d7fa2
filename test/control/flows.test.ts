/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flow, memoryCatalog, startControl } from './start-control.ts';
import { startWithEngine } from './start-engine.ts';

test('answers a stale save with 409 and both versions, each once and none of it as words', async (t) => {
  const running = await startWithEngine();
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  const mine = flow('flw_a', { revision: 0, domain: 'mine' });
  const answer = await running.admin.call('PUT', '/flows/flw_a', mine);
  assert.equal(answer.status, 409);
  assert.deepEqual(answer.body.yours, mine);
  assert.equal(answer.body.theirs.revision, 1);
  assert.equal(answer.body.issues, undefined);
  assert.doesNotMatch(`${answer.body.message} ${answer.body.fix}`, /nodes/);
  assert.equal((await running.admin.call('GET', '/flows/flw_a')).body.domain, 'sh-city');
});

test('a wrong flow document is told whole, whether it is checked, saved or imported', async (t) => {
  const { admin, stop } = await startWithEngine();
  t.after(stop);
  const { label: _none, ...node } = { id: 'n_1', type: 'http.cal@1', label: '', config: {} };
  const edge = { id: 'e_1', from: { node: 'n_1', port: 'out' }, to: { node: 'n_gone', port: 'in' } };
  const tests = [{ name: 'one', input: { data: 1 }, mocks: { n_nobody: { emit: {} } }, expect: [] }];
  const document = { ...flow('flw_a'), nodes: [node], edges: [edge], tests };
  const all = ['/nodes/0/label', '/nodes/0/type', '/edges/0/to/node', '/tests/0/mocks/n_nobody'];
  const places = (issues: readonly { readonly path: string }[]) => issues.map(({ path }) => path);

  assert.deepEqual(places((await admin.call('POST', '/flows/validate', document)).body.issues), all);
  const saved = await admin.call('PUT', '/flows/flw_a', document);
  assert.deepEqual([saved.status, places(saved.body.issues)], [422, all]);
  const imported = await admin.call('POST', '/bundles/import', { schema: 'bundle/1', flows: [flow('flw_b'), document, null] });
  assert.deepEqual([imported.status, places(imported.body.issues)], [422, [...all.map((path) => `/flows/1${path}`), '/flows/2']]);
  assert.equal((await admin.call('GET', '/flows/flw_b')).status, 404, 'nothing of it was imported');
});

test('tells every issue of a failing publish, with its path, and what to do with an unknown flow', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const node = { id: 'n_1', type: 'control.reply@1', label: '', config: {} };
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a', { nodes: [node] }));
  const answer = await running.admin.call('POST', '/flows/flw_a/publish', {});
  assert.equal(answer.status, 422);
  assert.equal(answer.body.issues[0].path, '/nodes');
  assert.equal((await running.admin.call('POST', '/flows/flw_b/publish', {})).status, 404);
  assert.equal((await running.admin.call('GET', '/flows/flw_b')).body.code, 'NOT_FOUND');
});

test('refuses input that the schema does not know, naming every field', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const answer = await running.admin.call('POST', '/accounts', { name: 'UPPER', displayName: '', roles: ['king'], extra: 1 });
  assert.equal(answer.status, 400);
  const paths = new Set(answer.body.issues.map((issue: { path: string }) => issue.path));
  assert.deepEqual(paths, new Set(['/name', '/displayName', '/roles/0', '/extra']));
  const broken = await running.admin.raw('PUT', '/flows/flw_a', { body: '{', headers: { 'content-type': 'application/json' } });
  assert.equal(broken.status, 400);
  const poisoned = await running.admin.raw('PUT', '/flows/flw_a', {
    body: '{"__proto__":{}}',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(poisoned.status, 400);
});

test('streams the stages of a publish and ends with its result', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  const response = await running.admin.raw('POST', '/flows/flw_a/publish', { headers: { accept: 'application/x-ndjson' } });
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, Record<string, unknown>>);
  assert.deepEqual(
    lines.slice(0, -1).map((line) => line['progress']?.['stage']),
    ['validate', 'test', 'prepare', 'commit', 'apply'],
  );
  assert.equal(lines.at(-1)?.['result']?.['version'], 1);
  const failing = await running.admin.raw('POST', '/flows/flw_none/publish', { headers: { accept: 'application/x-ndjson' } });
  assert.equal((JSON.parse(await failing.text()) as { error: { status: number } }).error.status, 404);
});

test('cancels a running test when the asking side leaves', async (t) => {
  let started = () => {};
  const hasStarted = new Promise<void>((resolve) => (started = resolve));
  let cancelled = () => {};
  const wasCancelled = new Promise<void>((resolve) => (cancelled = resolve));
  const catalog = {
    ...memoryCatalog(),
    test: (_document: unknown, signal: AbortSignal) =>
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          cancelled();
          reject(signal.reason as Error);
        });
        started();
      }),
  };
  const running = await startControl({ catalog });
  t.after(running.stop);
  const leaving = new AbortController();
  const asked = running.admin
    .raw('POST', '/flows/test', {
      body: JSON.stringify({ document: flow('flw_a', { tests: [{ name: 'slow', input: { data: 1 }, mocks: {}, expect: [] }] }) }),
      headers: { 'content-type': 'application/json' },
      signal: leaving.signal,
    })
    .catch(() => 'left');
  await hasStarted;
  leaving.abort();
  assert.equal(await asked, 'left');
  await wasCancelled;
});

test('exports a bundle without secrets and imports it elsewhere', async (t) => {
  const source = await startControl();
  t.after(source.stop);
  const node = { id: 'n_1', type: 'http.call@1', label: '', config: {}, adapter: 'adp_a' };
  const adapter = {
    adapterId: 'adp_a',
    revision: 0,
    name: { 'zh-CN': '医院甲', en: 'Hospital A' },
    protocol: 'http',
    owner: 'A',
    domain: 'sh-city',
    environments: { DEV: { baseUrl: 'https://user:hunter2@a.example', password: 'hunter2' } },
    credential: 'hospital-a',
  };
  const keeper = await source.person('keeper', ['security-admin', 'analyst']);
  assert.equal((await keeper.call('PUT', '/adapters/adp_a', adapter)).status, 200);
  const secret = { value: 'planted-secret-value', adapters: ['adp_a'] };
  assert.equal((await keeper.call('PUT', '/secrets/hospital-a', secret)).status, 200);
  await source.admin.call('PUT', '/flows/flw_a', flow('flw_a', { nodes: [node] }));
  const bundle = (await source.admin.call('POST', '/bundles/export', {})).body;
  assert.equal(bundle.flows[0].flowId, 'flw_a');
  assert.doesNotMatch(JSON.stringify(bundle), /hunter2|planted-secret-value/);

  const target = await startControl();
  t.after(target.stop);
  const receiver = await target.person('receiver', ['security-admin', 'analyst']);
  const masked = await receiver.call('POST', '/bundles/import', bundle);
  const codes = masked.body.issues.map(({ code }: { code: string }) => code);
  assert.deepEqual([masked.status, [...new Set(codes)]], [422, ['BUNDLE_MASKED']], 'what the export left out is asked for');
  bundle.adapters[0].environments.DEV = { baseUrl: 'https://user:other@a.example' };
  const refused = await target.admin.call('POST', '/bundles/import', bundle);
  assert.deepEqual([refused.status, refused.body.code], [403, 'PERMISSION_DENIED'], 'it brings an adapter with a credential');
  const imported = await receiver.call('POST', '/bundles/import', bundle);
  assert.deepEqual(imported.body, { adapters: 1, tables: 0, flows: 1, services: 0, ipLists: 0, ruleSets: 0, interfaces: 0 });
  assert.equal((await target.admin.call('GET', '/flows/flw_a')).body.nodes[0].adapter, 'adp_a');
});

test('who may not edit secrets leads none elsewhere: neither by the credential nor by the address of an adapter', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin', 'analyst']);
  const analyst = await running.person('analyst', ['analyst']);
  const plain = {
    adapterId: 'adp_a',
    revision: 0,
    name: { 'zh-CN': '医院甲', en: 'Hospital A' },
    protocol: 'http',
    owner: 'A',
    domain: 'sh-city',
    environments: { DEV: { baseUrl: 'https://a.example', auth: 'bearer' } },
  };
  const bound = { ...plain, credential: 'hospital-a' };
  const put = async (person: typeof analyst, document: object) => {
    const stored = await person.call('GET', '/adapters/adp_a');
    const revision = stored.status === 200 ? (stored.body.revision as number) : 0;
    return (await person.call('PUT', '/adapters/adp_a', { ...document, revision })).status;
  };
  assert.equal((await analyst.call('PUT', '/secrets/hospital-a', { value: 'mine', adapters: ['adp_a'] })).status, 403);
  assert.equal(await put(analyst, bound), 403);
  assert.equal(await put(analyst, plain), 200, 'an adapter without a credential is the analyst’s own');
  assert.equal(await put(analyst, { ...plain, environments: { DEV: { baseUrl: 'https://b.example' } } }), 200);
  assert.equal(await put(analyst, bound), 403);
  assert.equal(await put(keeper, bound), 200);
  assert.equal(await put(analyst, { ...bound, environments: { DEV: { baseUrl: 'https://evil.example', auth: 'bearer' } } }), 403);
  assert.equal(await put(analyst, { ...bound, credential: 'hospital-b' }), 403);
  assert.equal(await put(analyst, plain), 403);
  assert.equal(await put(analyst, { ...bound, owner: 'B', limits: { timeoutMs: 9000 } }), 200, 'all else stays the analyst’s');
});

test('never answers the value of a secret but to who may reveal it and says why', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const security = await running.person('security', ['security-admin']);
  const saved = await security.call('PUT', '/secrets/hospital-a', { value: 'planted-secret-value', adapters: ['adp_a'] });
  const listed = await running.admin.call('GET', '/secrets');
  assert.deepEqual(listed.body.items, [{ name: 'hospital-a', adapters: ['adp_a'], updatedAt: 0, usedBy: [] }]);
  assert.doesNotMatch(JSON.stringify([saved.body, listed.body]), /planted/);
  assert.equal((await security.call('POST', '/secrets/hospital-a/reveal', {})).status, 400, 'a reason is needed');
  assert.equal(
    (await security.call('POST', '/secrets/hospital-a/reveal', { reason: 'handover to the hospital' })).body.value,
    'planted-secret-value',
  );
  const auditor = await running.person('auditor', ['audit-admin']);
  const trail = JSON.stringify((await auditor.call('GET', '/audit?action=secrets.reveal')).body);
  assert.match(trail, /handover to the hospital/);
  assert.doesNotMatch(trail, /planted/);
});
