/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowLive, FlowLiveDetail } from '../../control/flows/live-flows.ts';
import type { FlowCounts, FlowDetailCounts } from '../../engine/observe/live-counters.ts';
import { putExecution } from './put-execution.ts';
import { readEvents } from './read-events.ts';
import { engineWith, startControl, type Running } from './start-control.ts';

interface Engine {
  counts: FlowCounts[];
}

async function start(): Promise<{ running: Running; engine: Engine }> {
  const engine: Engine = { counts: [countsOf('flw_a'), countsOf('flw_b')] };
  const get = async (flowId: string): Promise<FlowDetailCounts | undefined> => {
    const counts = engine.counts.find((one) => one.flowId === flowId);
    return (
      counts && {
        ...counts,
        nodes: [{ node: 'n_in', done: 3, failed: 1, perMinute: 2 }],
        edges: [{ edge: 'e_1', passed: 2, perMinute: 2 }],
      }
    );
  };
  const running = await startControl({ engine: engineWith({ live: { list: async () => engine.counts, get } }) });
  return { running, engine };
}

function countsOf(flowId: string, changes: Partial<FlowCounts> = {}): FlowCounts {
  return { flowId, version: 1, since: 0, perMinute: 0, errors: 0, inFlight: 0, ...changes };
}

test('tells a page every published flow at first, then those that changed', async (t) => {
  const { running, engine } = await start();
  t.after(running.stop);
  await putExecution(running.documents, { flowId: 'flw_a', status: 'held', acceptedAt: running.clock.now() });
  await putExecution(running.documents, { flowId: 'flw_b', status: 'queued', acceptedAt: running.clock.now() - 7000 });
  const events = readEvents(await running.admin.raw('GET', '/events'));
  await running.clock.advance(2000);
  const first = (await events.next('flows')) as { items: FlowLive[]; gone: string[] };
  assert.deepEqual(first.items, [
    { flowId: 'flw_a', version: 1, perMinute: 0, errors: 0, held: 1, inFlight: 0 },
    { flowId: 'flw_b', version: 1, perMinute: 0, errors: 0, held: 0, inFlight: 0, queueAgeMs: 9000 },
  ]);
  engine.counts = [countsOf('flw_a', { perMinute: 12, errors: 1 })];
  await running.clock.advance(2000);
  const second = (await events.next('flows')) as { items: FlowLive[]; gone: string[] };
  assert.deepEqual(
    second.items.map(({ flowId, perMinute, errors }) => [flowId, perMinute, errors]),
    [['flw_a', 12, 1]],
  );
  assert.deepEqual(second.gone, ['flw_b']);
});

test('tells a page that watches a flow its nodes and edges, and nobody else', async (t) => {
  const { running } = await start();
  t.after(running.stop);
  const other = readEvents(await running.admin.raw('GET', '/events'));
  const watching = readEvents(await running.admin.raw('GET', '/events?flow=flw_a'));
  await running.clock.advance(2000);
  const detail = (await watching.next('flow-live')) as unknown as FlowLiveDetail;
  assert.deepEqual(
    [detail.flowId, detail.nodes, detail.edges],
    ['flw_a', [{ node: 'n_in', done: 3, failed: 1, perMinute: 2 }], [{ edge: 'e_1', passed: 2, perMinute: 2 }]],
  );
  await running.clock.advance(2000);
  assert.equal((await other.next('counts')) !== undefined, true);
  assert.deepEqual(other.seen('flow-live'), []);
});

test('gives the first picture of a flow; none of one that is not published', async (t) => {
  const { running } = await start();
  t.after(running.stop);
  const { status, body } = await running.admin.call('GET', '/flows/flw_a/live');
  assert.deepEqual([status, (body as FlowLiveDetail).nodes.length, (body as FlowLiveDetail).held], [200, 1, 0]);
  assert.equal((await running.admin.call('GET', '/flows/flw_none/live')).status, 404);
});

test('who may not read flows hears nothing of them', async (t) => {
  const { running } = await start();
  t.after(running.stop);
  const auditor = await running.person('auditor', ['audit-admin']);
  assert.equal((await auditor.call('GET', '/flows/flw_a/live')).status, 403);
  const events = readEvents(await auditor.raw('GET', '/events?flow=flw_a'));
  for (let second = 0; second < 4; second++) await running.clock.advance(1000);
  await events.next('counts');
  assert.deepEqual([events.seen('flows'), events.seen('flow-live')], [[], []]);
});

test('who may not read flows any more hears nothing more of them, and goes on hearing the rest', async (t) => {
  const { running, engine } = await start();
  t.after(running.stop);
  const person = await running.person('wang', ['viewer']);
  const events = readEvents(await person.raw('GET', '/events?flow=flw_a'));
  await running.clock.advance(2000);
  await events.next('flows');
  const { items } = (await running.admin.call('GET', '/accounts')).body;
  const { revision } = items.find((item: { name: string }) => item.name === 'wang');
  await running.admin.call('PUT', '/accounts/wang', { displayName: 'wang', roles: ['audit-admin'], disabled: false, revision });
  for (let second = 0; second < 5; second++) {
    await running.clock.advance(1000);
    await events.next('counts');
  }
  const before = [events.seen('flows').length, events.seen('flow-live').length];
  engine.counts = [countsOf('flw_a', { perMinute: 99 })];
  for (let second = 0; second < 4; second++) {
    await running.clock.advance(1000);
    await events.next('counts');
  }
  assert.deepEqual([events.seen('flows').length, events.seen('flow-live').length], before);
});
