import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Overview } from '../../control/overview/overview.ts';
import { createCallStats } from '../../engine/contract/calls/call-stats.ts';
import { loadDevCertificates } from '../../engine/host/dev-certificates.ts';
import { sumCalls } from '../../engine/processes/sum-calls.ts';
import { fakeClock } from '../../engine/testing/fake-clock.ts';
import { busInterface } from '../support/platform-api.ts';
import { putExecution } from './put-execution.ts';
import {
  defaultDeps,
  engineWith,
  flow,
  idleEngine,
  memoryCatalog,
  noExecutions,
  startControl,
  type Client,
  type Running,
} from './start-control.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const overviewOf = async (client: Client) => (await client.call('GET', '/overview')).body as Overview;

test('says first what needs a person: held, failed in the last hour, listeners that could not start', async (t) => {
  const process = { role: 'worker', host: 'n1', pid: 1 };
  const engine = engineWith({
    listeners: async () => [
      { process, flowId: 'flw_a', version: 1, nodeId: 'n_in', type: 'mllp.listen@1', state: 'listening' as const, since: 1, arrivals: 0 },
      {
        ...{
          process,
          flowId: 'flw_b',
          version: 1,
          nodeId: 'n_in',
          type: 'mllp.listen@1',
          state: 'failing' as const,
          since: 7,
          arrivals: 0,
        },
        error: { code: 'MLLP_LISTEN', kind: 'transient' as const, message: 'The port is taken.', fix: 'Choose another.' },
      },
    ],
  });
  const counts = async () => ({ queued: 0, running: 0, waiting: 0, held: 2, completed: 0, failed: 0, cancelled: 0 });
  const group = { flowId: 'flw_b', version: 1, node: 'n_send', code: 'HTTP_CONNECT', outcomeKnown: true, count: 3 };
  // Another one was held after the counts were taken: the list and the number are of one reading.
  const held = { groups: [{ ...group, oldestAt: 1, newestAt: 2, examples: [] }], count: 3, more: false };
  const running = await startControl({ engine, executions: { ...noExecutions, counts, heldGroups: async () => held } });
  t.after(running.stop);
  const now = running.clock.now();
  await running.admin.call('PUT', '/flows/flw_b', flow('flw_b'));
  await putExecution(running.documents, { flowId: 'flw_b', status: 'held', acceptedAt: now - 5000 });
  await putExecution(running.documents, { flowId: 'flw_b', status: 'held', acceptedAt: now - 9000 });
  await putExecution(running.documents, { flowId: 'flw_b', status: 'failed', acceptedAt: now - 30 * MINUTE_MS });
  await putExecution(running.documents, { flowId: 'flw_b', status: 'failed', acceptedAt: now - 90 * MINUTE_MS });
  const overview = await overviewOf(running.admin);
  const { attention } = overview;
  assert.deepEqual([attention.held?.count, attention.held?.oldestAt, overview.counts['held']], [3, now - 9000, 3]);
  assert.deepEqual(
    attention.held?.groups.map(({ code, count }) => [code, count]),
    [['HTTP_CONNECT', 3]],
  );
  assert.deepEqual(attention.failingFlows, [{ flowId: 'flw_b', name: flow('flw_b').name, failed: 1, of: 3 }]);
  assert.equal(attention.failedLastHour, 1);
  assert.deepEqual(attention.listeners, [
    {
      flowId: 'flw_b',
      name: flow('flw_b').name,
      since: 7,
      error: { code: 'MLLP_LISTEN', message: 'The port is taken.', fix: 'Choose another.' },
    },
  ]);
});

test('reads what is held once for all who look within some seconds, and apart for those who see other domains', async (t) => {
  let readings = 0;
  const heldGroups = async () => {
    readings += 1;
    return { groups: [], count: readings, more: false };
  };
  const running = await startControl({ executions: { ...noExecutions, heldGroups } });
  t.after(running.stop);
  const viewer = await running.person('viewer', ['viewer']);
  const ofOne = await running.person('of-one', ['viewer'], ['d']);
  const heldOf = async (client: Client) => (await overviewOf(client)).attention.held?.count;
  assert.deepEqual(await Promise.all([running.admin, viewer, running.admin].map(heldOf)), [1, 1, 1]);
  assert.equal(await heldOf(ofOne), 2);
  await running.clock.advance(6000);
  assert.deepEqual([await heldOf(viewer), await heldOf(running.admin)], [3, 3]);
});

async function feed(running: Running, flowId: string, gapMs: number, lastAgoMs: number, messages = 20): Promise<void> {
  for (let index = 0; index < messages; index++)
    await putExecution(running.documents, { flowId, status: 'completed', acceptedAt: running.clock.now() - lastAgoMs - index * gapMs });
}

