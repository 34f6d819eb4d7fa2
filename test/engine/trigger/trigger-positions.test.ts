import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { openTriggerPositions } from '../../../engine/trigger/trigger-positions.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { openSeal } from '../../support/model-engine.ts';

test('a position outlives the process, belongs to one trigger, and only to the source that it was kept for', async () => {
  const documents = createMemoryDocuments({ clock: fakeClock() });
  const first = await openTriggerPositions(documents, openSeal);
  await first.of('flw_a', 'poll').keep('orders by id', '17');
  await first.of('flw_a', 'poll').keep('orders by id', '2026-01-05T09:30:00Z 18');
  await first.of('flw_b', 'poll').keep('orders by id', '99');
  const next = await openTriggerPositions(documents, openSeal);
  assert.equal(await next.of('flw_a', 'poll').read('orders by id'), '2026-01-05T09:30:00Z 18');
  assert.equal(await next.of('flw_a', 'poll').read('visits by id'), undefined, 'another query begins at its own beginning');
  assert.equal(await next.of('flw_a', 'other').read('orders by id'), undefined);
  assert.equal(await next.of('flw_b', 'poll').read('orders by id'), '99');
});

test('a position is sealed at rest', async () => {
  const documents = createMemoryDocuments({ clock: fakeClock() });
  const seal = { ...openSeal, seal: () => 'sealed' };
  await (await openTriggerPositions(documents, seal)).of('flw_a', 'poll').keep('patients', '11010519491231002X');
  const stored = await documents.open({ name: 'trigger_positions', schema: {} as never, indexes: [] });
  assert.deepEqual(
    (await stored.find({}, { limit: 10 })).map((row) => ({ ...row })).map(({ _id, sealed }: Record<string, unknown>) => ({ _id, sealed })),
    [{ _id: 'flw_a/poll', sealed: 'sealed' }],
  );
});
