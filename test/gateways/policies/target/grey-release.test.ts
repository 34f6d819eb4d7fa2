import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../../engine/testing/fake-clock.ts';
import type { Exchange, TargetOutcome } from '../../../../gateways/contract.ts';
import { createKeepers } from '../../../../gateways/pipeline/create-keepers.ts';
import greyRelease from '../../../../gateways/policies/target/grey-release.policy.ts';
import { buildInterface } from '../../support/city-plan.ts';
import { memoryQuotas } from '../../support/memory-quotas.ts';
import { runPolicy } from '../../support/run-policy.ts';

const groups = ['v1', 'v2'].map((name) => ({ name, instances: [{ address: `http://${name}:1` }] }));
const upstream = { target: { kind: 'upstream' as const, groups } };

function build(clock = fakeClock(), quotas = memoryQuotas()) {
  const keepers = createKeepers().of('ifc_book');
  const reported: (readonly string[])[] = [];
  const run = async (options: Record<string, unknown>, exchange: Partial<Exchange> = {}) => {
    const ran = await runPolicy(greyRelease, {
      ...{ clock, keepers, quotas, exchange, interface: upstream },
      options: { group: 'v2', ...options },
    });
    reported.push(ran.events);
    return ran.exchange;
  };
  const call = async (options: Record<string, unknown>, fields: Partial<Exchange>, kind: TargetOutcome['kind']) => {
    const exchange = await run(options, fields);
    Object.assign(exchange, { isCalled: true, outcome: { kind, latencyMs: 20 } });
    exchange.endCall();
    return exchange.instanceGroup;
  };
  return { clock, events: () => reported.flat(), run, call };
}

const user = (sub: string, claims: object = {}) => ({ user: { iss: 'sso', sub, ...claims } });

test('a tag of the token, a list and districts choose the new group; a caller cannot', async () => {
  const { run } = build();
  const options = { tagClaim: 'channel', tags: ['beta'], allowed: ['u1', 'APP'], districtClaim: 'district', districts: ['310115'] };
  const groupOf = async (exchange: Partial<Exchange>) => (await run(options, exchange)).instanceGroup;
  assert.equal(await groupOf(user('u2')), undefined);
  assert.equal(await groupOf(user('u2', { channel: 'beta' })), 'v2');
  assert.equal(await groupOf(user('u1')), 'v2');
  assert.equal(await groupOf(user('u2', { district: 310115 })), 'v2');
  assert.equal(await groupOf({ app: { appId: 'APP' } as Exchange['app'] }), 'v2');
  assert.equal(await groupOf({ ...user('u2'), headers: { channel: 'beta' }, incoming: new Map([['channel', 'beta']]) }), undefined);
});

test('a user stays in a group at every gateway; a larger share only adds users', async () => {
  const gateways = [build(), build()];
  const users = Array.from({ length: 40 }, (_, i) => `user-${i}`);
  const at = (i: number, percent: number) =>
    Promise.all(users.map(async (sub) => (await gateways[i]!.run({ percent }, user(sub))).instanceGroup));
  const some = await at(0, 30);
  assert.deepEqual(await at(1, 30), some);
  const more = await at(1, 60);
  assert.ok(some.every((group, i) => group === undefined || more[i] === group));
  assert.ok(more.filter(Boolean).length > some.filter(Boolean).length);
});

test('a worse group gets nothing any more, at other gateways and after a restart too; another release starts again', async () => {
  const clock = fakeClock();
  // What is counted in the store outlives the processes. The shared state of the embedded store does not.
  const quotas = memoryQuotas();
  const [one, other] = [build(clock, quotas), build(clock, quotas)];
  const options = { allowed: ['u1'], minimumCalls: 10 };
  for (let i = 0; i < 12; i++) {
    await one.call(options, user(`x${i}`), 'ok');
    await one.call(options, user('u1'), 'failure');
    await clock.advance(500);
  }
  assert.ok(one.events().includes('grey-rolled-back'));
  assert.equal((await one.run(options, user('u1'))).instanceGroup, undefined);
  const restarted = build(clock, quotas);
  await clock.advance(5_000);
  for (const gateway of [other, restarted]) {
    if (gateway === other) await gateway.run(options, user('u1'));
    assert.equal((await gateway.run(options, user('u1'))).instanceGroup, undefined);
  }
  assert.equal((await one.run({ ...options, release: 'v2-again' }, user('u1'))).instanceGroup, 'v2');
});

test('without automatic rollback a worse group stays', async () => {
  const { clock, call } = build();
  const options = { allowed: ['u1'], minimumCalls: 10, rollback: false };
  for (let i = 0; i < 12; i++) {
    await call(options, user(`x${i}`), 'ok');
    assert.equal(await call(options, user('u1'), 'failure'), 'v2');
    await clock.advance(500);
  }
});

test('the group must be a second group of the target', () => {
  const problems = (group: string, more: object) =>
    greyRelease.findProblems!({ group, percent: 5 }, { ...buildInterface(), ...more }).map(({ path }) => path);
  assert.deepEqual(problems('v2', upstream), []);
  assert.deepEqual(problems('v1', upstream), ['/group'], 'the usual one');
  assert.deepEqual(problems('v3', upstream), ['/group']);
  assert.deepEqual(problems('v2', {}), ['/group'], 'a flow has no groups');
});
