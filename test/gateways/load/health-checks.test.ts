import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { HealthChecks, type HealthEvent } from '../../../gateways/load/health-checks.ts';

test('three failed checks take an instance out, two good ones bring it back', async () => {
  const clock = fakeClock();
  let works = false;
  const events: HealthEvent[] = [];
  const told: boolean[] = [];
  const checks = new HealthChecks({
    clock,
    instances: ['a', 'b'].map((address) => ({ address, isHealthy: true })),
    intervalMs: 1_000,
    probe: (address) => (address === 'b' || works ? Promise.resolve(true) : Promise.reject(new Error('refused'))),
    onHealth: (address, isHealthy) => address === 'a' && told.push(isHealthy),
    onChange: (event) => events.push(event),
  });
  checks.start();
  await clock.advance(2_500);
  assert.deepEqual(told, []);
  await clock.advance(1_000);
  assert.deepEqual(told, [false]);
  works = true;
  await clock.advance(1_000);
  assert.deepEqual(told, [false]);
  await clock.advance(1_000);
  assert.deepEqual(told, [false, true]);
  assert.deepEqual(events, [
    { kind: 'instance-unhealthy', address: 'a' },
    { kind: 'instance-healthy', address: 'a' },
  ]);
  checks.stop();
  assert.equal(clock.pending(), 0);
});
