import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openOnceUp } from '../../cli/roots/open-once-up.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { silentLogger } from '../../engine/contract/values/observe.ts';
import type { Life } from '../../engine/host/run-until-signal.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';

/** Opens a store, and then fails with each of these in turn. */
function opening(...failures: readonly AppError[]) {
  const clock = fakeClock();
  const ending = new AbortController();
  const owned: Parameters<Life['own']>[] = [];
  const seen = { tries: 0, open: 0 };
  const opened = openOnceUp(
    { clock, log: silentLogger },
    { own: (...part) => void owned.push(part), end: () => undefined, signal: ending.signal },
    async (life) => {
      seen.open += 1;
      life.own('store', () => void (seen.open -= 1));
      const failure = failures[seen.tries++];
      if (failure !== undefined) throw failure;
      return 'opened';
    },
  );
  return { clock, ending, owned, seen, opened };
}
const down = new AppError('STORE_DOWN', 'transient', 'Down.');

test('waits for its servers longer each time, closes what a failed try had opened, and hands over the last one', async () => {
  const { clock, owned, seen, opened } = opening(down, down);
  await clock.advance(0);
  await clock.advance(999);
  assert.deepEqual(seen, { tries: 1, open: 0 });
  await clock.advance(1);
  await clock.advance(1_999);
  assert.deepEqual(seen, { tries: 2, open: 0 });
  await clock.advance(1);
  assert.equal(await opened, 'opened');
  assert.deepEqual([seen, owned.map(([name]) => name)], [{ tries: 3, open: 1 }, ['store']]);
});

test('throws at once what a person must mend', async () => {
  const { opened, seen } = opening(new AppError('STORE_REFUSED', 'input', 'Wrong password.'));
  await assert.rejects(opened, { code: 'STORE_REFUSED' });
  assert.deepEqual(seen, { tries: 1, open: 0 });
});

test('tries no more once the process stops', async () => {
  const { clock, ending, seen, opened } = opening(down, down);
  await clock.advance(500);
  ending.abort();
  await assert.rejects(opened, { name: 'AbortError' });
  await clock.advance(60_000);
  assert.deepEqual(seen, { tries: 1, open: 0 });
});
