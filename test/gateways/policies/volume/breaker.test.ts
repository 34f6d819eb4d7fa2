import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Exchange, TargetOutcome } from '../../../../gateways/contract.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import breaker from '../../../../gateways/policies/volume/breaker.policy.ts';
import concurrency from '../../../../gateways/policies/volume/concurrency.policy.ts';
import { runPolicy, type PolicyCase } from '../../support/run-policy.ts';

const groups = ['v1', 'v2'].map((name) => ({ name, instances: [{ address: `http://${name}:1` }] }));
const upstream = { target: { kind: 'upstream' as const, groups } };

function build() {
  const clock = fakeClock();
  const keepers = createKeepers().of('ifc_book');
  const run = (given: PolicyCase = {}) => runPolicy(breaker, { interface: upstream, clock, keepers, ...given });
  const call = async (kind: TargetOutcome['kind'], exchange: Partial<Exchange> = {}, options = {}) => {
    const ran = await run({ exchange, options });
    Object.assign(ran.exchange, { isCalled: true, outcome: { kind, latencyMs: 10 } });
    ran.exchange.endCall();
    return ran;
  };
  const fail = async (times: number, exchange: Partial<Exchange> = {}) => {
    for (let i = 0; i < times; i++) await call('failure', exchange);
  };
  return { clock, keepers, run, call, fail };
}

test('a service that fails gets no calls; callers get GW50302 and when to try again', async () => {
  const { run, fail } = build();
  await fail(20);
  const { error } = await run();
  assert.deepEqual([error?.code, error?.status], ['GW50302', 503]);
  assert.ok(error!.retryAfterSec! >= 4 && error!.retryAfterSec! <= 6);
});

test('good answers and refusals by the service are no failures', async () => {
  const { run, call } = build();
  for (let i = 0; i < 40; i++) await call('ok');
  for (let i = 0; i < 40; i++) await call('unknown');
  assert.equal((await run()).error, undefined);
});

test('each instance group has its own breaker', async () => {
  const { run, fail } = build();
  await fail(20, { instanceGroup: 'v2' });
  assert.equal((await run({ exchange: { instanceGroup: 'v2' } })).error?.code, 'GW50302');
  assert.equal((await run()).error, undefined);
});

test('while a person lets all calls pass, it neither refuses nor counts', async () => {
  const { clock, run, call, fail } = build();
  await fail(20);
  const plan = { manualStates: [{ interfaceId: 'ifc_book', state: 'closed' as const, until: clock.now() + 60_000 }] };
  for (let i = 0; i < 30; i++) assert.equal((await run({ plan })).error, undefined);
  assert.equal((await run()).error?.code, 'GW50302', 'and then the traffic decides again');
  await clock.advance(60_000);
  assert.equal((await call('failure')).error, undefined, 'a probe');
  assert.equal((await run({ plan })).error, undefined);
});

test('the thresholds of a new version apply at once', async () => {
  const { run, fail, call } = build();
  await fail(10);
  assert.equal((await run()).error, undefined);
  await call('failure', {}, { minimumCalls: 5 });
  assert.equal((await run()).error?.code, 'GW50302');
});

test('opens if the ceiling of concurrency rejects half of the calls for three seconds', async () => {
  const { clock, keepers, run, call } = build();
  await runPolicy(concurrency, { options: { maxConcurrency: 1 }, clock, keepers });
  for (let second = 0; second < 4; second++) {
    for (let i = 0; i < 20; i++) {
      await call('ok');
      const rejected = await run();
      rejected.exchange.decidedBy = 'concurrency';
      rejected.exchange.endCall();
    }
    await clock.advance(1_000);
  }
  assert.equal((await run()).error?.code, 'GW50302');
});

test('reports each change', async () => {
  const { clock, run, call, fail } = build();
  const { events } = await run();
  await fail(20);
  await clock.advance(6_000);
  for (let i = 0; i < 10; i++) await call('ok');
  await clock.advance(10_000);
  await run();
  assert.deepEqual(events, ['breaker-opened', 'breaker-half-open', 'breaker-ramp', 'breaker-closed']);
});

test('a flow has no breaker', async () => {
  const { clock, keepers } = build();
  for (let i = 0; i < 40; i++) {
    const { exchange, error } = await runPolicy(breaker, { clock, keepers });
    assert.equal(error, undefined);
    Object.assign(exchange, { isCalled: true, error: { code: 'GW50201', status: 502, message: '' } });
    exchange.endCall();
  }
});

const answerOf = (status: number, body: string | Buffer, headers: Record<string, string> = {}): Partial<Exchange> => ({
  answer: { status, headers, body: Buffer.from(body) },
});

test('statuses and a field of the response may tell failures too', async () => {
  const failureField = { pointer: '/head/code', values: ['-1', 'E500'], when: 'equals' };
  const cases: readonly (readonly [Partial<Exchange>, Record<string, unknown>, boolean])[] = [
    [answerOf(429, ''), { failureStatuses: ['429'] }, true],
    [answerOf(404, ''), { failureStatuses: ['429'] }, false],
    [answerOf(200, '{"head":{"code":-1}}'), { failureField }, true],
    [answerOf(200, '{"head":{"code":"E500"}}'), { failureField }, true],
    [answerOf(200, gzipSync('{"head":{"code":"-1"}}'), { 'content-encoding': 'gzip' }), { failureField }, true],
    [answerOf(200, '{"head":{"code":"0"}}'), { failureField }, false],
    [answerOf(200, '{"head":{"code":"0"}}'), { failureField: { ...failureField, values: ['0'], when: 'differs' } }, false],
    [answerOf(200, '{"head":{"code":"7"}}'), { failureField: { ...failureField, values: ['0'], when: 'differs' } }, true],
    [answerOf(404, '{"head":{"code":"-1"}}'), { failureField }, false],
    [answerOf(200, 'no JSON'), { failureField }, false],
    [answerOf(200, `{"head":{"code":"-1","x":"${'x'.repeat(200_000)}"}}`), { failureField }, false],
    [answerOf(200, '{}'), { failureField: { ...failureField, when: 'differs' } }, false],
  ];
  for (const [exchange, options, isFailure] of cases) {
    const { run, call } = build();
    for (let i = 0; i < 20; i++) await call('ok', exchange, options);
    let code: string | undefined;
    // Compressed responses are unpacked in a thread.
    do {
      await new Promise((resolve) => setImmediate(resolve));
      code = (await run({ options })).error?.code;
    } while (isFailure && code === undefined);
    assert.equal(code, isFailure ? 'GW50302' : undefined, JSON.stringify([exchange.answer?.status, options]));
  }
});

test('the response is held only if one of its fields tells failures', () => {
  const reads = (options: object) => breaker.reads!(options, upstream as never).answer;
  assert.deepEqual([reads({}), reads({ failureStatuses: ['429'] })], [false, false]);
  assert.equal(reads({ failureField: { pointer: '/code', values: ['-1'], when: 'equals' } }), true);
});
