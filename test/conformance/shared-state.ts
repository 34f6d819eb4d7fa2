/** What every backend of the port `SharedState` promises. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import { eventually } from './eventually.ts';

export interface OpenedState {
  readonly state: SharedState;
  /** Moves time on, or waits as long where a server keeps the time. */
  passTime(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function sharedStateConformance(name: string, open: () => Promise<OpenedState>): void {
  describe(`shared state on ${name}`, () => {
    let opened: OpenedState;
    before(async () => void (opened = await open()));
    after(() => opened.close());

    it('lets exactly one of 1,000 parallel claims of a key win', async () => {
      const claims = await Promise.all(Array.from({ length: 1000 }, () => opened.state.claimOnce('race', 60_000)));
      assert.equal(claims.filter(Boolean).length, 1);
      assert.equal(await opened.state.claimOnce('another', 60_000), true);
    });

    it('lets a claim be taken again when its time has passed', async () => {
      assert.equal(await opened.state.claimOnce('short', 1_500), true);
      assert.equal(await opened.state.claimOnce('short', 1_500), false);
      await opened.passTime(1_600);
      assert.equal(await opened.state.claimOnce('short', 1_500), true);
    });

    it('adds parallel increments up and forgets a counter after the time it was made with', async () => {
      const values = await Promise.all(Array.from({ length: 100 }, () => opened.state.increment('hits', 2, 2_000)));
      assert.deepEqual(
        values.toSorted((a, b) => a - b),
        Array.from({ length: 100 }, (_, i) => 2 * (i + 1)),
      );
      await opened.passTime(300);
      assert.equal(await opened.state.increment('hits', -1, 2_000), 199);
      await opened.passTime(1_800);
      assert.equal(await opened.state.increment('hits', 1, 2_000), 1);
    });

    it('keeps a value until it is deleted, replaced, or its time has passed', async () => {
      const { state } = opened;
      assert.equal(await state.get('v'), undefined);
      await state.set('v', '康桥', { ttlMs: 60_000 });
      assert.equal(await state.get('v'), '康桥');
      await state.set('v', '', { ttlMs: 1_500 });
      assert.equal(await state.get('v'), '');
      await opened.passTime(1_600);
      assert.equal(await state.get('v'), undefined);
      await state.set('v', 'x', { ttlMs: 60_000 });
      await state.delete('v');
      assert.equal(await state.get('v'), undefined);
    });

    it('deletes by tag what carries the tag now, and nothing else', async () => {
      const { state } = opened;
      await state.set('a', '1', { ttlMs: 60_000, tags: ['t', 'u'] });
      await state.set('b', '1', { ttlMs: 60_000, tags: ['u'] });
      await state.set('c', '1', { ttlMs: 60_000, tags: ['t'] });
      await state.set('c', '2', { ttlMs: 60_000 });
      await state.deleteByTag('t');
      await state.deleteByTag('no such tag');
      assert.deepEqual(await Promise.all(['a', 'b', 'c'].map((key) => state.get(key))), [undefined, '1', '2']);
    });

    it('gives a lease to one holder, and a larger fencing number to each new one', async () => {
      const { state } = opened;
      const first = await state.acquireLease('timer', 'p1', 60_000);
      assert.ok(first);
      assert.equal(await state.acquireLease('timer', 'p2', 1000), undefined);
      assert.deepEqual(await state.acquireLease('timer', 'p1', 60_000), first);
      await state.releaseLease('timer', 'p2');
      assert.equal(await state.acquireLease('timer', 'p2', 1000), undefined);
      await state.releaseLease('timer', 'p1');
      const second = await state.acquireLease('timer', 'p2', 200);
      assert.ok(second && second.fencing > first.fencing);
      await opened.passTime(300);
      const third = await state.acquireLease('timer', 'p1', 1000);
      assert.ok(third && third.fencing > second.fencing);
    });

    it('lets exactly one of 50 parallel candidates hold a lease', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => opened.state.acquireLease('leader', `p${i}`, 60_000)));
      assert.equal(answers.filter(Boolean).length, 1);
    });

    it('publishes to those who subscribe, until they leave', async () => {
      const { state } = opened;
      const heard: string[] = [];
      const leave = await state.subscribe('news', (payload) => void heard.push(payload));
      await state.publish('news', 'one');
      await state.publish('other', 'two');
      await eventually(() => heard.length === 1);
      leave();
      await state.publish('news', 'three');
      await opened.passTime(50);
      assert.deepEqual(heard, ['one']);
    });
  });
}
