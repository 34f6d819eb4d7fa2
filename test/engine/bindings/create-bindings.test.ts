import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { Type } from 'typebox';
import type { AdapterDocument, CodeTable } from '../../../engine/contract/node/adapter.ts';
import { defineAdapter } from '../../../engine/contract/node/adapter-type.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { Seal } from '../../../engine/contract/values/seal.ts';
import { createChanges } from '../../../engine/changes/create-changes.ts';
import { createBindings, type RunningBindings } from '../../../engine/bindings/create-bindings.ts';
import { StaleDraft } from '../../../engine/contract/values/stale-draft.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';

/** Turns the text round and binds it to its place: enough to see whether plain text or a moved value gets through. */
const seal: Seal = {
  seal: (place, plain) => `${JSON.stringify(place)}|${[...String(plain)].reverse().join('')}`,
  open: () => new Uint8Array(),
  openText(place, sealed) {
    const [at, text = ''] = sealed.split('|');
    assert.equal(at, JSON.stringify(place));
    return [...text].reverse().join('');
  },
  token: (name, value) => `${name}:${value}`,
  rotate: async () => {},
};
const adapter: AdapterDocument = {
  adapterId: 'adp_a',
  revision: 0,
  name: { 'zh-CN': '甲', en: 'A' },
  protocol: 'http',
  owner: 'it',
  domain: 'sh-city',
  environments: { TEST: { baseUrl: 'http://a', 'x.y': 1 }, PROD: { baseUrl: 'https://a' } },
  credential: 'hospital-a',
  limits: { timeoutMs: 9 },
};
const HTTP = defineAdapter({
  protocol: 'http',
  icon: 'globe',
  text: { label: { 'zh-CN': '甲', en: 'A' }, help: { 'zh-CN': '甲', en: 'A' } },
  settings: Type.Object({ baseUrl: Type.String({ minLength: 1 }), retries: Type.Integer({ default: 1 }) }),
  hasCharset: false,
});
const table: CodeTable = { tableId: 'dept', revision: 0, name: { 'zh-CN': '科室', en: 'Department' }, entries: { '1.2': 'cardiology' } };

const clock = fakeClock();
const running: RunningBindings[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) await one.stop();
});

function installation() {
  const memory = createMemoryDocuments({ clock });
  const documents = { ...memory, counters: memory.counters, isExclusive: false };
  const shared = createMemorySharedState({ clock });
  return async (environment = 'TEST') => {
    const changes = await createChanges({ documents, shared, clock, log: silentLogger });
    const one = await createBindings({ documents, changes, seal, environment, adapterTypes: [HTTP], clock, logger: silentLogger });
    running.push(one);
    return one;
  };
}

test('an adapter is resolved for the running environment, with its limits filled in', async () => {
  const start = installation();
  const { bindings, store } = await start();
  await store.saveAdapter(adapter, 0);
  assert.deepEqual(bindings.adapter('adp_a')?.settings, { baseUrl: 'http://a', 'x.y': 1 });
  assert.deepEqual([bindings.adapter('adp_a')?.limits.timeoutMs, bindings.adapter('adp_a')?.limits.maxConcurrency], [9, 32]);
  assert.equal((await start('UAT')).bindings.adapter('adp_a'), undefined, 'no other environment is used instead');
});

test('a change reaches the other processes by a hint, and without one at the next reading', async () => {
  const start = installation();
  const [one, other] = [await start(), await start()];
  await one.store.saveAdapter(adapter, 0);
  await clock.advance(1);
  assert.ok(other.bindings.adapter('adp_a'));
  await one.store.removeAdapter('adp_a');
  await clock.advance(60_000);
  assert.equal(other.bindings.adapter('adp_a'), undefined);
});

test('a stale save is refused with both versions', async () => {
  const { store } = await installation()();
  const first = await store.saveAdapter(adapter, 0);
  await store.saveAdapter({ ...first, owner: 'they' }, 1);
  await assert.rejects(store.saveAdapter({ ...first, owner: 'we' }, 1), (error) => {
    assert.ok(error instanceof AppError && error.cause instanceof StaleDraft);
    assert.equal(error.code, 'STALE_REVISION');
    assert.deepEqual([(error.cause.yours as AdapterDocument).owner, (error.cause.theirs as AdapterDocument).owner], ['we', 'they']);
    return true;
  });
  await assert.rejects(store.saveAdapter(adapter, 0), { code: 'STALE_REVISION' });
});

test('a wrong adapter is refused with every breach', async () => {
  const { store } = await installation()();
  await assert.rejects(store.saveAdapter({ ...adapter, protocol: 'X', domain: '' }, 0), (error) => {
    assert.deepEqual((error as AppError).issues.map((issue) => issue.path).sort(), ['/domain', '/protocol']);
    return true;
  });
});

