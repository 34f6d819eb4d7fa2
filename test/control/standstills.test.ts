/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-return -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { AuditLine } from '../../control/audit/audit-line.ts';
import { withoutErrorTexts } from '../../control/executions/error-names.ts';
import type { ErrorRecord, ErrorValues } from '../../engine/contract/values/errors.ts';
import type { FlowDocument } from '../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails } from '../../engine/operate/interface.ts';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

const HOUR_MS = 3_600_000;
const HOURLY = { retry: { max: 4, baseMs: HOUR_MS, factor: 1, capMs: HOUR_MS, on: ['transient' as const] } };
const DURABLE = { mode: 'durable', deadlineMs: 60_000 } as const;

async function setUp(t: TestContext) {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  const adapter = adapterTo(hospital, { limits: { breakerFailures: 10_000 } });
  assert.equal((await running.admin.call('PUT', '/adapters/adp_his', adapter)).status, 200);
  const operator = await running.person('wu', ['operator']);
  const until = (id: string, status: string) =>
    running.until(async () => {
      const { body } = await operator.call('GET', `/executions/${id}`);
      return body.status === status && body;
    });
  return { hospital, running, operator, until };
}

const send = (flowId: string) =>
  graph(
    flowId,
    {
      n_in: { type: 'interface.call@1' },
      n_send: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'POST', path: '/messages' }, handling: HOURLY },
    },
    ['n_in > n_send'],
    DURABLE,
  );

/** Its second rule looks a code up. */
const lookUp = (flowId: string, from: unknown): FlowDocument =>
  graph(
    flowId,
    {
      n_in: { type: 'interface.call@1' },
      n_map: {
        type: 'transform.map@1',
        config: {
          mapping: {
            rules: [
              { to: 'patient', from: { path: 'data.body.patient' } },
              { to: 'kind', from },
            ],
          },
        },
        handling: { exhausted: 'hold' },
      },
    },
    ['n_in > n_map'],
    DURABLE,
  );

test('a standstill names the table and the rule that it is about, to who may not see data', async (t) => {
  const { running, until } = await setUp(t);
  const table = { tableId: 'adt-events', revision: 0, name: { 'zh-CN': '事件', en: 'Events' }, entries: { A01: 'admission' } };
  assert.equal((await running.admin.call('PUT', '/code-tables/adt-events', table)).status, 200);
  await running.publish(lookUp('flw_event', { table: 'adt-events', key: { path: 'data.body.event' } }));
  const held = await until(await running.send('flw_event', { body: { patient: '张三', event: 'A08' } }), 'held');
  const [standstill] = held.standstills;
  assert.deepEqual(
    [standstill.node, standstill.state, standstill.error.code, standstill.error.message, standstill.error.values],
    ['n_map', 'held', 'CODE_UNKNOWN', 'CODE_UNKNOWN', { table: 'adt-events', rule: '/rules/1' }],
  );
  assert.deepEqual(held.error.values, standstill.error.values);
});

test('of the names in an error only those are told that the flow’s author wrote', () => {
  const document = lookUp('flw_event', { table: 'adt-events', key: { path: 'data.body.event' } });
  const toldOf = (values: ErrorValues) => {
    const error: ErrorRecord = { code: 'CODE_TABLE_UNKNOWN', kind: 'input', message: 'zhang.san', values };
    return withoutErrorTexts({ error, steps: [], standstills: [] } as unknown as ExecutionDetails, document).error;
  };
  assert.deepEqual(toldOf({ table: 'adt-events', rule: '/rules/1', count: 3 })?.values, { table: 'adt-events', rule: '/rules/1' });
  assert.equal(toldOf({ table: 'zhang.san', rule: '/rules/zhang', reason: 'adt-events' })?.values, undefined);
  assert.equal(toldOf({ table: 'adt-events' })?.message, 'CODE_TABLE_UNKNOWN');
});

test('who may retry tries at once what waits an hour, which leaves an audit line; others may not, and a wait for a message is refused', async (t) => {
  const { hospital, running, operator, until } = await setUp(t);
  await running.publish(send('flw_send'));
  hospital.answer = () => ({ status: 503 });
  const id = await running.send('flw_send', {});
  const waiting = await until(id, 'waiting');
  const [standstill] = waiting.standstills;
  assert.deepEqual([standstill.state, standstill.attempt, standstill.mostAttempts], ['retrying', 1, 5]);
  assert.ok(standstill.nextAt > Date.now() && standstill.error.code.length > 0);

  const viewer = await running.person('li', ['viewer']);
  assert.equal((await viewer.call('POST', `/executions/${id}/try-now`, {})).status, 403);
  hospital.answer = () => ({ status: 200 });
  assert.deepEqual((await operator.call('POST', `/executions/${id}/try-now`, {})).body, { executionId: id, triedNow: true });
  await until(id, 'completed');
  assert.equal((await operator.call('POST', `/executions/${id}/try-now`, {})).body.code, 'EXECUTION_NOT_RETRYING');
  const auditor = await running.person('sun', ['audit-admin']);
  const { items } = (await auditor.call('GET', '/audit?action=executions.try-now')).body;
  assert.deepEqual(
    items.filter(({ outcome }: AuditLine) => outcome === 'done').map(({ subject }: AuditLine) => subject),
    [id],
  );
});
