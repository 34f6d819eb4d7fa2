import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { createHealth } from '../../../engine/host/health.ts';
import { createLogger } from '../../../engine/host/logger.ts';
import { createMetrics } from '../../../engine/host/metrics.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';

function logged(format: 'json' | 'text' = 'json') {
  const lines: string[] = [];
  return { lines, log: createLogger({ level: 'info', format, write: (line) => void lines.push(line) }) };
}

test('a line says what happened, with its fields and those of its parents', () => {
  const { lines, log } = logged();
  log.child({ flowId: 'flw_a' }).info('flow.published', { version: 3 });
  log.debug('too fine');
  const line = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.deepEqual([lines.length, line['level'], line['msg'], line['flowId'], line['version']], [1, 'info', 'flow.published', 'flw_a', 3]);
});

test('fields that are secrets by their name are masked', () => {
  const { lines, log } = logged();
  log.child({ accessToken: 'abc' }).info('x', { password: 'abc', authorization: 'abc', plain: 'seen' });
  assert.ok(!lines[0]!.includes('abc') && lines[0]!.includes('seen'));
});

test('an error is logged by code and kind, a bug with its stack; what a foreign message quotes stays out', () => {
  const { lines, log } = logged();
  const broken = (() => {
    try {
      return JSON.parse('{"name": "张三" oops') as Error;
    } catch (error) {
      return error as Error;
    }
  })();
  log.error('x', new AppError('STORE_DOWN', 'transient', 'The store does not respond.', { cause: broken }));
  const { error } = JSON.parse(lines[0]!) as { error: Record<string, unknown> };
  assert.deepEqual([error['code'], error['kind'], (error['cause'] as { name: string }).name], ['STORE_DOWN', 'transient', 'SyntaxError']);
  assert.doesNotMatch(lines[0]!, /stack/);
  assert.ok(!lines[0]!.includes('张三') && !lines[0]!.includes('oops'));
});

test('a bug is logged with its place in the program, also as the cause of a known error', () => {
  const { lines, log } = logged();
  log.error('x', new AppError('PLAN_STUCK', 'bug', 'The flow has no step left.', { cause: new Error('why') }));
  log.error('x', new AppError('STORE_DOWN', 'transient', 'The store does not respond.', { cause: new TypeError('x is undefined') }));
  log.error('x', new Error('of a library'));
  const errors = lines.map((line) => (JSON.parse(line) as { error: { stack?: string; cause?: { stack?: string } } }).error);
  assert.deepEqual(
    errors.map(({ stack, cause }) => [stack, cause?.stack].map((one) => one?.startsWith('at '))),
    [
      [true, true],
      [undefined, true],
      [true, undefined],
    ],
  );
});

test('what a person must mend, or what may pass, is one line, without the place in the program', () => {
  const { lines, log } = logged('text');
  log.error('trigger.listen-failed', new AppError('DATABASE_CONNECT_FAILED', 'transient', 'No connection to db:5432: ECONNREFUSED.'));
  assert.match(lines.shift()!, /DATABASE_CONNECT_FAILED transient No connection to db:5432: ECONNREFUSED\.\n$/);
  log.error('process.start-failed', new AppError('STORE_LOCKED', 'input', 'Another process has the data folder open.'));
  assert.match(lines[0]!, /error process\.start-failed {2}STORE_LOCKED input Another process has the data folder open\.\n$/);
});

test('the text form is one readable line', () => {
  const { lines, log } = logged('text');
  log.warn('flow.slow', { flowId: 'flw_a' });
  assert.match(lines[0]!, /^\d\d:\d\d:\d\d\.\d{3} warn {2}flow\.slow {2}flowId=flw_a\n$/);
});

