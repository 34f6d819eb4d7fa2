import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { openDraftStore } from '../../../../designer/src/editor/draft/draft-store.ts';
import { keepDraft, type KeptDraft } from '../../../../designer/src/model/history/draft-recovery.ts';
import { begin } from '../../../../designer/src/model/history/flow-history.ts';
import { exampleFlow } from '../../model/sample-types.ts';

interface Write {
  readonly key: string;
  readonly keptAtMs: number;
  done(): Promise<void>;
  fail(): Promise<void>;
}

/** The browser's database as far as drafts use it. A write ends when the test says so. */
const writes: Write[] = [];
const request = (result: unknown) => {
  const made: { result: unknown; error?: Error; onsuccess?: () => void; onerror?: () => void } = { result };
  return made;
};
const transaction = () => {
  const own = { ...request(undefined), objectStore: () => objects };
  const objects = {
    transaction: own,
    put: ({ keptAtMs }: KeptDraft, key: string) => {
      const end = (act: 'onsuccess' | 'onerror') => () => {
        own.error = new Error('QuotaExceededError');
        own[act]?.();
        return setImmediate();
      };
      writes.push({ key, keptAtMs, done: end('onsuccess'), fail: end('onerror') });
    },
  };
  return own;
};
Object.assign(globalThis, {
  indexedDB: {
    open: () => {
      const opened = request({ transaction });
      queueMicrotask(() => opened.onsuccess?.());
      return opened;
    },
  },
});

const base = { ...exampleFlow('appointment'), revision: 3 };
const draft = (keptAtMs: number) => keepDraft(begin(base), base, keptAtMs);

test('the newest draft is kept, one write at a time; what a newer one has overtaken is skipped', async () => {
  const store = openDraftStore('wang', 'flw_a');
  const from = writes.length;
  for (const at of [1, 2, 3]) store.write(draft(at));
  await setImmediate();
  for (const at of [4, 5]) store.write(draft(at));
  await setImmediate();
  assert.equal(writes.length, from + 1);
  await writes.at(-1)!.done();
  await writes.at(-1)!.done();
  store.write(draft(6));
  await setImmediate();
  await writes.at(-1)!.done();
  assert.deepEqual(
    writes.slice(from).map(({ key, keptAtMs }) => [key, keptAtMs]),
    [3, 5, 6].map((at) => ['wang flw_a', at]),
  );
});

test('a draft that came while a write failed is kept all the same', async () => {
  const store = openDraftStore('wang', 'flw_b');
  const from = writes.length;
  store.write(draft(1));
  await setImmediate();
  store.write(draft(2));
  await writes.at(-1)!.fail();
  assert.deepEqual(
    writes.slice(from).map(({ keptAtMs }) => keptAtMs),
    [1, 2],
  );
  await writes.at(-1)!.fail();
  assert.equal(writes.length, from + 2, 'one that failed is not tried again by itself');
  store.write(draft(3));
  await setImmediate();
  assert.equal(writes.at(-1)!.keptAtMs, 3);
  await writes.at(-1)!.done();
});
