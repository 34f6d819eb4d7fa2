import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPages } from '../../designer/src/api/read-pages.ts';

test('the console reads a list to its end, and keeps what stands beside the items', async () => {
  const asked: (string | undefined)[] = [];
  const pages = [
    { items: ['a', 'b'], mayBeNew: true, next: 'one' },
    { items: ['c'], mayBeNew: true, next: 'two' },
    { items: ['d'], mayBeNew: true },
  ];
  const read = (after: string | undefined) => Promise.resolve(pages[asked.push(after) - 1]!);
  assert.deepEqual(await readPages(read), { items: ['a', 'b', 'c', 'd'], mayBeNew: true });
  assert.deepEqual(asked, [undefined, 'one', 'two']);
});