test('metrics are counted, timed and read when somebody asks', async () => {
  const metrics = createMetrics();
  metrics.count('flow.executions', { status: 'completed' });
  metrics.count('flow.executions', { status: 'completed' }, 2);
  metrics.observeMs('node_duration_ms', 30, { type: 'http.call' });
  let size = 1;
  metrics.gauge('queue_size', () => size, { lane: 'a' });
  metrics.gauge('queue_size', () => 7, { lane: 'b' });
  size = 5;
  const text = await metrics.text();
  assert.match(text, /kangqiao_flow_executions\{status="completed"\} 3/);
  assert.match(text, /kangqiao_node_duration_seconds_sum\{type="http.call"\} 0.03/);
  assert.match(text, /^# TYPE kangqiao_node_duration_seconds histogram$/m);
  assert.match(text, /kangqiao_node_duration_seconds_bucket\{le="0.02",type="http.call"\} 0\n/);
  assert.match(text, /kangqiao_node_duration_seconds_bucket\{le="0.05",type="http.call"\} 1\n/);
  assert.match(text, /kangqiao_node_duration_seconds_bucket\{le="\+Inf",type="http.call"\} 1\n/);
  assert.match(text, /kangqiao_node_duration_seconds_count\{type="http.call"\} 1\n/);
  assert.match(text, /kangqiao_queue_size\{lane="a"\} 5/);
  assert.match(text, /kangqiao_queue_size\{lane="b"\} 7/);
});

test('what somebody else counts up is a counter; what cannot be read now is left out, never told by an old value', async () => {
  const metrics = createMetrics();
  let writes = 3;
  let isDown = false;
  metrics.total('writes_total', () => writes, { kind: 'write' });
  metrics.gauge('age', async () => {
    if (isDown) throw new AppError('STORE_DOWN', 'transient', 'No.');
    return 7;
  });
  metrics.gauge('unknown', () => undefined);
  const first = await metrics.text();
  assert.match(first, /^# TYPE kangqiao_writes_total counter$/m);
  assert.match(first, /^kangqiao_writes_total\{kind="write"\} 3$/m);
  assert.match(first, /^kangqiao_age 7$/m);
  assert.doesNotMatch(first, /^kangqiao_unknown /m);
  isDown = true;
  writes = 5;
  const second = await metrics.text();
  assert.match(second, /^kangqiao_writes_total\{kind="write"\} 5$/m);
  assert.doesNotMatch(second, /^kangqiao_age /m);
});

test('a label without bounds does not fill the memory', async () => {
  const metrics = createMetrics();
  for (let index = 0; index < 4500; index++) metrics.count('calls', { path: `/${index}` });
  assert.equal((await metrics.text()).match(/^kangqiao_calls\{/gm)?.length, 4000);
});

test('further interfaces share the series of the interface other', async () => {
  const metrics = createMetrics();
  for (let index = 0; index < 4500; index++) metrics.count('calls', { interface: `ifc_${index}`, outcome: 'ok' });
  const text = await metrics.text();
  assert.equal(text.match(/^kangqiao_calls\{/gm)?.length, 4001);
  assert.match(text, /^kangqiao_calls\{interface="other",outcome="ok"\} 500$/m);
});

test('a gauge whose series come and go shows those of now, and adds up equal ones', async () => {
  const metrics = createMetrics();
  let open = ['ifc_a', 'ifc_b'];
  const read = () => open.map((id) => ({ labels: { interface: id }, value: 2 }));
  metrics.gauges('in_flight', ['interface'], read);
  metrics.gauges('in_flight', ['interface'], read);
  assert.match(await metrics.text(), /^kangqiao_in_flight\{interface="ifc_b"\} 4$/m);
  open = ['ifc_a'];
  const text = await metrics.text();
  assert.match(text, /^kangqiao_in_flight\{interface="ifc_a"\} 4$/m);
  assert.doesNotMatch(text, /ifc_b/);
});

test('health is draining while a person drains the process, and for good once it stops', async () => {
  const health = createHealth(fakeClock());
  let isAsked = false;
  health.drainWhile(() => isAsked);
  assert.equal((await health.report()).status, 'up');
  isAsked = true;
  assert.equal((await health.report()).status, 'draining');
  isAsked = false;
  assert.equal((await health.report()).status, 'up');
  health.drain();
  assert.equal((await health.report()).status, 'draining');
});

test('health is down when a part fails or does not answer, and draining once the process stops', async () => {
  const clock = fakeClock();
  const health = createHealth(clock);
  health.add('store', async () => {});
  assert.equal((await health.report()).status, 'up');
  health.add('queue', () => {
    throw new AppError('STORE_DOWN', 'transient', 'No.');
  });
  health.add('slow', () => new Promise(() => {}));
  const asked = health.report();
  await clock.advance(0);
  await clock.advance(2000);
  const report = await asked;
  assert.deepEqual(
    report.checks.map((check) => [check.name, check.ok, check.code]),
    [
      ['store', true, undefined],
      ['queue', false, 'STORE_DOWN'],
      ['slow', false, 'HEALTH_TIMEOUT'],
    ],
  );
  assert.equal(report.status, 'down');
  health.drain();
  const draining = health.report();
  await clock.advance(2000);
  assert.equal((await draining).status, 'draining');
});
