import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { createNodeSeal } from '../../../gateways/plan/create-node-seal.ts';
import { createPlanFeed } from '../../../gateways/plan/create-plan-feed.ts';
import { followPlanStore } from '../../../gateways/plan/follow-plan-store.ts';
import { openPlanStore } from '../../../gateways/plan/plan-store.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { eventually } from '../../conformance/eventually.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';

const seal = createNodeSeal(randomBytes(32));
const crypto = createSoftwareCrypto();

function planOf(number: number, apps: readonly string[] = []): GatewayPlan {
  return { number, madeAt: number * 1000, interfaces: [], apps: apps.map((appId) => ({ appId })) } as unknown as GatewayPlan;
}

async function installation() {
  const clock = fakeClock();
  const state = { isDown: false };
  const documents = createMemoryDocuments({
    clock,
    onOperation: () => {
      if (state.isDown) throw new AppError('STORE_DOWN', 'transient', 'Down.');
    },
  });
  return { clock, state, documents, store: await openPlanStore({ documents, seal, crypto }) };
}

test('the latest plan is current; one that says the same, or an older one, changes nothing and answers the current one', async () => {
  const { store } = await installation();
  assert.equal(await store.newer(0), undefined);
  assert.equal((await store.put(planOf(3, ['a']))).number, 3);
  assert.equal((await store.put(planOf(4, ['a']))).number, 3, 'nothing changed');
  assert.equal((await store.put(planOf(2, ['b']))).number, 3, 'a slower control');
  assert.equal((await store.put(planOf(5, ['b']))).number, 5);
  assert.deepEqual((await store.newer(3))?.apps, planOf(5, ['b']).apps);
  assert.equal(await store.newer(5), undefined);
});

test('of controls that publish at once the highest number stands, whole', async () => {
  const { store } = await installation();
  await Promise.all([7, 5, 9, 6, 8].map((number) => store.put(planOf(number, [`app${number}`]))));
  const current = await store.newer(0);
  assert.deepEqual([current?.number, current?.apps], [9, planOf(9, ['app9']).apps]);
});

test('a plan of many megabytes is cut into pieces, of which only those of the last two plans are kept', async () => {
  const { documents, store } = await installation();
  const large = (number: number) =>
    planOf(
      number,
      Array.from({ length: 30_000 }, () => randomBytes(48).toString('hex')),
    );
  const plans = [large(1), large(2), large(3)];
  for (const plan of plans) await store.put(plan);
  assert.deepEqual(await store.newer(0), plans[2]);
  const pieces = await documents.open<{ _id: string }>({ name: 'gateway_plan_pieces', schema: {}, indexes: [] });
  const kept = (await pieces.find({}, { limit: 100 })).map(({ _id }) => _id.split('/')[0]);
  assert.deepEqual([...new Set(kept)], ['2', '3']);
  assert.ok(kept.length > 4);
});

test('a piece that was changed, or belongs to another plan, opens nothing', async () => {
  const { documents, store } = await installation();
  await store.put(planOf(1, ['a']));
  await store.put(planOf(2, ['b']));
  const pieces = await documents.open<{ _id: string; text: string }>({ name: 'gateway_plan_pieces', schema: {}, indexes: [] });
  const before = await pieces.get('1/0');
  await pieces.patchIf('2/0', {}, { set: { text: before!.text } });
  await assert.rejects(store.newer(0), { code: 'SEAL_BROKEN' });
});

test('a gateway hears of a plan by a hint, or without one in seconds, goes on while the store is down, and says how fresh its plan is', async () => {
  const { clock, state, store } = await installation();
  const feed = createPlanFeed();
  let look = async () => {};
  const follower = await followPlanStore({ store, feed, onHint: (given) => ((look = given), () => undefined), clock, log: silentLogger });
  await store.put(planOf(1, ['a']));
  await look();
  assert.equal(feed.current()?.number, 1);
  await store.put(planOf(2, ['b']));
  await clock.advance(3_000);
  await eventually(() => feed.current()?.number === 2);
  state.isDown = true;
  await clock.advance(120_000);
  assert.deepEqual([feed.current()?.number, follower.isFresh()], [2, false]);
  state.isDown = false;
  await store.put(planOf(3, ['c']));
  await clock.advance(3_000);
  await eventually(() => feed.current()?.number === 3);
  assert.ok(follower.isFresh());
  follower.stop();
});
