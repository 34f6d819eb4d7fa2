import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Type } from 'typebox';
import { createExecutionCounter } from '../../../control/executions/execution-counter.ts';
import { ALARM_RULE_NAMES, ALARM_RULES } from '../../../control/alarms/alarm-rules.ts';
import type { AlarmRule, RuleDeps } from '../../../control/alarms/rules/alarm-rule.ts';
import { createFindProblems } from '../../../control/alarms/find-problems.ts';
import type { AlarmSettings } from '../../../control/alarms/alarm-settings.ts';
import { openPlatformKeyStore, PLATFORM_KEY_LIFE_MS } from '../../../control/registry/platform-key-store.ts';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { executionsSpec, type ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { createQueueAge } from '../../../engine/observe/queue-age.ts';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { createSoftwareCrypto } from '../../../storage/crypto/software-crypto.ts';
import { createMemoryDocuments } from '../../../storage/memory/memory-documents.ts';
import type { FrontCalls } from '../../../engine/contract/calls/front-calls.ts';
import type { GatewayCondition } from '../../../engine/contract/calls/gateway-condition.ts';
import { createCallStats, type CallCounts } from '../../../engine/contract/calls/call-stats.ts';
import { sumCalls } from '../../../engine/processes/sum-calls.ts';
import { plainSeal } from '../start-control.ts';

const MINUTE_MS = 60_000;
const noProcesses: RuleDeps['engine']['processes'] = {
  list: async () => [],
  listeners: async () => [],
  adapterCalls: async () => new Map(),
  interfaceCalls: async () => new Map(),
  frontCalls: async () => [],
  gatewayConditions: async () => [],
  flowCalls: async () => new Map(),
};
const quota = { exceeded: () => Promise.resolve([]) };
const usual: AlarmSettings = {
  revision: 0,
  rules: Object.fromEntries(
    ALARM_RULE_NAMES.map((name) => [name, { on: true, bound: ALARM_RULES[name].bound.usual, severity: 'warning' }]),
  ) as AlarmSettings['rules'],
  receivers: [],
  repeatMinutes: 60,
  escalateMinutes: 30,
};

const youngKey = {
  platformKeys: { list: () => Promise.resolve([]) },

  instanceLists: { list: () => Promise.resolve([]) },
};

async function openWorld(changes: Partial<RuleDeps> = {}) {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const stored = await documents.open(executionsSpec);
  let count = 0;
  const put = async (status: ExecutionDocument['status'], agoMs: number, flowId = 'flw_a') => {
    const _id = `exe_${String((count += 1)).padStart(5, '0')}`;
    await stored.insert({ _id, status, flowId, acceptedAt: clock.now() - agoMs, lane: null, dedupe: _id } as unknown as ExecutionDocument);
  };
  const find = createFindProblems({
    clock,
    logger: silentLogger,
    shared: { get: () => Promise.resolve(undefined) },
    counter: await createExecutionCounter(documents, clock),
    queue: createQueueAge({ executions: stored, clock }),
    waiting: { recent: async () => [] },
    engine: { feeds: () => ['flw_a'], takers: () => [], processes: noProcesses, quota },
    registry: {
      keys: { list: () => Promise.resolve([]) },
      grants: { list: () => Promise.resolve([]) },
      busConsumers: { list: () => Promise.resolve([]) },
      ...youngKey,
    } as unknown as RuleDeps['registry'],
    info: {},
    flowNames: () => Promise.resolve(new Map()),
    adapterNames: () => Promise.resolve(new Map([['adp_a', { 'zh-CN': '医院甲', en: 'Hospital A' }]])),
    ...changes,
  });
  return {
    clock,
    put,
    find,
    ask: async (settings = usual) => (await find(settings)).problems.map(({ rule, values }) => ({ rule, values })),
  };
}

test('nothing is wrong in a quiet house', async () => {
  const { ask } = await openWorld();
  assert.deepEqual(await ask(), []);
});

test('a message that waits longer than the bound, and too many held or failed, are found', async () => {
  const { put, ask } = await openWorld();
  await put('queued', 6 * MINUTE_MS);
  for (let index = 0; index < 10; index += 1) await put('held', MINUTE_MS);
  for (let index = 0; index < 20; index += 1) await put('failed', 30 * MINUTE_MS);
  await put('failed', 90 * MINUTE_MS);
  assert.deepEqual(await ask(), [
    { rule: 'queue-age', values: { minutes: 6, queued: 1 } },
    { rule: 'held', values: { count: 10 } },
    { rule: 'failed', values: { count: 20 } },
  ]);
});

test('a feed is silent by its own measure: four times its usual gap, and never before the bound', async () => {
  const { clock, put, ask } = await openWorld();
  for (let index = 0; index < 20; index += 1) await put('completed', index * 5 * MINUTE_MS);
  await clock.advance(19 * MINUTE_MS);
  assert.deepEqual(await ask(), [], 'usually every five minutes');
  await clock.advance(2 * MINUTE_MS);
  const [silent] = await ask();
  assert.deepEqual([silent!.rule, silent!.values['usual']], ['feed-silent', 5]);
  const slower = { ...usual, rules: { ...usual.rules, 'feed-silent': { on: true, bound: 30, severity: 'warning' as const } } };
  assert.deepEqual(await ask(slower), []);
});

test('a collection is late when its oldest item waits longer than its flow lets it; without a flow, from the start', async () => {
  const clock = fakeClock();
  const one = (domain: string, agoMinutes: number) => ({
    ...{ domain, collection: 'reports', keys: 1, items: 7, bytes: 70 },
    oldestAt: clock.now() - agoMinutes * MINUTE_MS,
  });
  const { ask } = await openWorld({
    clock,
    waiting: { recent: async () => [one('a', 9), one('b', 11), one('c', 69), one('d', 71)] },
    engine: {
      feeds: () => [],
      takers: () => ['c', 'd'].map((domain) => ({ flowId: 'flw_take', domain, collection: 'reports', maxWaitMs: 60 * MINUTE_MS })),
      processes: noProcesses,
      quota,
    },
  });
  assert.deepEqual(await ask(), [
    { rule: 'collection-late', values: { collection: 'reports', flowId: '', items: 7, minutes: 11 } },
    { rule: 'collection-late', values: { collection: 'reports', flowId: 'flw_take', items: 7, minutes: 71 } },
  ]);
});

test('keys, grants, certificates and the platform’s own keys are found before they end, each by itself', async () => {
  const DAY_MS = 86_400_000;
  const clock = fakeClock();
  const key = (keyId: string, days: number) => ({ appId: 'CITIZENS', keyId, state: 'ACTIVE', expiresAt: clock.now() + days * DAY_MS });
  const own = (keyId: string, days: number) => ({ keyId, state: 'ACTIVE', madeAt: clock.now() + days * DAY_MS - PLATFORM_KEY_LIFE_MS });
  const { ask } = await openWorld({
    registry: {
      keys: { list: () => Promise.resolve([key('soon', 3), key('later', 20)]) },
      grants: { list: () => Promise.resolve([{ grantId: 'g1', appId: 'CITIZENS', expiresAt: clock.now() + DAY_MS }]) },
      busConsumers: { list: () => Promise.resolve([]) },
      platformKeys: { list: () => Promise.resolve([own('p1', 10), own('p2', 12), { ...own('p3', 12), state: 'RETIRING' }]) },
    } as unknown as RuleDeps['registry'],
  });
  assert.deepEqual(
    (await ask()).map(({ values }) => values['id']),
    ['g1', 'soon', 'p1', 'p2'],
  );
});

test('a disk that fills, a listener that fails for long, a shared state that is down for long', async () => {
  let isDown = true;
  const world = await openWorld({
    info: {
      machine: () => Promise.resolve({ disk: { freeBytes: 5 * 1_048_576, totalBytes: 100 * 1_048_576 } } as never),
    },
    engine: {
      feeds: () => [],
      takers: () => [],
      processes: {
        ...noProcesses,
        ...noProcesses,
        listeners: async () => [{ flowId: 'flw_a', state: 'failing', since: 0, error: { code: 'LISTEN_IN_USE' } }] as never,
      },
      quota,
    },
    shared: {
      get: () => (isDown ? Promise.reject(new AppError('SHARED_STATE_DOWN', 'transient', 'No.')) : Promise.resolve(undefined)),
    },
  });
  assert.deepEqual(
    (await world.ask()).map(({ rule }) => rule),
    ['listener-failing', 'disk'],
  );
  await world.clock.advance(30_000);
  assert.deepEqual((await world.ask()).at(-1), { rule: 'shared-down', values: { code: 'SHARED_STATE_DOWN' } });
  isDown = false;
  assert.equal((await world.ask()).length, 2);
});

test('a rule that is off is not asked, and one that cannot be asked is named and hides no other', async () => {
  const clock = fakeClock();
  const broken = { read: () => Promise.reject(new AppError('STORE_DOWN', 'transient', 'No.')) };
  const find = createFindProblems({
    clock,
    logger: silentLogger,
    shared: { get: () => Promise.resolve(undefined) },
    counter: await createExecutionCounter(createMemoryDocuments({ clock }), clock),
    queue: broken,
    waiting: { recent: async () => [] },
    engine: { feeds: () => [], takers: () => [], processes: noProcesses, quota },
    registry: {
      keys: { list: () => Promise.resolve([]) },
      grants: { list: () => Promise.resolve([]) },
      busConsumers: { list: () => Promise.resolve([]) },
      ...youngKey,
    } as unknown as RuleDeps['registry'],
    info: { machine: () => Promise.resolve({ disk: { freeBytes: 1, totalBytes: 100 } } as never) },
    flowNames: () => Promise.resolve(new Map()),
    adapterNames: () => Promise.resolve(new Map([['adp_a', { 'zh-CN': '医院甲', en: 'Hospital A' }]])),
  });
  const off = { ...usual, rules: { ...usual.rules, held: { ...usual.rules.held, on: false } } };
  const { problems, unknown } = await find(off);
  assert.deepEqual([...unknown], ['error-ratio', 'refusal-ratio', 'refusal-wave', 'queue-age']);
  assert.deepEqual(
    problems.map(({ rule }) => rule),
    ['disk'],
  );
});

test('a process that is silent for long is missed, until one of its kind that began later lives in its place', async () => {
  const clock = fakeClock();
  const now = clock.now();
  const minutesAgo = (minutes: number) => now - minutes * MINUTE_MS;
  let found = [
    oneProcess('w1', 'worker', 'alive', minutesAgo(100), now),
    oneProcess('w2', 'worker', 'silent', minutesAgo(100), minutesAgo(3)),
    oneProcess('w3', 'worker', 'silent', minutesAgo(100), minutesAgo(4)),
    oneProcess('w4', 'worker', 'silent', minutesAgo(100), minutesAgo(1)),
    oneProcess('w5', 'worker', 'stopped', minutesAgo(100), minutesAgo(9)),
    oneProcess('g1', 'gateway open', 'silent', minutesAgo(100), minutesAgo(30)),
  ];
  const { ask } = await openWorld({
    clock,
    engine: { feeds: () => [], takers: () => [], processes: { ...noProcesses, list: async () => found }, quota },
  });
  const missing = async () => (await ask()).map(({ rule, values }) => [rule, values['role'], values['lastSeenAt']]);
  assert.deepEqual(await missing(), [], 'while the store was away nobody could report');
  await clock.advance(30_000);
  assert.deepEqual(await missing(), [
    ['process-silent', 'gateway open', minutesAgo(30)],
    ['process-silent', 'worker', minutesAgo(4)],
    ['process-silent', 'worker', minutesAgo(3)],
  ]);
  found = [...found, oneProcess('w6', 'worker', 'alive', minutesAgo(3.5), now)];
  assert.deepEqual((await missing()).slice(1), [['process-silent', 'worker', minutesAgo(3)]], 'one has taken the place of one');
  found = [...found, oneProcess('w7', 'worker', 'alive', minutesAgo(2), now)];
  assert.deepEqual((await missing()).slice(1), []);
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(await missing(), [], 'and after every pause');
});

test('a killed process is not missed when another took its place before this control first looked', async () => {
  const clock = fakeClock();
  const minutesAgo = (minutes: number) => clock.now() - minutes * MINUTE_MS;
  const found = [
    oneProcess('w1', 'worker', 'silent', minutesAgo(100), minutesAgo(3), minutesAgo(9)),
    oneProcess('w2', 'worker', 'alive', minutesAgo(8), clock.now()),
  ];
  const { ask } = await openWorld({
    clock,
    engine: { feeds: () => [], takers: () => [], processes: { ...noProcesses, list: async () => found }, quota },
  });
  await ask();
  await clock.advance(30_000);
  assert.deepEqual(await ask(), []);
});

function oneProcess(
  processId: string,
  role: string,
  state: 'alive' | 'silent' | 'stopped',
  startedAt: number,
  lastSeenAt: number,
  beatAt = lastSeenAt,
) {
  return { processId, role, state, startedAt, lastSeenAt, beatAt, host: 'h1', pid: 7 } as never;
}

test('a flow that used up its room for records is named, with how much was kept and of how many less was', async () => {
  const exceeded = [
    { flowId: 'flw_a', keptBytes: 10_737_418_240, reduced: 3 },
    { flowId: 'flw_b', keptBytes: 5, reduced: 0 },
  ];
  const { ask } = await openWorld({
    engine: { feeds: () => [], takers: () => [], processes: noProcesses, quota: { exceeded: () => Promise.resolve(exceeded) } },
  });
  assert.deepEqual(await ask(), [{ rule: 'record-quota', values: { flowId: 'flw_a', count: 3, megabytes: 10_240 } }]);
});

test('the platform’s key keeps when it was made; the age of one from before is counted from now', async () => {
  const clock = fakeClock();
  const documents = createMemoryDocuments({ clock });
  const deps = { documents, clock, seal: plainSeal, crypto: createSoftwareCrypto() };
  const open = async () => (await openPlatformKeyStore(deps)).signer();
  const first = await open();
  await clock.advance(MINUTE_MS);
  assert.deepEqual(await open(), first);
  const keys = await documents.open({ name: 'platform_keys', schema: Type.Object({}), indexes: [] });
  await keys.patchIf('p1', {}, { unset: ['madeAt'] });
  assert.equal((await open()).madeAt, clock.now());
  await clock.advance(MINUTE_MS);
  const again = await open();
  assert.deepEqual([again.madeAt, again.publicPem], [clock.now() - MINUTE_MS, first.publicPem]);
});

test('a broken line of the audit trail is an alarm that names it, until it is accepted', async () => {
  let isAccepted = false;
  const guard: NonNullable<RuleDeps['guard']> = {
    findings: () => [],
    trailProblem: () => undefined,
    headMissingSince: () => undefined,
    breaks: () => [{ number: 7, to: 9, why: 'missing', isAccepted }],
  };
  const { ask } = await openWorld({ guard });
  const [problem] = (await ask()).filter(({ rule }) => rule === 'integrity');
  assert.deepEqual(problem?.values, { count: 0, line: 7, broken: 1 });
  assert.match(ALARM_RULES.integrity.describe(problem.values, undefined).en, /line 7/);
  isAccepted = true;
  assert.deepEqual(
    (await ask()).filter(({ rule }) => rule === 'integrity'),
    [],
  );
});

/** A setup in which these calls are reported for adapters, interfaces and flows; all share one clock. */
async function openCalls(kind: 'adapterCalls' | 'interfaceCalls' | 'flowCalls') {
  const clock = fakeClock();
  const stats = createCallStats(clock);
  const processes = { ...noProcesses, [kind]: async () => sumCalls([stats.counts()]) };
  const { ask, find } = await openWorld({
    clock,
    engine: { feeds: () => [], takers: () => [], processes, quota },
    registry: {
      keys: { list: () => Promise.resolve([]) },
      grants: { list: () => Promise.resolve([]) },
      busConsumers: { list: () => Promise.resolve([]) },
      interfaces: { list: () => Promise.resolve([{ interfaceId: 'ifc_refusing', name: { 'zh-CN': '挂号', en: 'Booking' } }]) },
      ...youngKey,
    } as unknown as RuleDeps['registry'],
  });
  const call = (id: string, outcome: 'ok' | 'refused' | 'failed', times = 1) => {
    for (let count = 0; count < times; count += 1) {
      stats.attempted(id, 10, outcome, 'HTTP_TIMEOUT');
      stats.called(id, 10, outcome, { code: 'GW40103', app: 'A1' });
    }
  };
  return { clock, call, ask, find };
}

test('an adapter is failing after three failures in a row that last two minutes, until it answers', async () => {
  const { clock, call, ask } = await openCalls('adapterCalls');
  const since = clock.now();
  call('adp_a', 'failed', 2);
  call('adp_removed', 'failed', 9);
  await clock.advance(2 * MINUTE_MS);
  assert.deepEqual(await ask(), [], 'twice may be chance, and nobody is called by the other');
  call('adp_a', 'failed');
  assert.deepEqual(await ask(), [{ rule: 'adapter-failing', values: { adapterId: 'adp_a', code: 'HTTP_TIMEOUT', since } }]);
  const patient = { ...usual, rules: { ...usual.rules, 'adapter-failing': { on: true, bound: 10, severity: 'critical' as const } } };
  assert.deepEqual(await ask(patient), []);
  await clock.advance(120 * MINUTE_MS);
  assert.equal((await ask()).length, 1, 'that nobody has called it for hours mends nothing');
  call('adp_a', 'refused');
  assert.deepEqual(await ask(), [], 'it answers again, though with a refusal');
});

test('within five minutes of its start the platform cannot tell that a ratio of failures or refusals is low again', async () => {
  const { clock, find } = await openCalls('interfaceCalls');
  assert.deepEqual([...(await find(usual)).unknown], ['error-ratio', 'refusal-ratio', 'refusal-wave']);
  await clock.advance(5 * MINUTE_MS);
  assert.deepEqual([...(await find(usual)).unknown], []);
});

test('an error ratio takes twenty calls in five minutes, and no refusal adds to it', async () => {
  const flows = await openCalls('flowCalls');
  flows.call('flw_a', 'failed', 4);
  flows.call('flw_a', 'refused', 15);
  assert.deepEqual(await flows.ask(), [], 'nineteen calls say nothing yet');
  flows.call('flw_a', 'ok');
  assert.deepEqual(await flows.ask(), [{ rule: 'error-ratio', values: { what: 'flow', id: 'flw_a', percent: 20, calls: 20 } }]);
  flows.call('flw_a', 'refused', 10);
  assert.deepEqual(await flows.ask(), []);
  const interfaces = await openCalls('interfaceCalls');
  interfaces.call('ifc_a', 'failed', 30);
  assert.deepEqual(await interfaces.ask(), [
    { rule: 'error-ratio', values: { what: 'interface', id: 'ifc_a', percent: 100, calls: 30, code: 'HTTP_TIMEOUT' } },
  ]);
  await interfaces.clock.advance(6 * MINUTE_MS);
  assert.deepEqual(await interfaces.ask(), []);
});

test('an interface that refuses half of twenty calls is told with the code and the app, and its alarm leads to these calls', async () => {
  const { clock, call, ask } = await openCalls('interfaceCalls');
  call('ifc_refusing', 'refused', 12);
  call('ifc_refusing', 'ok', 7);
  call('ifc_removed', 'refused', 30);
  assert.deepEqual(await ask(), [], 'nineteen calls say nothing yet, and nobody asks for an interface that is gone');
  call('ifc_refusing', 'ok');
  const values = { interfaceId: 'ifc_refusing', percent: 60, calls: 20, code: 'GW40103', app: 'A1' };
  assert.deepEqual(await ask(), [{ rule: 'refusal-ratio', values }]);
  assert.equal(ALARM_RULES['refusal-ratio'].link(values), '/calls?interface=ifc_refusing&app=A1&outcome=refused');
  assert.equal(ALARM_RULES['refusal-ratio'].link({ ...values, app: '' }), '/calls?interface=ifc_refusing&outcome=refused');
  call('ifc_refusing', 'ok', 20);
  assert.deepEqual(await ask(), []);
  await clock.advance(6 * MINUTE_MS);
  assert.deepEqual(await ask(), []);
});

test('calls refused before it is known who calls are shown by gateway and reason, with the source of most of them', async () => {
  const stats = createCallStats(fakeClock());
  for (let call = 0; call < 100; call += 1) stats.called('open', 1, 'refused');
  const [all] = stats.counts() as [CallCounts];
  const frontCalls = async (): Promise<readonly FrontCalls[]> => [
    {
      ...{ front: 'open', all, unrouted: 80 },
      unproven: [
        { code: 'GW40401', count: 80, since: 0, from: [{ ip: '10.0.0.1', count: 30 }] },
        { code: 'GW40103', count: 50, since: 0, from: [{ app: 'A1', count: 45 }] },
        { code: 'GW40302', count: 49, since: 0, from: [{ ip: '10.0.0.2', count: 49 }] },
      ],
    },
  ];
  const { ask } = await openWorld({ engine: { feeds: () => [], takers: () => [], processes: { ...noProcesses, frontCalls }, quota } });
  const [scattered, ofApp, ...others] = await ask();
  assert.deepEqual(others, []);
  assert.deepEqual(scattered, { rule: 'refusal-wave', values: { front: 'open', code: 'GW40401', count: 80 } });
  assert.deepEqual(ofApp, { rule: 'refusal-wave', values: { front: 'open', code: 'GW40103', count: 50, of: 45, app: 'A1' } });
  for (let call = 0; call < 39; call += 1) stats.called('bus', 1, 'refused');
  const half = {
    front: 'bus',
    all: stats.counts()[1]!,
    unrouted: 20,
    unproven: [{ code: 'GW40302', count: 20, since: 0, from: [] }],
  } as const;
  const blocked = await openWorld({
    engine: { feeds: () => [], takers: () => [], processes: { ...noProcesses, frontCalls: async () => [half] }, quota },
  });
  assert.deepEqual(
    await blocked.ask(),
    [{ rule: 'refusal-wave', values: { front: 'bus', code: 'GW40302', count: 20 } }],
    'half of all calls',
  );
  const { link, describe, advise } = ALARM_RULES['refusal-wave'];
  assert.equal(link(scattered!.values), '/calls?front=open&code=GW40401');
  assert.equal(link(ofApp!.values), '/calls?front=open&code=GW40103&app=A1');
  assert.equal(link({ front: 'bus', code: 'GW40302', ip: '::1' }), '/calls?front=bus&code=GW40302&ip=%3A%3A1');
  assert.match(
    describe(ofApp!.values, undefined)['zh-CN'],
    /^开放网关最近五分钟拒绝 50 次调用：签名错误（GW40103），其中 45 次自称应用 A1$/,
  );
  assert.notDeepEqual(advise(ofApp!.values), advise(scattered!.values));
});

test('states of gateways are shown once they have lasted, and an empty group of instances at once, until they are over', async () => {
  const clock = fakeClock();
  const since = clock.now();
  const about = { interfaceId: 'ifc_lab', group: 'v1', since };
  let conditions: readonly GatewayCondition[] = [
    { kind: 'breaker-open', ...about, values: { by: 'traffic' } },
    { kind: 'breaker-open', ...about, interfaceId: 'ifc_removed', values: { by: 'traffic' } },
    { kind: 'instances-out', ...about, values: { out: 1, of: 2, address: 'http://a' } },
    { kind: 'instances-out', ...about, group: 'v2', values: { out: 2, of: 2, address: 'http://b' } },
    { kind: 'grey-rolled-back', ...about, group: 'v2', values: {} },
    { kind: 'relation-failing', ...about, group: '', values: { reason: 'timeout' } },
  ];
  const world = await openWorld({
    clock,
    engine: { feeds: () => [], takers: () => [], processes: { ...noProcesses, gatewayConditions: async () => conditions }, quota },
    registry: {
      keys: { list: () => Promise.resolve([]) },
      grants: { list: () => Promise.resolve([]) },
      busConsumers: { list: () => Promise.resolve([]) },
      interfaces: { list: () => Promise.resolve([{ interfaceId: 'ifc_lab', name: { 'zh-CN': '检验报告', en: 'Lab reports' } }]) },
      ...youngKey,
    } as unknown as RuleDeps['registry'],
  });
  const found = async () => (await world.find(usual)).problems.map(({ rule, subject }) => `${rule} ${subject}`);
  assert.deepEqual(await found(), ['instances-out ifc_lab/v2', 'grey-rolled-back ifc_lab/v2']);
  await clock.advance(MINUTE_MS);
  assert.deepEqual(await found(), [
    'breaker-open ifc_lab/v1',
    'instances-out ifc_lab/v2',
    'grey-rolled-back ifc_lab/v2',
    'relation-failing ifc_lab',
  ]);
  await clock.advance(9 * MINUTE_MS);
  assert.equal((await found()).includes('instances-out ifc_lab/v1'), true);
  conditions = [];
  assert.deepEqual(await found(), []);
});

test('every rule says in both languages what happened and what to do, leads to a page, and is in the manual', () => {
  const manual = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  for (const name of ALARM_RULE_NAMES) {
    const { text, bound, describe, advise, link }: AlarmRule = ALARM_RULES[name];
    for (const words of [text.label, text.help, text.unit, describe({}, undefined), advise({})])
      assert.ok(words['zh-CN'] !== undefined && words.en !== undefined, name);
    assert.ok(advise({})['zh-CN'].endsWith('。') && advise({}).en.endsWith('.'), name);
    assert.ok(bound.least <= bound.usual && bound.usual <= bound.most, name);
    assert.match(link({}), /^\//, name);
    assert.ok(manual.includes(`\`${name}\``), name);
  }
});
