/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAuditLog } from '../../control/audit/audit-log.ts';
import { silentLogger } from '../../engine/contract/observe.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { flow, startControl } from './start-control.ts';

const ACTOR = { account: 'wang', roles: [], via: 'session', from: '127.0.0.1' } as const;

test('leaves an intent line before an act and a result line after it, also when it failed', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'), { 'x-kq-reason': encodeURIComponent('新版预约') });
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=flows.save')).body;
  const seen = items.map((line: Record<string, unknown>) => [line['phase'], line['subject'], line['outcome'] ?? line['reason']]).reverse();
  assert.deepEqual(seen, [
    ['intent', 'flw_a', '新版预约'],
    ['result', 'flw_a', 'done'],
    ['intent', 'flw_a', undefined],
    ['result', 'flw_a', 'FLOW_STALE'],
  ]);
  assert.equal((await auditor.call('POST', '/audit/verify')).body.intact, true);
});

test('finds a line that was changed, cut out of the middle or cut off the end', async () => {
  for (const [tamper, why, brokenAt] of [
    ['change', 'changed', 3],
    ['remove', 'missing', 3],
    ['cut', 'cut off', 6],
  ] as const) {
    const { log, lines } = await sixLines();
    assert.equal((await log.verify()).intact, true);
    if (tamper === 'change') await lines.patchIf('main-000000000003', {}, { set: { actor: 'somebody else' } });
    if (tamper === 'remove') await lines.remove('main-000000000003');
    if (tamper === 'cut') await lines.remove('main-000000000006');
    assert.deepEqual(await log.verify(), { intact: false, lines: brokenAt - 1, brokenAt, why });
  }
});

test('keeps one chain when two processes write at once', async () => {
  const { log, open } = await sixLines();
  const other = await open();
  await Promise.all(Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? log : other).intent({ action: 'race', actor: ACTOR })));
  assert.deepEqual(await other.verify().then(({ intact, lines }) => ({ intact, lines })), { intact: true, lines: 26 });
});

test('keeps secrets out of before and after', async () => {
  const { log } = await sixLines();
  const intent = await log.intent({ action: 'x', actor: ACTOR });
  await log.result(intent, {
    outcome: 'done',
    note: { after: { password: 'planted', deep: [{ apiKey: 'planted' }], url: 'https://u:planted@host/' } },
  });
  const { items } = await log.list({ limit: 1 });
  assert.doesNotMatch(JSON.stringify(items), /planted/);
  assert.match(JSON.stringify(items), /host/);
});

async function sixLines() {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const open = () => openAuditLog({ documents, clock, crypto: createSoftwareCrypto(), logger: silentLogger, auditKey: new Uint8Array(32) });
  const log = await open();
  for (let act = 0; act < 3; act++)
    await log.result(await log.intent({ action: `act-${act}`, actor: ACTOR }), { outcome: 'done', note: {} });
  const indexes = [
    { name: 'chain', fields: ['chain', 'number'], unique: true },
    { name: 'by_actor', fields: ['actor', 'at'] },
    { name: 'by_action', fields: ['action', 'at'] },
  ];
  const lines = await documents.open({ name: 'audit', schema: {}, indexes });
  return { log, lines, open };
}