test('names the feeds that went silent for more than four times their usual gap', async (t) => {
  const running = await startControl({ engine: { ...idleEngine, feeds: () => ['flw_silent', 'flw_slow', 'flw_fast', 'flw_new'] } });
  t.after(running.stop);
  await feed(running, 'flw_silent', 5 * MINUTE_MS, 21 * MINUTE_MS);
  await feed(running, 'flw_slow', 5 * MINUTE_MS, 19 * MINUTE_MS);
  await feed(running, 'flw_fast', 100, 9 * MINUTE_MS);
  await feed(running, 'flw_new', 1000, 60 * MINUTE_MS, 5);
  const { attention } = await overviewOf(running.admin);
  assert.deepEqual(
    attention.silentFeeds?.map(({ flowId, lastAt, usualGapMs }) => [flowId, running.clock.now() - lastAt, usualGapMs]),
    [['flw_silent', 21 * MINUTE_MS, 5 * MINUTE_MS]],
  );
});

test('names keys, grants and the certificate that end within thirty days, the soonest first', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kangqiao-overview-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { cert } = await loadDevCertificates(folder, Date.now());
  const { info } = defaultDeps().deps;
  const running = await startControl({ info: { ...info, certificate: () => cert } });
  t.after(running.stop);
  const keeper = await running.person('keeper', ['security-admin']);
  await keeper.call('PUT', '/apps/app', {
    appId: 'app',
    revision: 0,
    name: flow('x').name,
    caller: 'c',
    state: 'active',
    windowSec: 300,
    domain: 'd',
  });
  const now = running.clock.now();
  const secret = (keyId: string, days: number) =>
    keeper.call('POST', '/apps/app/keys/secrets', { keyId, scheme: 'HMAC-SM3', expiresAt: now + days * DAY_MS });
  assert.equal((await secret('soon', 20)).status, 200);
  assert.equal((await secret('later', 40)).status, 200);
  const expiring = (await overviewOf(running.admin)).attention.expiring ?? [];
  assert.deepEqual(
    expiring.filter(({ what }) => what === 'app-key'),
    [{ what: 'app-key', id: 'soon', appId: 'app', expiresAt: now + 20 * DAY_MS }],
  );
  assert.ok(!expiring.some(({ what }) => what === 'tls-certificate'));
});

test('a certificate that ends soon is told', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kangqiao-overview-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // Made so long ago that of its 390 days 10 are left when the clock of the test stands.
  const { deps, clock } = defaultDeps();
  const { cert } = await loadDevCertificates(folder, clock.now() - 380 * DAY_MS);
  const running = await startControl({ info: { ...deps.info, certificate: () => cert } });
  t.after(running.stop);
  const [ending] = (await overviewOf(running.admin)).attention.expiring ?? [];
  assert.deepEqual([ending?.what, ending?.id], ['tls-certificate', 'CN=localhost']);
});

test('names flows whose draft is ahead of what is published', async (t) => {
  const memory = memoryCatalog();
  const catalog = {
    ...memory,
    list: async () =>
      (await memory.list()).map((one) => ({
        ...one,
        isChanged: one.flowId !== 'flw_b',
        publishedVersion: one.flowId === 'flw_c' ? undefined : 1,
      })),
  };
  const running = await startControl({ catalog });
  t.after(running.stop);
  for (const flowId of ['flw_a', 'flw_b', 'flw_c']) await running.admin.call('PUT', `/flows/${flowId}`, flow(flowId));
  const { attention } = await overviewOf(running.admin);
  assert.deepEqual(
    attention.unpublishedChanges?.map(({ flowId }) => flowId),
    ['flw_a'],
  );
});

test('an interface that refuses most of its callers is named with the cause, for who may read interfaces', async (t) => {
  const stats = createCallStats(fakeClock());
  for (let call = 0; call < 12; call += 1) {
    stats.called('ifc_a', 1, 'refused', { code: 'GW40301', app: 'A1' });
    stats.called('ifc_gone', 1, 'refused', { code: 'GW40101' });
    stats.called('ifc_b', 1, 'ok');
  }
  const running = await startControl({ engine: engineWith({ interfaceCalls: async () => sumCalls([stats.counts()]) }) });
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  for (const interfaceId of ['ifc_a', 'ifc_b'])
    await running.admin.call('PUT', `/interfaces/${interfaceId}`, {
      ...busInterface('flw_a', { interfaceId, path: `/bus/test/${interfaceId}` }),
      domain: flow('flw_a').domain,
    });
  const { interfaces = [] } = (await overviewOf(running.admin)).attention;
  assert.deepEqual(
    interfaces.map(({ interfaceId, calls, refused, cause }) => [interfaceId, calls, refused, cause.code, cause.app, cause.count]),
    [['ifc_a', 12, 12, 'GW40301', 'A1', 12]],
  );
});

