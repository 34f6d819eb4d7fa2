import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAuditLog } from '../../control/audit/audit-log.ts';
import type { Page } from '../../control/action/pages.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import type { ActPage } from '../../control/audit-trail/audit.ts';
import type { NamedObject } from '../../control/audit-trail/object-names.ts';
import { chainFlow } from '../support/platform-api.ts';
import { plainSeal, startControl } from './start-control.ts';

/** As control's. */
const KEY = new Uint8Array(32).fill(7);
const SET = { type: 'transform.set@1', id: 'n_set', label: '补科室' } as const;
const fields = (department: string) => ({ fields: [{ to: 'department', from: { value: department } }] });
const setFlow = (department: string, revision: number) => chainFlow('flw_a', [{ ...SET, config: fields(department) }], { revision });

async function start() {
  const running = await startControl();
  const auditor = await running.person('auditor', ['audit-admin']);
  const acts = async (query = '') => ((await auditor.call('GET', `/audit/acts${query}`)).body as ActPage).items;
  return { running, auditor, acts };
}

test('an act is one row with its outcome, its reason, what it was about by name, and the fields that changed', async (t) => {
  const { running, acts } = await start();
  t.after(running.stop);
  const { admin } = running;
  await admin.call('PUT', '/flows/flw_a', setFlow('内科', 0), { 'x-kq-reason': encodeURIComponent('新流程') });
  await admin.call('PUT', '/flows/flw_a', setFlow('外科', 0));
  const [refused, made] = await acts('?action=flows.save');
  assert.deepEqual(
    [refused?.outcome, made?.outcome, made?.reason, made?.subject, made?.object?.name['zh-CN'], made?.object?.kind],
    ['FLOW_STALE', 'done', '新流程', 'flw_a', 'flw_a', 'flow'],
  );
  assert.ok(made!.endedAt! >= made!.at);
  await running.clock.advance(11 * 60_000);
  await admin.call('PUT', '/flows/flw_a', setFlow('外科', 1));
  const [changed] = await acts('?action=flows.save');
  assert.deepEqual(
    [changed?.before, changed?.after],
    [{ 'nodes/补科室/config/fields': fields('内科').fields }, { 'nodes/补科室/config/fields': fields('外科').fields, revision: 2 }],
  );
});

test('saves that an editor made by itself are one row from the first to the last, however many people edit', async (t) => {
  const { running, acts } = await start();
  t.after(running.stop);
  const other = await running.person('bob', ['analyst']);
  await running.admin.call('PUT', '/flows/flw_b', chainFlow('flw_b', []));
  for (let revision = 0; revision < 6; revision++) {
    const person = revision === 3 ? other : running.admin;
    await person.call('PUT', '/flows/flw_a', setFlow(`科室 ${revision}`, revision));
    await running.clock.advance(1000);
  }
  await running.clock.advance(11 * 60_000);
  await running.admin.call('PUT', '/flows/flw_a', setFlow('最后', 6));
  const rows = await acts('?object=flw_a');
  assert.deepEqual(
    rows.map(({ actor, saves = 1 }) => [actor === 'bob' ? 'bob' : 'admin', saves]),
    [
      ['admin', 1],
      ['admin', 5],
      ['bob', 1],
    ],
  );
  assert.deepEqual((rows[1]?.after as Record<string, unknown>)['nodes/补科室/config/fields'], fields('科室 5').fields);
  assert.equal((rows[1]?.before as Record<string, unknown>)['nodes/补科室'], undefined, 'it was made in this stretch');
});

test('acts are filtered by the object alone, not by what only begins like it', async (t) => {
  const { running, auditor, acts } = await start();
  t.after(running.stop);
  for (const flowId of ['flw_a', 'flw_ab']) await running.admin.call('PUT', `/flows/${flowId}`, chainFlow(flowId, []));
  assert.deepEqual(
    (await acts('?object=flw_a')).map(({ subject }) => subject),
    ['flw_a'],
  );
  assert.deepEqual(
    (await acts('?outcome=failed')).map(({ outcome }) => outcome),
    [],
  );
  const { items } = (await auditor.call('GET', '/audit/objects')).body as Page<NamedObject>;
  assert.deepEqual(
    items.filter(({ kind }) => kind === 'flow').map(({ id }) => id),
    ['flw_a', 'flw_ab'],
  );
});

