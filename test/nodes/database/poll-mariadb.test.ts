/** The polling trigger by status with a real MariaDB. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Arrival, ArrivalResult } from '../../../engine/contract/node/node.ts';
import { AppError, toErrorRecord } from '../../../engine/contract/values/errors.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { listenTrigger } from '../../../engine/testing/listen-trigger.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import databasePoll from '../../../nodes/database/poll.node.ts';
import databaseQuery from '../../../nodes/database/query.node.ts';
import { eventually } from '../../conformance/eventually.ts';
import { ENGINES_HERE, PASSWORD, runDirectly } from './servers.ts';

const engine = ENGINES_HERE.find(({ name }) => name === 'MariaDB')!;

test('rows are claimed, and marked as done or failed, with the values of the row', { skip: engine.skip ?? false }, async (t) => {
  const database = await engine.start();
  t.after(() => database.stop());
  await runDirectly(database, [
    `CREATE TABLE orders (code varchar(20) PRIMARY KEY, taken_at datetime(6), status varchar(10) NOT NULL DEFAULT 'NEW', reason text)`,
    "INSERT INTO orders (code, taken_at) VALUES ('甲''1', '2026-01-05 09:30:00.25'), ('乙', NULL), ('丙', NULL)",
    "INSERT INTO orders (code, status) VALUES ('丁', 'TAKEN')",
  ]);
  const codeOf = ({ message }: Arrival) => (message.data as { readonly code: string }).code;
  const clock = fakeClock();
  const trigger = await listenTrigger(databasePoll, {
    config: {
      sql: "SELECT code, taken_at FROM orders WHERE status = 'NEW' ORDER BY code",
      byStatus: {
        keyColumns: ['code'],
        claim: "UPDATE orders SET status = 'TAKEN' WHERE code = :code AND taken_at <=> :taken_at AND status = 'NEW'",
        release: "UPDATE orders SET status = 'NEW' WHERE status = 'TAKEN'",
        done: "UPDATE orders SET status = 'DONE' WHERE code = :code",
        failed: "UPDATE orders SET status = 'FAILED', reason = :error WHERE code = :code",
      },
    },
    adapter: { adapterId: 'adp_status', settings: database.settings, limits: { timeoutMs: 3_000_000 } },
    secrets: { '': PASSWORD },
    clock,
    async onArrival(arrival: Arrival): Promise<ArrivalResult> {
      if (codeOf(arrival) !== '乙') return { status: 'accepted', executionId: 'exe_1' };
      return { status: 'refused', error: toErrorRecord(new AppError('FLOW_REFUSED', 'input', 'No.')) };
    },
  });
  t.after(() => trigger.stop());
  const rows = async () => {
    const outcome = await runNode(databaseQuery, {
      config: { sql: 'SELECT code, status, reason FROM orders ORDER BY code' },
      adapter: { adapterId: 'adp_direct', settings: database.settings },
      secrets: { '': PASSWORD },
    });
    return 'emit' in outcome ? (outcome.emit!['ok']![0]!.data as readonly { readonly status: string }[]) : [];
  };
  await eventually(async () => {
    await clock.advance(1000);
    return (await rows()).every(({ status }) => status === 'DONE' || status === 'FAILED');
  });
  assert.deepEqual(
    trigger.arrivals.map(codeOf),
    (await rows()).map((row) => (row as unknown as { readonly code: string }).code),
  );
  assert.deepEqual(
    (await rows()).filter(({ status }) => status === 'FAILED'),
    [{ code: '乙', status: 'FAILED', reason: 'FLOW_REFUSED' }],
  );
});
