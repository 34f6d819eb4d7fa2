import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readList } from '../../../cli/shared/read-list.ts';

test('the command line reads a list to its end', async () => {
  const pages: Readonly<Record<string, unknown>> = {
    '/flows': { items: [1, 2], next: 'n/1' },
    '/flows?after=n%2F1': { items: [3], next: 'n2' },
    '/flows?after=n2': { items: [4] },
  };
  const api = { call: (_method: string, path: string) => Promise.resolve(pages[path]) };
  assert.deepEqual(await readList(api, '/flows'), [1, 2, 3, 4]);
});
