import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DraftRevisionItem, FlowVisit } from '../../control/flows/draft-revisions.ts';
import type { Page } from '../../control/action/pages.ts';
import { chainFlow } from '../support/platform-api.ts';
import { readEvents } from './read-events.ts';
import { flow } from './start-control.ts';
import { startWithEngine } from './start-engine.ts';

const NAME = '欧阳璇玑';
const saved = { name: '一次真实的挂号', input: { data: { name: NAME } }, mocks: {}, expect: [] };

test('what two people saved of a flow can be listed and read, and says which version was published with it', async (t) => {
  const running = await startWithEngine();
  t.after(running.stop);
  const [ann, bob] = [await running.person('ann', ['analyst']), await running.person('bob', ['analyst'])];
  const first = chainFlow('flw_a', [], { tests: [saved] });
  await ann.call('PUT', '/flows/flw_a', first);
  const published = await bob.call('POST', '/flows/flw_a/publish', {});
  assert.equal(published.status, 200, JSON.stringify(published.body));
  await bob.call('PUT', '/flows/flw_a', { ...first, revision: 1, deadlineMs: 7 });
  const { items } = (await bob.call('GET', '/flows/flw_a/revisions')).body as Page<DraftRevisionItem>;
  assert.deepEqual(
    items.map(({ id, savedBy, isCurrent, versions }) => [id, savedBy, isCurrent, versions]),
    [
      ['2', 'bob', true, []],
      ['1', 'ann', undefined, [1]],
    ],
  );
  assert.match(JSON.stringify((await bob.call('GET', '/flows/flw_a/revisions/1')).body), new RegExp(NAME));
  const viewer = await running.person('vera', ['viewer']);
  const read = await viewer.call('GET', '/flows/flw_a/revisions/1');
  assert.deepEqual([read.status, JSON.stringify(read.body).includes(NAME)], [200, false]);
  assert.equal((await bob.call('GET', '/flows/flw_a/revisions/9')).status, 404);
});

test('a refused save names who saved meanwhile; what is given up is kept, and a viewer cannot keep anything', async (t) => {
  const running = await startWithEngine();
  t.after(running.stop);
  const [ann, bob] = [await running.person('ann', ['analyst']), await running.person('bob', ['analyst'])];
  await ann.call('PUT', '/flows/flw_a', flow('flw_a'));
  await bob.call('PUT', '/flows/flw_a', flow('flw_a', { revision: 1, deadlineMs: 7 }));
  const mine = flow('flw_a', { revision: 1, deadlineMs: 8 });
  const refused = await ann.call('PUT', '/flows/flw_a', mine);
  assert.equal(refused.status, 409);
  assert.equal((refused.body as { values: { savedBy: string } }).values.savedBy, 'bob');
  assert.equal((await ann.call('POST', '/flows/flw_a/set-aside', mine)).status, 200);
  const viewer = await running.person('vera', ['viewer']);
  assert.equal((await viewer.call('POST', '/flows/flw_a/set-aside', mine)).status, 403);
  const { items } = (await ann.call('GET', '/flows/flw_a/revisions')).body as Page<DraftRevisionItem>;
  assert.deepEqual(
    items.map(({ savedBy, isSetAside }) => [savedBy, isSetAside]),
    [
      ['bob', undefined],
      ['ann', true],
      ['ann', undefined],
    ],
  );
});

test('people see who else has a flow open, and their pages hear at once that its draft was saved', async (t) => {
  const running = await startWithEngine();
  t.after(running.stop);
  const [ann, vera] = [await running.person('ann', ['analyst']), await running.person('vera', ['viewer'])];
  await ann.call('PUT', '/flows/flw_a', flow('flw_a'));
  const visit = async (who: typeof ann, input = {}) => (await who.call('POST', '/flows/flw_a/visit', input)).body as FlowVisit;
  assert.deepEqual(await visit(ann), { revision: 1, others: [] });
  const { others } = await visit(vera);
  assert.deepEqual(
    others.map(({ account, mayEdit }) => [account, mayEdit]),
    [['ann', true]],
  );
  assert.deepEqual(
    (await visit(ann)).others.map(({ account, mayEdit }) => [account, mayEdit]),
    [['vera', false]],
  );
  await visit(vera, { isLeaving: true });
  assert.deepEqual((await visit(ann)).others, []);
  const events = readEvents(await vera.raw('GET', '/events?flow=flw_a'));
  const elsewhere = readEvents(await vera.raw('GET', '/events?flow=flw_b'));
  await ann.call('PUT', '/flows/flw_a', flow('flw_a', { revision: 1, deadlineMs: 7 }));
  assert.deepEqual(await events.next('draft'), { flowId: 'flw_a', revision: 2 });
  await elsewhere.next('counts');
  assert.deepEqual(elsewhere.seen('draft'), []);
});
