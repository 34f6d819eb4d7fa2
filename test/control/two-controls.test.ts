// @never-rerun: a single failure is a failure.
/** Controls that start at the same time on one store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createControl } from '../../control/create-control.ts';
import { createMemoryDocuments } from '../../storage/memory/memory-documents.ts';
import { defaultDeps } from './start-control.ts';

function sharedDeps() {
  const { deps, clock } = defaultDeps();
  const documents = createMemoryDocuments({ clock });
  return { ...deps, documents: { ...documents, counters: documents.counters, isExclusive: false } };
}

test('two that start at once make one first administrator and one key of the platform', async (t) => {
  const deps = sharedDeps();
  const controls = await Promise.all([createControl(deps), createControl(deps)]);
  t.after(() => Promise.all(controls.map((control) => control.stop())));
  assert.equal(controls.filter(({ firstAdministrator }) => firstAdministrator !== undefined).length, 1);
  const seen = (await Promise.all(controls.map((control) => control.run('system.overview', {})))) as { platformKey: unknown }[];
  assert.deepEqual(seen[0]?.platformKey, seen[1]?.platformKey);
});
