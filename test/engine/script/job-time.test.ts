import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJobTime } from '../../../engine/script/job-time.ts';

test('time in which the machine computes for others does not count', () => {
  const now = { clock: 0, computed: 0 };
  const time = createJobTime({ clock: () => now.clock, computed: () => now.computed });
  assert.equal(time.isOver(), false);
  time.limit(1000);
  Object.assign(now, { clock: 5000, computed: 900 });
  assert.equal(time.isOver(), false);
  Object.assign(now, { clock: 6000, computed: 1001 });
  assert.equal(time.isOver(), true);
  time.limit(10);
  assert.equal(time.isOver(), false, 'a new limit begins anew');
  time.limit(Infinity);
  Object.assign(now, { clock: 1e9, computed: 1e9 });
  assert.equal(time.isOver(), false);
});