test('pages of acts hold each act once, and an act that began and never ended says so', async (t) => {
  const { running, auditor, acts } = await start();
  t.after(running.stop);
  for (let index = 0; index < 7; index++) await running.admin.call('PUT', `/flows/flw_${index}`, chainFlow(`flw_${index}`, []));
  const seen: string[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = (await auditor.call('GET', `/audit/acts?action=flows.save&limit=2${after}`)).body as ActPage;
    seen.push(...page.items.map(({ subject }) => subject!));
    after = page.next === undefined ? undefined : `&after=${page.next}`;
  }
  assert.deepEqual(seen, ['flw_6', 'flw_5', 'flw_4', 'flw_3', 'flw_2', 'flw_1', 'flw_0']);
  const actor = { account: 'wang', roles: [], domains: 'all', via: 'session', from: '127.0.0.1' } as const;
  const { documents, clock } = running;
  const log = await openAuditLog({
    documents,
    clock,
    crypto: createSoftwareCrypto(),
    seal: plainSeal,
    logger: silentLogger,
    auditKey: KEY,
  });
  await log.intent({ action: 'flows.publish', actor, subject: 'flw_1' });
  const [begun] = await acts('?actor=wang');
  assert.deepEqual([begun?.action, begun?.outcome, begun?.endedAt], ['flows.publish', undefined, undefined]);
});

test('a saved test may hold what a patient sent: the trail says only how many there are', async (t) => {
  const { running, acts } = await start();
  t.after(running.stop);
  const tests = [{ name: '一次', input: { data: { name: '欧阳璇玑' } }, mocks: {}, expect: [] }];
  await running.admin.call('PUT', '/flows/flw_a', chainFlow('flw_a', [], { tests }));
  await running.admin.call('PUT', '/flows/flw_a', chainFlow('flw_a', [], { tests: [], revision: 1 }));
  const rows = await acts('?object=flw_a');
  assert.doesNotMatch(JSON.stringify(rows), /欧阳/);
  assert.deepEqual((rows[0]?.after as Record<string, unknown>)['tests'], 0);
});

test('an entry of a code table that changed stands in the trail with both values', async (t) => {
  const { running, acts } = await start();
  t.after(running.stop);
  const table = (entries: Record<string, string>, revision: number) => ({
    tableId: 'departments',
    revision,
    name: { 'zh-CN': '科室', en: 'Departments' },
    domain: 'sh-city',
    entries,
  });
  await running.admin.call('PUT', '/code-tables/departments', table({ A: '内科', B: '外科' }, 0));
  const saved = await running.admin.call('PUT', '/code-tables/departments', table({ A: '心内科', C: '儿科' }, 1));
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  const [row] = await acts('?action=tables.save');
  assert.deepEqual(row?.before, { 'entries/A': '内科', 'entries/B': '外科' });
  assert.deepEqual(row?.after, { 'entries/A': '心内科', 'entries/C': '儿科', revision: 2, size: 2 });
});

test('reading the trail leaves one line an hour, and a dry run says that it was one', async (t) => {
  const { running, auditor, acts } = await start();
  t.after(running.stop);
  for (let index = 0; index < 20; index++) await auditor.call('GET', '/audit/acts');
  assert.equal((await acts('?action=audit.acts')).length, 1);
  const operator = await running.person('wu', ['operator']);
  await operator.call('POST', '/held/retry', { all: true, dryRun: true });
  assert.deepEqual(
    (await acts('?action=executions.retry-many')).map(({ isDryRun }) => isDryRun),
    [true],
  );
  for (let minute = 0; minute < 60; minute += 20) {
    await running.clock.advance(20 * 60_000);
    await acts();
  }
  assert.equal((await acts('?action=audit.acts')).length, 2);
});
