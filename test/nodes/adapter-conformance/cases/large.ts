/** 100 MB go through in a stream: the process does not grow by what it carries. */
import assert from 'node:assert/strict';
import type { Cases } from './outages.ts';

const MAX_GROWTH = 256 * 1024 * 1024;

export const largeCases: Cases = {
  '100 MB go through without the process growing by them, or are refused clearly': {
    of: '100 MB',
    async work({ other, place, optionsAt }) {
      assert.ok(other.large !== undefined, 'describe how it carries 100 MB, or say in `without` why it cannot');
      const options = optionsAt(place, undefined, { timeoutMs: 120_000 });
      await other.large.prepare?.();
      const before = process.memoryUsage.rss();
      let most = before;
      const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
      await other.large.carry(options).finally(() => clearInterval(timer));
      assert.ok(most - before <= MAX_GROWTH, `grew by ${Math.round((most - before) / 1024 / 1024)} MB`);
    },
  },
};
