import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { AdapterLimits, type Adapter } from '../../../engine/contract/node/adapter.ts';
import type { AppError } from '../../../engine/contract/values/errors.ts';
import { createAdapterGates, type Leave } from '../../../engine/run/adapter-gates.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';

const signal = new AbortController().signal;

function adapterWith(limits: Partial<AdapterLimits>): Adapter {
  const filled = Value.Default(AdapterLimits, limits) as AdapterLimits;
  return { adapterId: 'adp_a', protocol: 'http', settings: {}, charset: undefined, limits: filled };
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    return (error as AppError).code;
  }
}

test('refuses a sync flow at once when as many calls are under way as the adapter allows, and lets a durable one wait its turn', async () => {
  const gates = createAdapterGates(fakeClock());
  const adapter = adapterWith({ maxConcurrency: 1 });
  const leave = gates.enter(adapter, false, signal) as Leave;
  assert.equal(
    codeOf(() => gates.enter(adapter, false, signal)),
    'ADAPTER_BUSY',
  );
  const waiting = gates.enter(adapter, true, signal);
  leave('ok');
  assert.equal(typeof (await waiting), 'function');
});

test('gives a system that keeps failing a pause, then lets one call at a time try whether it answers again', () => {
  const clock = fakeClock();
  const gates = createAdapterGates(clock);
  const adapter = adapterWith({ breakerFailures: 3, breakerOpenMs: 5_000 });
  for (let call = 0; call < 3; call += 1) (gates.enter(adapter, false, signal) as Leave)('failed');
  assert.equal(
    codeOf(() => gates.enter(adapter, false, signal)),
    'ADAPTER_OPEN',
  );
  void clock.advance(5_001);
  const probe = gates.enter(adapter, false, signal) as Leave;
  assert.equal(
    codeOf(() => gates.enter(adapter, false, signal)),
    'ADAPTER_OPEN',
    'one probe at a time',
  );
  probe('failed');
  assert.equal(
    codeOf(() => gates.enter(adapter, false, signal)),
    'ADAPTER_OPEN',
    'a failing probe opens it again',
  );
  void clock.advance(5_001);
  (gates.enter(adapter, false, signal) as Leave)('ok');
  assert.equal(
    codeOf(() => gates.enter(adapter, false, signal)),
    undefined,
  );
});

test('callers that leave open no breaker', () => {
  const gates = createAdapterGates(fakeClock());
  const adapter = adapterWith({ breakerFailures: 3 });
  for (let call = 0; call < 10; call += 1) (gates.enter(adapter, false, signal) as Leave)('ended');
  assert.equal(
    codeOf(() => gates.enter(adapter, false, signal)),
    undefined,
  );
});

test('tells those who wait for their turn when the system stopped answering meanwhile', async () => {
  const gates = createAdapterGates(fakeClock());
  const adapter = adapterWith({ maxConcurrency: 1, breakerFailures: 1 });
  const leave = gates.enter(adapter, true, signal) as Leave;
  const waiting = [gates.enter(adapter, true, signal), gates.enter(adapter, true, signal)];
  leave('failed');
  for (const turn of waiting) await assert.rejects(Promise.resolve(turn), { code: 'ADAPTER_OPEN' });
});

test('lets no more calls through a second than the adapter allows', () => {
  const clock = fakeClock();
  const gates = createAdapterGates(clock);
  const adapter = adapterWith({ ratePerSec: 2 });
  const outcomes = [1, 2, 3].map(() => codeOf(() => (gates.enter(adapter, false, signal) as Leave)('ok')));
  assert.deepEqual(outcomes, [undefined, undefined, 'ADAPTER_RATE']);
  void clock.advance(500);
  assert.equal(
    codeOf(() => gates.enter(adapter, false, signal)),
    undefined,
  );
});
