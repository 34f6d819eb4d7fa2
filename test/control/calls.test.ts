/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
/** Calls in the access logs of gateways: who may find them, and who may read their bodies. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { CallLine, GatewayLoad, GatewayQuestion, GatewayReply } from '../../gateways/documents/gateway-questions.ts';
import { buildInterface } from '../gateways/support/city-plan.ts';
import { eventually } from '../conformance/eventually.ts';
import { startControl, type Running } from './start-control.ts';

let running: Running;
const UPSTREAM = { kind: 'upstream' as const, instances: ['http://10.0.0.1:80'] };
let asked: GatewayQuestion[] = [];
let held: Promise<void> | undefined;
let repliesOf = (question: GatewayQuestion): { processId: string; reply: GatewayReply }[] => [
  { processId: 'p1', reply: replyTo(question) },
];
const calls = [lineOf(3, 'ifc_of_a'), lineOf(2, 'ifc_of_b'), lineOf(1, undefined)];

function lineOf(at: number, interfaceId: string | undefined): CallLine {
  const about = interfaceId === undefined ? {} : { interfaceId };
  const bytes = { bytesIn: 1, bytesOut: 2, hasBodies: true };
  return { at, ms: 1, front: 'open', traceId: `trace-00${at}`, ip: '10.0.0.1', processId: 'p1', ...bytes, ...about };
}

function loadOf(interfaceId: string): GatewayLoad {
  const readers = { bodyReaders: [], answerReaders: [] };
  return {
    interfaceId,
    front: 'open',
    gateway: 'open',
    inFlight: 2,
    ...readers,
    limits: [{ by: 'app', limit: 5, period: 'day', callers: 3 }],
  };
}

/**
 * One gateway process that finds by trace id and interface, as the real ones do (`gateways/remote`). It opens by trace
 * id and time alone, so that the check of control is seen.
 */
function replyTo(question: GatewayQuestion): GatewayReply {
  switch (question.kind) {
    case 'find-calls':
      return {
        kind: 'find-calls',
        calls: calls.filter(
          ({ traceId, interfaceId }) =>
            (question.query.traceId ?? traceId) === traceId &&
            (question.interfaceIds === undefined || (interfaceId !== undefined && question.interfaceIds.includes(interfaceId))),
        ),
      };
    case 'open-call': {
      const line = calls.find(({ traceId, at }) => traceId === question.call.traceId && at === question.call.at);
      const about = line?.interfaceId === undefined ? {} : { interfaceId: line.interfaceId };
      return { kind: 'open-call', opened: line && { ...about, bodies: { in: '{"name":"***"}' } } };
    }
    case 'explain': {
      const about = question.request.target.endsWith('nothing') ? {} : { interfaceId: 'ifc_of_a' };
      const route = { stage: 'route', policy: 'route', verdict: 'refuses' as const };
      return { kind: 'explain', explanation: { planNumber: 7, ...about, verdicts: 'interfaceId' in about ? [] : [route] } };
    }
    case 'events':
      return { kind: 'events', events: [{ number: 1, at: 5, kind: 'breaker-opened', interfaceId: 'ifc_of_a', front: 'open' }] };
    case 'recent-calls':
      return { kind: 'recent-calls', gateways: [] };
    case 'load':
      return { kind: 'load', loads: [loadOf(question.interfaceId)] };
    case 'drain':
      return { kind: 'drain', gateways: [] };
  }
}

before(async () => {
  running = await startControl({
    askGateways: async (question) => {
      asked.push(question);
      await held;
      return { replies: repliesOf(question), asked: 2 };
    },
  });
  for (const [interfaceId, domain] of [
    ['ifc_of_a', 'hospital-a'],
    ['ifc_of_b', 'hospital-b'],
  ] as const) {
    const document = buildInterface({ interfaceId, domain, revision: 0, path: `/open/v1/${interfaceId}`, target: UPSTREAM });
    assert.equal((await running.admin.call('PUT', `/interfaces/${interfaceId}`, document)).status, 200);
  }
});
after(() => running.stop());

