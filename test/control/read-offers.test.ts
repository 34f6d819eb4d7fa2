import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import type { ActionContext } from '../../control/action/action.ts';
import { readOffers } from '../../control/adapters/read-offers.ts';
import type { ControlServices } from '../../control/all-actions.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';

test('a system whose description is not read in time is named, instead of a fault of the platform', async () => {
  const clock = fakeClock();
  const silent = {
    kind: 'action',
    adapter: 'soap',
    async offers({ signal }: { readonly signal: AbortSignal }) {
      await once(signal, 'abort');
      throw signal.reason as Error;
    },
  };
  const services = {
    clock,
    outbound: {},
    nodes: { list: () => [silent] },
    bindings: { adapter: () => ({ protocol: 'soap' }) },
    bindingStore: { getAdapter: async () => ({}) },
  } as unknown as ControlServices;
  const asked = readOffers(services, { signal: new AbortController().signal } as ActionContext, { adapterId: 'adp_silent' });
  const refused = assert.rejects(asked, (error) => {
    assert.ok(error instanceof AppError);
    assert.deepEqual(
      [error.code, error.kind, error.values],
      ['ADAPTER_OFFERS_TIMEOUT', 'transient', { adapterId: 'adp_silent', seconds: 15 }],
    );
    return true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(15_000);
  await refused;
});

test('the offers are those for the asked type of node', async () => {
  const offering = (type: string) => ({ kind: 'action', type, major: 1, adapter: 'database', offers: async () => [{ name: type }] });
  const services = {
    clock: fakeClock(),
    outbound: {},
    nodes: { list: () => [offering('database.query'), offering('database.write')] },
    bindings: { adapter: () => ({ protocol: 'database' }) },
    bindingStore: { getAdapter: async () => ({}) },
  } as unknown as ControlServices;
  const ctx = { signal: new AbortController().signal } as ActionContext;
  const names = async (nodeType?: string) =>
    (await readOffers(services, ctx, { adapterId: 'adp_db', ...(nodeType === undefined ? {} : { nodeType }) })).items.map(
      ({ name }) => name,
    );
  assert.deepEqual(await names('database.write@1'), ['database.write']);
  assert.deepEqual(await names(), ['database.query']);
  await assert.rejects(names('database.write@2'), { code: 'ADAPTER_NO_OFFERS' });
});
