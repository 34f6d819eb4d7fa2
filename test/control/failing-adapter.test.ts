// @never-rerun: a single failure is a failure.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CallReport, toCallState } from '../../control/adapters/call-states.ts';
import type { Page } from '../../control/action/pages.ts';
import type { AdapterItem } from '../../control/adapters/adapters.ts';
import type { Overview } from '../../control/overview/overview.ts';
import { createCallStats } from '../../engine/contract/calls/call-stats.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { adapterTo, graph, startHospital, startWithEngine } from './start-engine.ts';

const ONCE = { retry: { max: 0, baseMs: 1, factor: 1, capMs: 1, on: ['transient' as const] } };

test('a hospital that stops answering is named by its real calls, with what it keeps waiting, until it answers again', async (t) => {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  await running.admin.call('PUT', '/adapters/adp_his', adapterTo(hospital, { limits: { timeoutMs: 200 } }));
  await running.publish(
    graph(
      'flw_feed',
      {
        n_in: { type: 'interface.call@1' },
        n_send: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'GET', path: '/messages' }, handling: ONCE },
      },
      ['n_in > n_send'],
      { mode: 'durable' },
    ),
  );
  const calls = async () => ((await running.admin.call('GET', '/adapters')).body as Page<AdapterItem>).items[0]!.calls;
  const failing = async () => ((await running.admin.call('GET', '/overview')).body as Overview).attention.adapters;
  assert.equal(await calls(), undefined);
  await running.send('flw_feed', {});
  const good = await running.until(async () => {
    const now = await calls();
    return now?.perMinute === 1 && now;
  });
  assert.deepEqual([good.state, good.perMinute, good.failures], ['ok', 1, 0]);
  assert.deepEqual(await failing(), []);

  hospital.answer = () => 'silence';
  for (let message = 0; message < 3; message += 1) await running.send('flw_feed', { message });
  const bad = await running.until(async () => {
    const now = await calls();
    return now?.state === 'failing' && now.perMinute === 4 && now;
  });
  assert.deepEqual([bad.lastError?.code, bad.lastOkAt, bad.perMinute], ['NODE_TIMEOUT', good.lastOkAt, 4]);
  const [named] = await running.until(async () => {
    const found = await failing();
    return found?.[0]?.held === 3 && found;
  });
  assert.deepEqual(
    [named!.adapterId, named!.name, named!.owner, named!.since, named!.code],
    ['adp_his', { 'zh-CN': '医院甲', en: 'Hospital A' }, 'A', bad.failingSince, 'NODE_TIMEOUT'],
  );
  const report = (await running.admin.call('GET', '/adapters/adp_his/calls')).body as CallReport;
  assert.deepEqual([report.now?.state, report.traffic.hours.reduce((sum, { count }) => sum + count, 0)], ['failing', 4]);

  hospital.answer = () => ({ status: 200 });
  await running.send('flw_feed', {});
  await running.until(async () => (await calls())?.failures === 0);
  assert.deepEqual(await failing(), []);
});

test('an adapter that is deleted and made again under its id begins without the calls of the old one', async (t) => {
  const hospital = await startHospital();
  const running = await startWithEngine();
  t.after(async () => {
    await running.stop();
    await hospital.stop();
  });
  hospital.answer = () => ({ status: 503 });
  const { admin } = running;
  const make = () => admin.call('PUT', '/adapters/adp_his', adapterTo(hospital));
  await make();
  const nodes = {
    n_in: { type: 'interface.call@1' },
    n_send: { type: 'http.call@1', adapter: 'adp_his', config: { method: 'GET', path: '/messages' }, handling: ONCE },
  };
  await running.publish(graph('flw_feed', nodes, ['n_in > n_send'], { mode: 'durable' }));
  await running.send('flw_feed', {});
  const report = async () => {
    const { now, traffic } = (await admin.call('GET', '/adapters/adp_his/calls')).body as CallReport;
    return [now?.lastError?.code, now?.failingSince, now?.recent.calls, traffic.hours.reduce((sum, { count }) => sum + count, 0)];
  };
  await running.until(async () => (await report())[3] === 1);
  assert.ok((await report())[1]);
  const [held] = await running.until(async () => {
    const { items } = (await admin.call('GET', '/held')).body as { items: { executionId: string }[] };
    return items.length === 1 && items;
  });
  await admin.call('POST', `/executions/${held!.executionId}/cancel`, { reason: 'test' });
  await running.until(async () => (await running.engine.executions.counts()).held === 0);
  assert.equal((await admin.call('POST', '/flows/flw_feed/unpublish')).status, 200);
  assert.equal((await admin.call('DELETE', '/flows/flw_feed')).status, 200);
  const removed = await admin.call('DELETE', '/adapters/adp_his');
  assert.equal(removed.status, 200, JSON.stringify(removed.body));
  await make();
  assert.deepEqual(await report(), [undefined, undefined, 0, 0]);
});

test('few of many calls that fail are no failing hospital, one that alone was tried is, and nobody calls: idle', async () => {
  const clock = fakeClock();
  const stats = createCallStats(clock);
  const tell = (isFailed: boolean, times = 1) => {
    for (let call = 0; call < times; call += 1) {
      stats.attempted('adp_a', 10, isFailed ? 'failed' : 'ok', 'HTTP_TIMEOUT');
      stats.called('adp_a', 10, isFailed ? 'failed' : 'ok');
    }
  };
  const state = () => toCallState(stats.counts()[0]!, clock.now()).state;
  tell(true);
  assert.equal(state(), 'failing', 'nothing else was tried');
  tell(false, 20);
  assert.equal(state(), 'ok');
  tell(true, 2);
  assert.equal(state(), 'partly');
  tell(true);
  assert.equal(state(), 'failing', 'three in a row');
  await clock.advance(7_200_000);
  assert.equal(state(), 'idle', 'nobody has called for two hours');
});

test('an interface that refuses most of at least ten calls is no interface that answers', async () => {
  const clock = fakeClock();
  const stats = createCallStats(clock);
  const tell = (outcome: 'ok' | 'refused', times: number) => {
    for (let call = 0; call < times; call += 1) {
      stats.attempted('ifc_a', 1, outcome, 'GW40101');
      stats.called('ifc_a', 1, outcome, { code: 'GW40101' });
    }
  };
  const state = () => toCallState(stats.counts()[0]!, clock.now()).state;
  tell('refused', 9);
  assert.equal(state(), 'ok', 'a few wrong calls');
  tell('refused', 1);
  assert.equal(state(), 'refused');
  tell('ok', 10);
  assert.equal(state(), 'ok', 'half of them get through');
  await clock.advance(300_000);
  assert.equal(state(), 'idle');
});