test('who has all domains finds every call, also those that reached no interface', async () => {
  const viewer = await running.person('vera', ['viewer']);
  const { body } = await viewer.call('POST', '/calls/search', { appId: 'A1', limit: 2 });
  assert.deepEqual([body.items.map(({ at }: CallLine) => at), body.gateways, body.asked, body.readTo], [[3, 2], 1, 2, 1]);
  assert.equal((await viewer.call('POST', '/calls/search', { traceId: 'a"b' })).status, 400);
});

test('who has some domains finds the calls of their interfaces, and nothing about others', async () => {
  const operator = await running.person('olga', ['operator'], ['hospital-b']);
  const { body } = await operator.call('POST', '/calls/search', {});
  assert.deepEqual(
    body.items.map(({ at }: CallLine) => at),
    [2],
  );
  const reason = 'A citizen complains.';
  const open = async (named: object) =>
    (await operator.call('POST', '/calls/open', { front: 'open', reason, ...named })).body as { readonly code?: string };
  assert.equal((await open({ traceId: 'trace-003', at: 3, interfaceId: 'ifc_of_a' })).code, 'CALL_NOT_FOUND');
  assert.equal((await open({ traceId: 'trace-003', at: 3, interfaceId: 'ifc_of_b' })).code, 'CALL_NOT_FOUND');
  assert.equal((await open({ traceId: 'trace-001', at: 1 })).code, 'CALL_NOT_FOUND');
  assert.deepEqual(await open({ traceId: 'trace-002', at: 2, interfaceId: 'ifc_of_b' }), { in: '{"name":"***"}' });
  assert.equal((await operator.call('POST', '/calls/open', { traceId: 'trace-002', at: 2, reason })).status, 400, 'names no line');
  assert.deepEqual((await operator.call('GET', '/gateways/events')).body.items, []);
  const request = { method: 'GET', target: '/open/v1/ifc_of_a', headers: {}, clientIp: '10.0.0.1' };
  const explained = await operator.call('POST', '/calls/explain', { front: 'open', request });
  assert.deepEqual([explained.status, explained.body.code], [404, 'CALL_REACHES_NONE']);
});

test('bodies are read with a right and a reason, and the trail says so', async () => {
  const viewer = await running.person('victor', ['viewer']);
  const named = { traceId: 'trace-003', at: 3, front: 'open', interfaceId: 'ifc_of_a' };
  assert.equal((await viewer.call('POST', '/calls/open', { ...named, reason: 'I am curious.' })).status, 403);
  const operator = await running.person('oscar', ['operator']);
  assert.equal((await operator.call('POST', '/calls/open', { ...named, reason: '' })).status, 400);
  asked = [];
  assert.equal((await operator.call('POST', '/calls/open', { ...named, reason: 'Complaint 17 of today' })).status, 200);
  assert.deepEqual(
    asked.map(({ kind }) => kind),
    ['open-call'],
  );
  const auditor = await running.person('anton', ['audit-admin']);
  const { body } = await auditor.call('GET', '/audit?action=calls.open');
  assert.ok(JSON.stringify(body).includes('ifc_of_a trace-003') && JSON.stringify(body).includes('Complaint 17 of today'));
});

test('a record that no gateway can open is said to be damaged, not missing, and no gateway is said to be silent', async (t) => {
  const usual = repliesOf;
  t.after(() => (repliesOf = usual));
  repliesOf = () => [
    { processId: 'p1', reply: { kind: 'open-call', opened: undefined } },
    { processId: 'p2', reply: { kind: 'open-call', opened: 'damaged' } },
  ];
  const operator = await running.person('odilo', ['operator']);
  const named = { traceId: 'trace-003', at: 3, front: 'open', interfaceId: 'ifc_of_a', reason: 'Complaint 17 of today' };
  const { status, body } = await operator.call('POST', '/calls/open', named);
  assert.deepEqual([status, body.code], [422, 'CALL_DAMAGED']);
});

