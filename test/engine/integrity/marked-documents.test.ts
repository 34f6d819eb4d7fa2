import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { CollectionSpec, StoredDocument } from '../../../engine/contract/ports/documents.ts';
import { createMarker } from '../../../engine/integrity/create-marker.ts';
import { createIntegrityState } from '../../../engine/integrity/integrity-state.ts';
import { collectChanges, type MarkChange } from '../../../engine/integrity/mark-changes.ts';
import { openMarkedDocuments } from '../../../engine/integrity/marked-documents.ts';
import { createRevisions } from '../../../engine/integrity/revisions.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

interface Account extends StoredDocument {
  readonly roles: readonly string[];
  readonly count?: number;
}

const spec: CollectionSpec<Account> = { name: 'accounts', schema: Type.Object({}), indexes: [] };

async function open({ isEnforced = true } = {}) {
  const clock = fakeClock();
  const inner = createMemoryDocuments({ clock });
  const state = createIntegrityState({ now: () => clock.now(), logger: silentLogger });
  if (isEnforced) state.enforce();
  const marker = createMarker(new Uint8Array(32).fill(1));
  const documents = openMarkedDocuments(inner, { marker, state, revisions: createRevisions(clock) });
  return { clock, state, marker, raw: await inner.open(spec), accounts: await documents.open(spec) };
}

const findings = (state: Awaited<ReturnType<typeof open>>['state']) =>
  state.findings().map(({ collection, id, why }) => `${collection}/${id} ${why}`);

test('a document that was changed, put there or given a foreign mark past Kangqiao is treated as absent and named', async () => {
  const { accounts, raw, state } = await open();
  for (const _id of ['a', 'b', 'c', 'd']) await accounts.insert({ _id, roles: ['viewer'] });
  await raw.patchIf('a', {}, { set: { roles: ['system-admin'] } });
  await raw.patchIf('b', {}, { unset: ['_mark'] });
  await raw.replaceIf({ ...(await raw.get('c'))!, _id: 'd' }, {});
  await raw.insert({ _id: 'e', roles: ['system-admin'] });
  assert.equal(await accounts.get('a'), undefined);
  assert.deepEqual(await accounts.find({}, { limit: 2 }), [{ _id: 'c', roles: ['viewer'] }], 'and what is good goes on');
  assert.equal((await accounts.patchIf('a', {}, { set: { count: 1 } })).outcome, 'no-match');
  assert.equal((await accounts.replaceIf({ _id: 'e', roles: [] }, {})).outcome, 'no-match');
  assert.deepEqual(findings(state).sort(), ['accounts/a changed', 'accounts/b unmarked', 'accounts/d changed', 'accounts/e unmarked']);
});

test('a document is checked whole although a list leaves a field of it out', async () => {
  const { accounts, raw, state } = await open();
  for (const _id of ['a', 'b']) await accounts.insert({ _id, roles: ['viewer'], count: 1 });
  await raw.patchIf('a', {}, { set: { roles: ['system-admin'] } });
  assert.deepEqual(await accounts.find({}, { limit: 2, omit: ['roles'] }), [{ _id: 'b', count: 1 }]);
  assert.deepEqual(findings(state), ['accounts/a changed']);
});

test('a page holds as many usable documents as asked for, so that no caller takes it for the last', async () => {
  const { accounts, raw } = await open();
  for (let index = 0; index < 10; index++) await accounts.insert({ _id: `a${index}`, roles: [] });
  for (const index of [0, 1, 3, 4, 5]) await raw.patchIf(`a${index}`, {}, { set: { count: 1 } });
  const first = await accounts.find({}, { limit: 3 });
  assert.deepEqual(
    first.map(({ _id }) => _id),
    ['a2', 'a6', 'a7'],
  );
  assert.deepEqual(
    (await accounts.find({}, { limit: 3, after: 'a7' })).map(({ _id }) => _id),
    ['a8', 'a9'],
  );
});

test('an earlier copy of a document that was put back is not used', async () => {
  const { accounts, raw, state } = await open();
  await accounts.insert({ _id: 'a', roles: ['viewer'] });
  const old = (await raw.get('a'))!;
  await accounts.replaceIf({ _id: 'a', roles: [] }, {});
  await raw.replaceIf(old, {});
  state.distrust('accounts', 'a', (old as unknown as { _mark: { revision: number } })._mark.revision);
  assert.equal(await accounts.get('a'), undefined);
  assert.deepEqual(findings(state), ['accounts/a old']);
});

test('fifty changes at once are all done, and the document keeps a valid mark', async () => {
  const { accounts } = await open();
  await accounts.insert({ _id: 'a', roles: [], count: 0 });
  const results = await Promise.all(Array.from({ length: 50 }, () => accounts.patchIf('a', {}, { inc: { count: 1 } })));
  assert.ok(results.every(({ outcome }) => outcome === 'patched'));
  assert.deepEqual(await accounts.get('a'), { _id: 'a', roles: [], count: 50 });
  assert.equal(await accounts.remove('a', { count: 49 }), false);
  assert.equal(await accounts.remove('a', { count: 50 }), true);
});

test('a document that is made again after its removal has a higher revision than the removed one', async () => {
  const { accounts } = await open();
  const changes: MarkChange[] = [];
  await collectChanges(changes, async () => {
    await accounts.insert({ _id: 'a', roles: [] });
    await accounts.patchIf('a', {}, { set: { count: 1 } });
    await accounts.remove('a');
  });
  const [made, changed, removed] = changes.map(({ revision }) => revision) as [number, number, number];
  assert.deepEqual([changed > made, removed, changes.map(({ mac }) => mac === undefined)], [true, changed, [false, false, true]]);
});

test('a removed document with a forged mark leaves no number of its own in the line', async () => {
  const { accounts, raw, clock } = await open();
  const forged = { revision: Number.MAX_SAFE_INTEGER, mac: 'AAAA' };
  await raw.insert({ _id: 'eve', roles: [], _mark: forged } as unknown as Account);
  const changes: MarkChange[] = [];
  await collectChanges(changes, async () => void (await accounts.remove('eve')));
  assert.deepEqual(
    changes.map(({ id, revision }) => [id, revision]),
    [['eve', clock.now()]],
  );
});

test('while the version before may still write, marks are written, nothing is refused, and no change of its is lost', async () => {
  const { accounts, raw, state } = await open({ isEnforced: false });
  await raw.insert({ _id: 'a', roles: ['viewer'], count: 1 });
  assert.deepEqual(await accounts.get('a'), { _id: 'a', roles: ['viewer'], count: 1 });
  await accounts.patchIf('a', {}, { inc: { count: 1 } });
  await raw.patchIf('a', {}, { inc: { count: 1 } });
  assert.deepEqual(await accounts.get('a'), { _id: 'a', roles: ['viewer'], count: 3 });
  const old = async () => void (await raw.patchIf('a', {}, { inc: { count: 1 } }));
  const now = async () => void (await accounts.patchIf('a', {}, { inc: { count: 1 } }));
  await Promise.all([old(), now(), old(), now(), old(), now()]);
  assert.equal((await accounts.get('a'))?.count, 9);
  assert.deepEqual(findings(state), []);
});
