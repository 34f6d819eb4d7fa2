import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { createMarkLedger } from '../../../control/audit/mark-ledger.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { CollectionSpec, StoredDocument } from '../../../engine/contract/ports/documents.ts';
import { compareMarks, readAll } from '../../../engine/integrity/compare-marks.ts';
import { createMarker } from '../../../engine/integrity/create-marker.ts';
import { createIntegrityState } from '../../../engine/integrity/integrity-state.ts';
import { collectChanges, type MarkChange } from '../../../engine/integrity/mark-changes.ts';
import { openMarkedDocuments } from '../../../engine/integrity/marked-documents.ts';
import { createRevisions } from '../../../engine/integrity/revisions.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

const spec: CollectionSpec<StoredDocument> = { name: 'accounts', schema: Type.Object({}), indexes: [] };

async function open() {
  const clock = fakeClock();
  const inner = createMemoryDocuments({ clock });
  const state = createIntegrityState({ now: () => clock.now(), logger: silentLogger });
  state.enforce();
  const marker = createMarker(new Uint8Array(32).fill(1));
  const ledger = createMarkLedger();
  const revisions = createRevisions(clock);
  const marked = openMarkedDocuments(inner, { marker, state, revisions });
  const accounts = await marked.open(spec);
  /** An act whose line says what it changed. */
  const act = async <R>(work: () => Promise<R>): Promise<R> => {
    const changes: MarkChange[] = [];
    const result = await collectChanges(changes, work);
    for (const change of changes) ledger.take(change);
    return result;
  };
  const compare = () => {
    const trail = { latestOf: (collection: string) => ledger.of(collection), floor: ledger.floor, mayBeRemoved: () => false };
    const own = { documents: inner, collections: [spec], marker, state, revisions };
    return compareMarks({ ...own, trail, readTrail: () => Promise.resolve(trail) });
  };
  const findings = () => state.findings().map(({ collection, id, why }) => `${collection}/${id} ${why}`);
  return { clock, ledger, raw: await inner.open(spec), accounts, act, compare, findings };
}

test('a document that is older than the accepted state and not named by it was put back', async () => {
  const { clock, ledger, raw, accounts, compare, findings } = await open();
  for (const _id of ['gone', 'kept']) await accounts.insert({ _id });
  const earlier = (await raw.get('gone'))!;
  await accounts.remove('gone');
  await clock.advance(3_600_000);
  ledger.begin(clock.now());
  const { _mark } = (await raw.get('kept')) as unknown as { readonly _mark: MarkChange };
  ledger.take({ ..._mark, collection: 'accounts', id: 'kept' });
  await accounts.insert({ _id: 'later' });
  await raw.insert(earlier);
  await compare();
  assert.deepEqual(findings(), ['accounts/gone old']);
  assert.equal(await accounts.get('gone'), undefined);
});

test('documents are read in pages that stay small where each document is large', async () => {
  const inner = createMemoryDocuments({ clock: fakeClock() });
  const stored = await inner.open(spec);
  for (let number = 0; number < 100; number++) await stored.insert({ _id: `a${number}` });
  const pages: number[] = [];
  const watched = {
    ...stored,
    find: async (...given: Parameters<typeof stored.find>) => {
      const page = await stored.find(...given);
      pages.push(page.length);
      return page;
    },
  };
  let count = 0;
  for await (const _document of readAll({ ...inner, counters: inner.counters, open: () => Promise.resolve(watched as never) }, spec))
    count++;
  assert.equal(count, 100);
  assert.ok(Math.max(...pages) <= 32, String(pages));
});
