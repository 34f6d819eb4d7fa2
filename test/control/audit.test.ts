/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openAuditLog } from '../../control/audit/audit-log.ts';
import { changedFieldsOfFlow } from '../../control/audit/changed-fields.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import type { ErrorRecord } from '../../engine/contract/values/errors.ts';
import type { FlowNode } from '../../engine/contract/flow/flow-document.ts';
import type { ExecutionCatalog } from '../../engine/operate/interface.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { createSoftwareCrypto } from '../../storage/crypto/software-crypto.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { flow, noExecutions, plainSeal, startControl } from './start-control.ts';

const indexes = [
  { name: 'chain', fields: ['chain', 'number'], unique: true },
  { name: 'by_actor', fields: ['actor', 'at'] },
  { name: 'by_action', fields: ['action', 'at'] },
];
const ACTOR = { account: 'wang', roles: [], domains: 'all', via: 'session', from: '127.0.0.1' } as const;

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
    const breaks = [{ number: brokenAt, to: brokenAt, why, isAccepted: false }];
    assert.deepEqual(await log.verify(), { intact: false, lines: brokenAt - 1, brokenAt, why, breaks, breakCount: 1 });
  }
});

test('names each broken place, rows of bad lines as one, and reads on behind them', async () => {
  const { log, lines } = await sixLines();
  for (let more = 0; more < 4; more++) await log.intent({ action: 'more', actor: ACTOR });
  for (const number of ['2', '3', '6']) await lines.patchIf(`main-00000000000${number}`, {}, { set: { actor: 'somebody else' } });
  await lines.remove('main-000000000008');
  const report = await log.verify();
  assert.deepEqual(report.intact ? [] : report.breaks.map(({ number, to, why }) => [number, to, why]), [
    [2, 3, 'changed'],
    [6, 6, 'changed'],
    [8, 8, 'missing'],
  ]);
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

test('keeps secrets out of a long node that was added, changed or removed, and out of an address that is cut', async () => {
  const { log } = await sixLines();
  const config = { headers: { apikey: 'planted', accept: 'text/html' }, body: 'x'.repeat(600) };
  const flowOf = (...nodes: FlowNode[]) => flow('flw_long', { nodes });
  const node: FlowNode = { id: 'n_send', type: 'http.call@1', label: 'send', config };
  const list = { ...node, config: { calls: [config] } };
  const acts = [
    changedFieldsOfFlow(undefined, flowOf(node)),
    changedFieldsOfFlow(flowOf(list), flowOf({ ...list, config: { calls: [config, config] } })),
    changedFieldsOfFlow(flowOf(node), flowOf()),
  ];
  const intent = await log.intent({ action: 'x', actor: ACTOR });
  for (const changes of acts) await log.result(intent, { outcome: 'done', note: { changes } });
  const url = `https://${'h'.repeat(1_980)} https://u:planted-long@host/`;
  await log.result(intent, { outcome: 'done', note: { after: { url } } });
  const { items } = await log.list({ limit: 4 });
  assert.equal(items.length, 4);
  assert.match(JSON.stringify(items), /text\/html/);
  assert.doesNotMatch(JSON.stringify(items), /plant/);
});

test('keeps reasons sealed in the store, and opens them for who may read the trail', async (t) => {
  const running = await startControl({ executions });
  t.after(running.stop);
  const operator = await running.person('wu', ['operator']);
  const cancelled = { reason: '患者张三已转院' };
  assert.equal((await operator.call('POST', '/executions/exe_1/cancel', cancelled)).status, 200);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'), { 'x-kq-reason': encodeURIComponent('应张三要求') });
  const lines = await running.documents.open({ name: 'audit', schema: {}, indexes });
  assert.doesNotMatch(JSON.stringify(await lines.find({}, { limit: 100 })), /张三/);
  const auditor = await running.person('auditor', ['audit-admin']);
  const reasonsOf = async (action: string) =>
    ((await auditor.call('GET', `/audit?action=${action}`)).body.items as Record<string, unknown>[]).map((line) => line['reason']);
  assert.deepEqual(await reasonsOf('executions.cancel'), [cancelled.reason, undefined]);
  assert.deepEqual(await reasonsOf('flows.save'), [undefined, '应张三要求']);
  // Two reasons for one act: the trail has the one that the act keeps.
  const header = { 'x-kq-reason': encodeURIComponent('另一个理由') };
  assert.equal((await operator.call('POST', '/executions/exe_1/cancel', cancelled, header)).status, 200);
  assert.deepEqual((await reasonsOf('executions.cancel')).slice(0, 2), [cancelled.reason, undefined]);
  assert.equal((await auditor.call('POST', '/audit/verify')).body.intact, true);
  await lines.patchIf('main-000000000003', {}, { set: { sealedReason: 'changed' } });
  assert.equal((await auditor.call('POST', '/audit/verify')).body.why, 'changed');
});

test('shows the texts of errors only as payloads are shown: by their right, leaving an audit line', async (t) => {
  const running = await startControl({ executions });
  t.after(running.stop);
  const [viewer, operator] = [await running.person('li', ['viewer']), await running.person('wu', ['operator'])];
  const shown = { code: 'SCRIPT_THREW', kind: 'input', message: 'SCRIPT_THREW', fix: 'Correct it.' };
  for (const person of [viewer, operator]) {
    const { body } = await person.call('GET', '/executions/exe_1');
    assert.deepEqual([body.error, body.steps[0].error], [shown, shown]);
    assert.doesNotMatch(JSON.stringify(body), /张三/);
  }
  assert.equal((await viewer.call('GET', '/executions/exe_1/payload')).status, 403);
  const { body } = await operator.call('GET', '/executions/exe_1/payload');
  assert.deepEqual([body.error, body.steps[0].error], [failure, failure]);
  const auditor = await running.person('auditor', ['audit-admin']);
  assert.equal((await auditor.call('GET', '/audit?action=executions.payload&actor=wu')).body.items.length, 2);
});

const failure: ErrorRecord = {
  code: 'SCRIPT_THREW',
  kind: 'input',
  message: 'no bed for 张三',
  fix: 'Correct it.',
  issues: [{ path: '/张三', code: 'SCRIPT_THREW', message: '张三', severity: 'error' }],
};

/** Knows one failed execution. */
const executions: ExecutionCatalog = {
  ...noExecutions,
  get: async (executionId) => ({
    executionId,
    flowId: 'flw_a',
    version: 1,
    status: 'failed',
    acceptedAt: 0,
    finishedAt: 1,
    durationMs: 1,
    isReduced: false,
    hasWritten: false,
    isUnknown: false,
    heldSince: undefined,
    retrying: undefined,
    hasPayload: false,
    replayOf: undefined,
    place: undefined,
    replacedBy: undefined,
    replays: [],
    attempt: 1,
    held: undefined,
    error: failure,
    traceId: undefined,
    isLaneKept: false,
    steps: [
      { node: 'b', scope: '', status: 'failed', ports: [], startedAt: 0, durationMs: 1, attempt: 1, error: failure },
      { node: 'a', scope: '', status: 'completed', ports: ['ok'], startedAt: 0, durationMs: 1, attempt: 1 },
    ],
    standstills: [],
    intents: [],
    doneWrites: [],
    concluded: undefined,
    lateOutcomes: [],
  }),
};

async function sixLines() {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const open = () =>
    openAuditLog({ documents, clock, crypto: createSoftwareCrypto(), seal: plainSeal, logger: silentLogger, auditKey: new Uint8Array(32) });
  const log = await open();
  for (let act = 0; act < 3; act++)
    await log.result(await log.intent({ action: `act-${act}`, actor: ACTOR }), { outcome: 'done', note: {} });
  const lines = await documents.open({ name: 'audit', schema: {}, indexes });
  return { log, lines, open };
}