test('settings that do not fit the protocol are refused, in whichever environment they stand; what has a default may be left out', async () => {
  const { store } = await installation()();
  const environments = { TEST: { baseUrl: 'http://a' }, 'U/AT': { baseUrl: '', retries: 'many' }, PROD: {} };
  const refused = (document: AdapterDocument, ...paths: string[]) =>
    assert.rejects(store.saveAdapter(document, 0), (error) => {
      assert.deepEqual(
        [(error as AppError).code, (error as AppError).issues.map(({ path }) => path).toSorted()],
        ['BINDING_INVALID', paths],
      );
      return true;
    });
  const at = (path: string) => `/environments/${path}`;
  await refused({ ...adapter, domain: '', environments }, '/domain', at('PROD/baseUrl'), at('U~1AT/baseUrl'), at('U~1AT/retries'));
  await refused({ ...adapter, protocol: 'htpp', environments }, '/protocol');
  assert.equal(await store.getAdapter('adp_a'), undefined);
});

test('secrets are stored sealed, by name, and opened for who may see them', async () => {
  const start = installation();
  const { bindings, store } = await start();
  await store.saveSecret('hospital-a', 'first', ['adp_a']);
  await store.saveSecret('hospital-a', 'second', ['adp_a']);
  await store.saveAdapter(adapter, 0);
  assert.equal(await bindings.secret('adp_a'), 'second', 'an adapter stands for its credential');
  assert.equal(await store.revealSecret('hospital-a'), 'second');
  assert.deepEqual(
    (await store.listSecrets()).map(({ name, adapters }) => ({ name, adapters })),
    [{ name: 'hospital-a', adapters: ['adp_a'] }],
  );
  await store.removeSecret('hospital-a');
  await assert.rejects(bindings.secret('adp_a'), { code: 'SECRET_MISSING', kind: 'input' });
});

test('a secret is given to the adapters that it is meant for, and by no other way', async () => {
  const { bindings, store } = await installation()();
  await store.saveSecret('hospital-a', 'the value', ['adp_a']);
  const other: AdapterDocument = { ...adapter, adapterId: 'adp_b', environments: { TEST: { baseUrl: 'https://elsewhere' } } };
  await assert.rejects(store.saveAdapter(other, 0), { code: 'SECRET_NOT_BOUND', kind: 'input' });
  await store.saveAdapter({ ...other, credential: 'later' }, 0);
  await store.saveSecret('later', 'another value', ['adp_a']);
  await assert.rejects(bindings.secret('adp_b'), { code: 'SECRET_NOT_BOUND' }, 'also when it was stored after the adapter');
  await store.saveAdapter(adapter, 0);
  assert.equal(await bindings.secret('adp_a'), 'the value');
  await store.saveSecret('hospital-a', 'the value', []);
  await assert.rejects(bindings.secret('adp_a'), { code: 'SECRET_NOT_BOUND' }, 'also when it was taken from the adapter');
  await assert.rejects(bindings.secret('hospital-a'), { code: 'SECRET_MISSING' }, 'the name of a secret opens nothing');
});

test('a secret goes with its adapter: another adapter that gets the id later does not come by it', async () => {
  const { bindings, store } = await installation()();
  await store.saveSecret('hospital-a', 'the value', ['adp_a', 'adp_b']);
  await store.saveAdapter(adapter, 0);
  assert.equal(await store.removeAdapter('adp_a'), true);
  assert.deepEqual(
    (await store.listSecrets()).map(({ adapters }) => adapters),
    [['adp_b']],
  );
  await assert.rejects(store.saveAdapter(adapter, 0), { code: 'SECRET_NOT_BOUND' });
  await assert.rejects(bindings.secret('adp_a'));
});

test('an execution finds the code tables it was pinned to, also after they changed and the process started anew', async () => {
  const start = installation();
  const { bindings, store } = await start();
  const saved = await store.saveTable(table, 0);
  const old = bindings.tables();
  assert.equal(old.lookup('dept', '1.2'), 'cardiology');
  await store.saveTable({ ...saved, entries: { '1.2': 'heart' } }, 1);
  assert.equal(bindings.tables().lookup('dept', '1.2'), 'heart');
  const restarted = await start();
  assert.equal((await restarted.bindings.tablesAt(old.id)).lookup('dept', '1.2'), 'cardiology');
  assert.equal(restarted.bindings.tables().id, bindings.tables().id, 'the same tables have the same id everywhere');
  await assert.rejects(restarted.bindings.tablesAt('none'), { code: 'TABLES_SNAPSHOT_UNKNOWN' });
});

test('an unknown code is an error without the code in it, or the fallback', async () => {
  const { bindings, store } = await installation()();
  const saved = await store.saveTable(table, 0);
  assert.throws(
    () => bindings.tables().lookup('dept', '张三'),
    (error) => (error as AppError).code === 'CODE_UNKNOWN' && !(error as AppError).message.includes('张三'),
  );
  assert.throws(() => bindings.tables().lookup('none', 'x'), { code: 'CODE_TABLE_UNKNOWN' });
  await store.saveTable({ ...saved, fallback: 'other' }, 1);
  assert.equal(bindings.tables().lookup('dept', 'constructor'), 'other');
});
