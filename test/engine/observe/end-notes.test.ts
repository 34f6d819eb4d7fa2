// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger, silentMetrics, type LogFields, type Logger } from '../../../engine/contract/values/observe.ts';
import { createEndNotes } from '../../../engine/observe/end-notes.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { CompiledFlow } from '../../../engine/compile/compile-flow.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction } from '../../support/model-flows.ts';

const SECRET = '330102199001011234';

function heard(): { readonly log: Logger; readonly lines: LogFields[] } {
  const lines: LogFields[] = [];
  const log: Logger = {
    ...silentLogger,
    warn: (event, fields = {}) => void (event === 'execution.not_completed' && lines.push(fields)),
    child: () => log,
  };
  return { log, lines };
}

const failingNode = testAction('test.write', 'write', () => {
  throw new AppError('TEST_DOWN', 'transient', `The patient ${SECRET} cannot be booked.`, { values: { patient: SECRET } });
});

test('a held execution leaves one line with its ids, node, code and attempt, and nothing of the message', async (t) => {
  const retry = { max: 1, baseMs: 1_000, factor: 2, capMs: 60_000, on: ['transient' as const] };
  const flow = flowOf([node('in', 'test.in'), node('send', 'test.write', {}, { handling: { retry } })], [edge('in.out', 'send')]);
  const lab = await openLab(flow, [failingNode]);
  t.after(() => lab.close());
  const { log, lines } = heard();
  const engine = await lab.start({ log });
  const executionId = await engine.take({ patient: SECRET });
  await lab.untilStatus(executionId, 'held');
  assert.deepEqual(lines, [
    { executionId, flowId: flow.flowId, version: 1, status: 'held', node: 'n_send', code: 'TEST_DOWN', attempt: 2 },
  ]);
});

test('a sync flow that fails leaves such a line too', async (t) => {
  const flow = flowOf(
    [node('in', 'test.in'), node('send', 'test.write'), node('reply', 'control.reply')],
    [edge('in.out', 'send'), edge('send', 'reply')],
    { mode: 'sync', deadlineMs: 8_000 },
  );
  const lab = await openLab(flow, [failingNode]);
  t.after(() => lab.close());
  const { log, lines } = heard();
  const engine = await lab.start({ log });
  const result = await engine.call({ patient: SECRET });
  assert.equal(result.outcome, 'failed');
  assert.deepEqual(lines, [
    { executionId: result.executionId, flowId: flow.flowId, version: 1, status: 'failed', node: 'n_send', code: 'TEST_DOWN', attempt: 1 },
  ]);
});

test('a fault of an adapter is logged with the other system and the reason', () => {
  const { log, lines } = heard();
  const notes = createEndNotes({ clock: fakeClock(), log, metrics: silentMetrics });
  const message = 'The token server auth.internal:8443 gave no access token (HTTP 401, invalid_client); the call was not sent.';
  notes.ended({ flowId: 'flw_a', version: 3, document: { mode: 'durable' } } as CompiledFlow, 'exe_1', {
    ...{ status: 'held', node: 'send', path: '', outcomeKnown: true, reply: undefined },
    error: { code: 'OAUTH_TOKEN_REFUSED', kind: 'input', message },
  });
  assert.deepEqual([lines[0]?.['code'], lines[0]?.['reason']], ['OAUTH_TOKEN_REFUSED', message]);
});

test('of ten thousand in a minute that end alike, the first stand alone and the rest in a line for ten seconds', async () => {
  const clock = fakeClock();
  const { log, lines } = heard();
  const notes = createEndNotes({ clock, log, metrics: silentMetrics });
  const flow = { flowId: 'flw_a', version: 3, document: { mode: 'durable' } } as CompiledFlow;
  const hold = (number: number, node: string) =>
    notes.ended(flow, `exe_${number}`, {
      ...{ status: 'held', node, path: '', outcomeKnown: true, reply: undefined },
      error: { code: 'HTTP_TIMEOUT', kind: 'transient', message: SECRET },
    });
  for (let number = 1; number <= 10_000; number += 1) {
    hold(number, 'send');
    if (number % 1_000 === 0) await clock.advance(6_000);
  }
  hold(10_001, 'other');
  await clock.advance(20_000);
  const sums = lines.filter(({ count }) => count !== undefined);
  assert.equal(lines.length - sums.length, 6, 'five of the one node, one of the other');
  assert.equal(
    sums.reduce((sum, { count }) => sum + Number(count), 0),
    9_995,
  );
  assert.ok(sums.length <= 7, `${sums.length}`);
  assert.equal(sums.at(-1)!['executionId'], 'exe_10000');
  assert.equal(clock.pending(), 0);
  hold(10_002, 'send');
  assert.equal(lines.at(-1)!['executionId'], 'exe_10002', 'at once again');
});

test('what a flow refuses is no failure of it, and a wait for a retry is no end', () => {
  const notes = createEndNotes({ clock: fakeClock(), log: silentLogger, metrics: silentMetrics });
  const flow = { flowId: 'flw_a', version: 3, document: { mode: 'sync' } } as CompiledFlow;
  const fail = (kind: 'input' | 'transient') =>
    notes.ended(flow, 'exe_a', {
      ...{ status: 'held', node: 'n', path: '', outcomeKnown: true, reply: undefined },
      error: { code: 'TEST', kind, message: '' },
    });
  fail('input');
  fail('transient');
  notes.ended(flow, 'exe_b', { status: 'completed', reply: undefined });
  notes.ended(flow, 'exe_c', { status: 'waiting', waits: [], reply: undefined });
  assert.deepEqual(notes.counts()[0]!.recent, { calls: 3, refused: 1, failed: 1 });
});
