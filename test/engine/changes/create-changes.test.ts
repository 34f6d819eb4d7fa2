import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { createChanges, type Changes } from '../../../engine/changes/create-changes.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createMemorySharedState } from '../../../storage/in-process/memory-shared-state.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

const running: Changes[] = [];
afterEach(() => {
  for (const one of running.splice(0)) one.stop();
});

async function twoProcesses() {
  const clock = fakeClock();
  const state = { areHintsLost: false, isDown: false };
  const memory = createMemoryDocuments({
    clock,
    onOperation: () => {
      if (state.isDown) throw new AppError('STORE_DOWN', 'transient', 'Down.');
    },
  });
  const documents = { ...memory, counters: memory.counters, isExclusive: false };
  const whole = createMemorySharedState({ clock });
  const shared = {
    ...whole,
    publish: async (channel: string, payload: string) => (state.areHintsLost ? undefined : whole.publish(channel, payload)),
  };
  const start = async () => {
    const changes = await createChanges({ documents, shared, clock, log: silentLogger });
    running.push(changes);
    const heard: (string | undefined)[] = [];
    changes.follow('flows', (detail) => void heard.push(detail));
    return { ...changes, heard };
  };
  return { clock, state, start, one: await start(), other: await start() };
}

test('a change is heard at once by every other process, with what changed, and not by who made it', async () => {
  const { clock, one, other } = await twoProcesses();
  await one.announce('flows', 'flw_a');
  await one.announce('bindings', 'all');
  await clock.advance(1);
  assert.deepEqual([one.heard, other.heard], [[], ['flw_a']]);
  await clock.advance(10_000);
  assert.deepEqual([one.heard, other.heard], [[], ['flw_a']], 'once');
});

test('a change whose hint was lost is noticed within seconds, as one that may be any', async () => {
  const { clock, state, one, other } = await twoProcesses();
  state.areHintsLost = true;
  await one.announce('flows', 'flw_a');
  await clock.advance(2_000);
  assert.deepEqual(other.heard, [undefined]);
  state.areHintsLost = false;
  await one.announce('flows', 'flw_b');
  await clock.advance(1);
  assert.deepEqual(other.heard, [undefined, 'flw_b']);
});

test('a hint that comes after lost ones tells that more may have changed', async () => {
  const { clock, state, one, other } = await twoProcesses();
  state.areHintsLost = true;
  await one.announce('flows', 'flw_a');
  state.areHintsLost = false;
  await one.announce('flows', 'flw_b');
  await clock.advance(1);
  assert.deepEqual(other.heard, [undefined]);
});

test('announcing never fails, and what could not be read is told once more', async () => {
  const { clock, state, one, other } = await twoProcesses();
  let failures = 2;
  other.follow('flows', async () => {
    if ((failures -= 1) >= 0) throw new AppError('STORE_DOWN', 'transient', 'Down.');
  });
  await one.announce('flows', 'flw_a');
  await clock.advance(10_000);
  assert.equal(failures, -1, 'told until it succeeded');
  state.isDown = true;
  await one.announce('flows', 'flw_b');
  state.isDown = false;
});
