import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionItem } from '../../control/flows/flow-versions.ts';
import type { Page } from '../../control/action/pages.ts';
import type { FlowItem } from '../../control/flows/list-flows.ts';
import { putExecution } from './put-execution.ts';
import { engineWith, flow, memoryCatalog, startControl } from './start-control.ts';

test('shows of each version who published it, whether it serves, and how many executions still run on it', async (t) => {
  const running = await startControl();
  t.after(running.stop);
  const { admin, documents, clock } = running;
  await admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  for (let version = 1; version <= 2; version++) await admin.call('POST', '/flows/flw_a/publish', {});
  for (const [version, status] of [
    [1, 'waiting'],
    [1, 'held'],
    [1, 'completed'],
    [2, 'running'],
  ] as const)
    await putExecution(documents, { flowId: 'flw_a', version, status, acceptedAt: clock.now() });
  await putExecution(documents, { flowId: 'flw_b', version: 1, status: 'running', acceptedAt: clock.now() });
  const { items } = (await admin.call('GET', '/flows/flw_a/versions')).body as Page<VersionItem>;
  assert.deepEqual(items.map(({ version, isCurrent, running: left }) => [version, isCurrent, left]).sort(), [
    [1, false, 2],
    [2, true, 1],
  ]);
});

test('takes a note with a publication; the audit trail has it as the reason', async (t) => {
  const notes: (string | undefined)[] = [];
  const memory = memoryCatalog();
  const catalog = {
    ...memory,
    publish: (...given: Parameters<typeof memory.publish>) => {
      notes.push(given[3]?.note);
      return memory.publish(...given);
    },
  };
  const running = await startControl({ catalog });
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  assert.equal((await running.admin.call('POST', '/flows/flw_a/publish', { note: '改了超时' })).status, 200);
  assert.deepEqual(notes, ['改了超时']);
  assert.equal((await running.admin.call('POST', '/flows/flw_a/publish', { note: '' })).status, 400);
  const auditor = await running.person('auditor', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=flows.publish')).body as { items: { reason?: string }[] };
  assert.ok(items.some(({ reason }) => reason === '改了超时'));
});

test('lists flows with what they did today, what is held and how they listen', async (t) => {
  const process = { role: 'worker', host: 'n1', pid: 1 };
  const listeners = async () => [
    {
      process,
      flowId: 'flw_a',
      version: 1,
      nodeId: 'n_in',
      type: 'mllp.listen@1',
      state: 'failing' as const,
      since: 5,
      arrivals: 0,
      error: { code: 'MLLP_LISTEN', kind: 'transient' as const, message: '' },
    },
  ];
  const running = await startControl({ engine: engineWith({ listeners }) });
  t.after(running.stop);
  const { admin, documents, clock } = running;
  for (const flowId of ['flw_a', 'flw_b']) await admin.call('PUT', `/flows/${flowId}`, flow(flowId));
  for (const status of ['completed', 'failed', 'held'] as const)
    await putExecution(documents, { flowId: 'flw_a', status, acceptedAt: clock.now() });
  await putExecution(documents, { flowId: 'flw_a', status: 'failed', acceptedAt: clock.now() - 2 * 86_400_000 });
  const { items } = (await admin.call('GET', '/flows')).body as Page<FlowItem>;
  assert.deepEqual(
    items.map(({ flowId, today, failedToday, held, listener }) => [flowId, today, failedToday, held, listener]),
    [
      ['flw_a', 3, 1, 1, { state: 'failing', since: 5, errorCode: 'MLLP_LISTEN' }],
      ['flw_b', 0, 0, 0, undefined],
    ],
  );
});
