import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import type { FlowState } from '../../../engine/contract/node/flow-state.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { startStateLab } from './state-lab.ts';

const MINUTE = 60_000;
const once = (act: string) => ({ act, ttlMs: MINUTE, mode: 'if-absent' as const });
const newest = (act: string) => ({ act, ttlMs: MINUTE, mode: 'replace' as const });
const count = (act: string) => ({ act, ttlMs: MINUTE, renews: false });

/** Repeats a change until its answer arrives, as the engine does after a transient error. */
async function untilAnswered<T>(change: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof AppError && error.kind === 'transient')) throw error;
    }
  }
}

test('a counter counts every step once, though two processes race and answers are lost', async () => {
  const lab = await startStateLab();
  const processes = [(await lab.open()).of('d'), (await lab.open()).of('d')];
  lab.losesOneOf = 7;
  const results = await Promise.all(
    Array.from({ length: 60 }, (_, index) => untilAnswered(() => processes[index % 2]!.add('s', 'k', 1, count(`act-${index}`)))),
  );
  lab.losesOneOf = 0;
  assert.deepEqual(
    results.map(({ value }) => value as number).toSorted((a, b) => a - b),
    Array.from({ length: 60 }, (_, index) => index + 1),
    'each step got a number of its own',
  );
  // Steps that run again much later, in the other process, get what they got.
  for (const index of [0, 30, 59]) {
    const again = await processes[(index + 1) % 2]!.add('s', 'k', 1, count(`act-${index}`));
    assert.equal(again.value, results[index]!.value);
  }
  assert.equal((await processes[0]!.get('s', 'k'))?.value, 60);
});

test('of many who want to be first exactly one is, and stays it when it asks again', async () => {
  const lab = await startStateLab();
  const processes = [(await lab.open()).of('d'), (await lab.open()).of('d')];
  lab.losesOneOf = 3;
  const ask = (index: number) => untilAnswered(() => processes[index % 2]!.put('sent', 'report-7', { by: index }, once(`act-${index}`)));
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(index)));
  lab.losesOneOf = 0;
  const winners = results.flatMap(({ stored }, index) => (stored ? [index] : []));
  assert.equal(winners.length, 1);
  for (const { value } of results) assert.deepEqual(value, { by: winners[0] });
  assert.equal((await ask(winners[0]!)).stored, true);
});

test('a replacement that is repeated late does not overwrite a newer value', async () => {
  const state = (await (await startStateLab()).open()).of('d');
  await state.put('s', 'k', 'old', newest('a'));
  await state.put('s', 'k', 'new', newest('b'));
  assert.equal((await state.put('s', 'k', 'old', newest('a'))).stored, true);
  assert.equal((await state.get('s', 'k'))?.value, 'new');
  assert.equal(await state.remove('s', 'k', { act: 'c' }), true);
  assert.equal(await state.get('s', 'k'), undefined);
  await state.put('s', 'k', 'third', newest('d'));
  assert.equal(await state.remove('s', 'k', { act: 'c' }), true, 'the same step removes once');
  assert.equal((await state.get('s', 'k'))?.value, 'third');
});

test('entries end, and counters with their first count unless they are renewed', async () => {
  const clock = fakeClock();
  const state = (await (await startStateLab(clock)).open()).of('d');
  await state.put('s', 'once', 1, once('a'));
  await state.add('s', 'fixed', 1, count('b'));
  await state.add('s', 'renewed', 1, { ...count('c'), renews: true });
  await clock.advance(MINUTE - 1);
  await state.add('s', 'fixed', 1, count('d'));
  await state.add('s', 'renewed', 1, { ...count('e'), renews: true });
  await clock.advance(1);
  assert.equal(await state.get('s', 'once'), undefined);
  assert.equal((await state.put('s', 'once', 2, once('f'))).stored, true);
  assert.equal((await state.add('s', 'fixed', 1, count('g'))).value, 1);
  assert.equal((await state.add('s', 'renewed', 1, { ...count('h'), renews: true })).value, 3);
});

test('a domain sees only its own entries, and the store shows neither keys nor values', async () => {
  const lab = await startStateLab();
  const store = await lab.open();
  await store.of('a').put('s', '310101199001010012', { name: '张三' }, once('1'));
  assert.equal(await store.of('b').get('s', '310101199001010012'), undefined);
  assert.equal(await store.of('a').get('other', '310101199001010012'), undefined);
  await store.of('a').put('s', '310101199001010012', { name: '李四' }, newest('2'));
  for (const name of ['flow_state', 'flow_state_acts']) {
    const collection = await lab.documents.open({
      name,
      schema: {},
      indexes: name === 'flow_state' ? [{ name: 'by_store', fields: ['domain', 'store'] }] : [],
      expiresAt: 'expiresAt',
    });
    const stored = JSON.stringify(await collection.find({}, { limit: 10 }));
    assert.ok(stored.length > 100, name);
    for (const secret of ['310101', '张三', '李四']) assert.ok(!stored.includes(secret), name);
  }
});

test('what cannot be kept is refused', async () => {
  const state: FlowState = (await (await startStateLab()).open()).of('d');
  await assert.rejects(state.get('s', ''), { code: 'STATE_KEY' });
  await assert.rejects(state.get('s', 'x'.repeat(501)), { code: 'STATE_KEY' });
  await assert.rejects(async () => state.put('s', 'k', 'x'.repeat(70_000), once('a')), { code: 'STATE_VALUE' });
  await assert.rejects(async () => state.put('s', 'k', '张'.repeat(30_000), once('a')), { code: 'STATE_VALUE' });
  await assert.rejects(async () => state.put('s', 'k', new Uint8Array(1), once('a')), { code: 'STATE_VALUE' });
  await state.put('s', 'k', 'text', once('b'));
  await assert.rejects(state.add('s', 'k', 1, count('c')), { code: 'STATE_VALUE' });
});
