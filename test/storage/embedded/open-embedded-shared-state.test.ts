import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock, type FakeClock } from '../../../engine/testing/fake-clock.ts';
import { openEmbeddedDocuments } from '../../../storage/embedded/open-embedded-documents.ts';
import { openEmbeddedSharedState } from '../../../storage/embedded/open-embedded-shared-state.ts';
import { sharedStateConformance } from '../../conformance/shared-state.ts';

sharedStateConformance('the embedded store', async () => {
  const clock = fakeClock();
  const folder = await mkdtemp(join(tmpdir(), 'kq-state-'));
  const { state, close } = await openState(folder, clock);
  return {
    state,
    passTime: (ms) => clock.advance(ms),
    async close() {
      await close();
      await rm(folder, { recursive: true });
    },
  };
});

it('keeps claims and fencing numbers over a restart, and forgets claims whose time has passed', async () => {
  const clock = fakeClock();
  const folder = await mkdtemp(join(tmpdir(), 'kq-state-'));
  const first = await openState(folder, clock);
  const keys = Array.from({ length: 2500 }, (_, i) => `nonce${i}`);
  assert.ok((await Promise.all(keys.map((key) => first.state.claimOnce(key, 660_000)))).every(Boolean));
  await first.state.claimOnce('short', 1000);
  const lease = await first.state.acquireLease('timer', 'p1', 60_000);
  await first.close();

  await clock.advance(2000);
  const second = await openState(folder, clock);
  assert.ok((await Promise.all(keys.map((key) => second.state.claimOnce(key, 660_000)))).every((won) => !won));
  assert.equal(await second.state.claimOnce('short', 1000), true);
  const next = await second.state.acquireLease('timer', 'p2', 60_000);
  assert.ok(lease && next && next.fencing > lease.fencing);
  await second.close();
  await rm(folder, { recursive: true });
});

it('a share that took its half before a restart has taken it after', async () => {
  const clock = fakeClock();
  const folder = await mkdtemp(join(tmpdir(), 'kq-state-'));
  const first = await openState(folder, clock, 100);
  for (let nonce = 0; nonce < 50; nonce++) await first.state.claimOnce(`nonce${nonce}`, 660_000, 'app_1');
  await assert.rejects(first.state.claimOnce('one more', 660_000, 'app_1'), { code: 'SHARED_STATE_FULL' });
  await first.close();
  const second = await openState(folder, clock, 100);
  await assert.rejects(second.state.claimOnce('one more', 660_000, 'app_1'), { code: 'SHARED_STATE_FULL' });
  assert.equal(await second.state.claimOnce('nonce1', 660_000, 'app_1'), false);
  assert.equal(await second.state.claimOnce('one more', 660_000, 'app_2'), true);
  await second.close();
  await rm(folder, { recursive: true });
});

async function openState(folder: string, clock: FakeClock, maxClaims?: number) {
  const documents = await openEmbeddedDocuments({ folder, clock, logger: silentLogger });
  const state = await openEmbeddedSharedState({ documents, clock, ...(maxClaims === undefined ? {} : { maxClaims }) });
  return {
    state,
    async close() {
      await state.close();
      await documents.close();
    },
  };
}