test('the load of an interface and its changes of state are read by who has its domain', async () => {
  const a = await running.person('ada', ['viewer'], ['hospital-a']);
  const { body } = await a.call('GET', '/interfaces/ifc_of_a/load');
  assert.deepEqual([body.gateways, body.loads[0].inFlight, body.loads[0].processId], [1, 2, 'p1']);
  assert.equal((await a.call('GET', '/gateways/events?interfaceId=ifc_of_a')).body.items.length, 1);
  assert.equal((await a.call('GET', '/gateways/events?interfaceId=ifc_of_b')).body.items.length, 0);
  const b = await running.person('ben', ['viewer'], ['hospital-b']);
  assert.equal((await b.call('GET', '/interfaces/ifc_of_a/load')).status, 404);
});

test('an account has two searches at once, and others go on', async (t) => {
  const [viewer, operator] = [await running.person('vincent', ['viewer']), await running.person('osvald', ['operator'])];
  const { promise, resolve } = Promise.withResolvers<void>();
  t.after(() => (held = undefined));
  held = promise;
  asked = [];
  const first = [1, 2].map(() => viewer.call('POST', '/calls/search', { ip: '10.9.9.9' }));
  await eventually(() => Promise.resolve(asked.length === 2));
  const refused = await viewer.call('POST', '/calls/search', { ip: '10.9.9.9' });
  assert.deepEqual([refused.status, refused.body.code], [429, 'CALL_SEARCH_BUSY']);
  const other = operator.call('POST', '/calls/search', {});
  await eventually(() => Promise.resolve(asked.length === 3));
  resolve();
  assert.deepEqual(
    (await Promise.all([...first, other])).map(({ status }) => status),
    [200, 200, 200],
  );
  assert.equal((await viewer.call('POST', '/calls/search', {})).status, 200);
});

test('a search that no gateway heard, or that all were too busy for, is an error and no empty list', async (t) => {
  const viewer = await running.person('valerie', ['viewer']);
  const before = repliesOf;
  t.after(() => (repliesOf = before));
  repliesOf = () => [];
  const silent = await viewer.call('POST', '/calls/search', {});
  assert.deepEqual([silent.status, silent.body.code], [503, 'GATEWAY_SILENT']);
  repliesOf = () => [{ processId: 'p1', reply: { kind: 'busy' } }];
  const busy = await viewer.call('POST', '/calls/search', {});
  assert.deepEqual([busy.status, busy.body.code], [503, 'GATEWAY_BUSY']);
});

test('a request is explained to who has the domain of its interface, without the blocked people, and the trail says so', async () => {
  const request = {
    method: 'GET',
    target: '/open/v1/ifc_of_a',
    headers: {},
    clientIp: '10.0.0.1',
    appId: 'A1',
    user: { sub: 'citizen-7' },
  };
  const explain = async (who: Awaited<ReturnType<Running['person']>>, target = request.target) => {
    asked = [];
    const { status, body } = await who.call('POST', '/calls/explain', { front: 'user', request: { ...request, target } });
    const [question] = asked;
    return { status, body, hidden: question?.kind === 'explain' ? question.hidden : undefined };
  };
  const own = await explain(await running.person('alma', ['viewer'], ['hospital-a']));
  assert.deepEqual([own.status, own.body.interfaceId, own.hidden], [200, 'ifc_of_a', ['blocked-caller']]);
  const stranger = await running.person('boris', ['viewer'], ['hospital-b']);
  const [foreign, nothing] = [await explain(stranger), await explain(stranger, '/open/v1/nothing')];
  assert.deepEqual([foreign.status, foreign.body.code], [404, 'CALL_REACHES_NONE']);
  assert.deepEqual([nothing.body.code, nothing.body.message], [foreign.body.code, foreign.body.message], 'they look alike');
  const all = await explain(await running.person('alba', ['operator']), '/open/v1/nothing');
  assert.deepEqual([all.status, all.hidden], [200, []]);
  const auditor = await running.person('agnes', ['audit-admin']);
  const trail = JSON.stringify((await auditor.call('GET', '/audit?action=calls.explain')).body);
  assert.ok(trail.includes('alma') && trail.includes('boris') && trail.includes('ifc_of_a') && trail.includes('"appId":"A1"'));
  assert.ok(!trail.includes('citizen-7'));
});