test('carries the traffic of the engine; who may read the system alone sees no part of flows, messages and callers', async (t) => {
  const point = { at: 0, count: 3, failed: 1, refused: 0, meanMs: 20 };
  const running = await startControl({
    engine: { ...idleEngine, traffic: { series: async () => ({ minutes: [point], hours: [point] }) } },
  });
  t.after(running.stop);
  await running.admin.call('PUT', '/flows/flw_a', flow('flw_a'));
  assert.deepEqual((await overviewOf(running.admin)).traffic?.minutes, [point]);
  const auditor = await running.person('auditor', ['audit-admin']);
  const seen = await overviewOf(auditor);
  assert.deepEqual([seen.attention, seen.traffic, seen.flows, seen.held, seen.counts], [{ silentProcesses: [] }, undefined, [], [], {}]);
  assert.equal(seen.environment, 'TEST');
});

test('names interfaces that fail, states of gateways and waves of refused calls, within the domains of who asks', async (t) => {
  const clock = fakeClock();
  const stats = createCallStats(clock);
  const fronts = createCallStats(clock);
  for (let call = 0; call < 30; call += 1) {
    stats.attempted('ifc_a', 10, 'failed', 'GW50201');
    stats.called('ifc_a', 10, 'failed');
    stats.attempted('ifc_b', 10, 'ok');
    stats.called('ifc_b', 10, 'ok');
    fronts.called('bus', 10, call < 20 ? 'failed' : 'refused', { code: 'GW40401' });
  }
  fronts.attempted('bus', 10, 'failed', 'GW50201');
  const [all] = fronts.counts();
  const condition = { kind: 'breaker-open' as const, interfaceId: 'ifc_a', group: 'v1', since: 5, values: { by: 'traffic' } };
  const running = await startControl({
    engine: engineWith({
      interfaceCalls: async () => sumCalls([stats.counts()]),
      gatewayConditions: async () => [condition, { ...condition, interfaceId: 'ifc_gone' }],
      frontCalls: async () => [
        {
          ...{ front: 'bus', all: all!, unrouted: 10 },
          unproven: [
            { code: 'GW40401', count: 10, since: 7, from: [{ ip: '10.0.0.1', count: 9 }] },
            { code: 'GW40101', count: 9, since: 7, from: [] },
          ],
        },
      ],
    }),
  });
  t.after(running.stop);
  for (const [flowId, domain] of [
    ['flw_a', flow('flw_a').domain],
    ['flw_b', 'sh-other'],
  ] as const)
    await running.admin.call('PUT', `/flows/${flowId}`, flow(flowId, { domain }));
  for (const [id, domain] of [
    ['a', flow('flw_a').domain],
    ['b', 'sh-other'],
  ] as const)
    await running.admin.call('PUT', `/interfaces/ifc_${id}`, {
      ...busInterface(`flw_${id}`, { interfaceId: `ifc_${id}`, path: `/bus/test/${id}` }),
      domain,
    });
  const { attention, fronts: figures } = await overviewOf(running.admin);
  assert.deepEqual(
    attention.failingInterfaces?.map(({ interfaceId, state, calls, failed, code }) => [interfaceId, state, calls, failed, code]),
    [['ifc_a', 'failing', 30, 30, 'GW50201']],
  );
  assert.deepEqual(
    attention.conditions?.map(({ kind, interfaceId, group }) => [kind, interfaceId, group]),
    [['breaker-open', 'ifc_a', 'v1']],
  );
  assert.deepEqual(attention.waves, [{ front: 'bus', code: 'GW40401', count: 10, since: 7, source: { ip: '10.0.0.1', count: 9 } }]);
  assert.deepEqual(
    figures?.map(({ front, state, calls, refused, unrouted, failed }) => [front, state, calls, refused, unrouted, failed]),
    [['bus', 'failing', 30, 10, 10, 20]],
  );
  const other = await running.person('other', ['operator', 'viewer'], ['sh-other']);
  const seen = await overviewOf(other);
  assert.deepEqual([seen.attention.failingInterfaces, seen.attention.conditions, seen.attention.waves], [[], [], undefined]);
  assert.deepEqual(
    seen.fronts?.map(({ front, calls, unrouted, failed }) => [front, calls, unrouted, failed]),
    [['bus', 30, undefined, 0]],
  );
});
