import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { Front } from '../../../../engine/contract/access/access.ts';
import { fakeClock, type FakeClock } from '../../../../engine/testing/fake-clock.ts';
import { systemClock } from '../../../../engine/host/system-clock.ts';
import type { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import { createInterfaceCheck, createSavingCheck } from '../../../../gateways/pipeline/check-interface.ts';
import { loadPolicies } from '../../../../gateways/pipeline/load-policies.ts';
import { createSchemaTrial } from '../../../../gateways/shared/create-schema-trial.ts';
import { cachedInterface, createCallers, startFront, startService, textOf } from '../../cache/cache-lab.ts';
import { callGateway, type TestGateway } from '../../support/start-gateway.ts';

async function startLab(
  t: TestContext,
  cache: Record<string, unknown>,
  { front = 'bus', clock, fields }: { front?: Front; clock?: FakeClock; fields?: Partial<InterfaceDocument> } = {},
) {
  const service = await startService(t);
  const document = cachedInterface(service, front, cache, fields);
  const callers = await createCallers([document], clock);
  const gateway = await startFront(t, front, callers.plan, clock === undefined ? {} : { clock });
  return { service, document, callers, gateway };
}

/** Waits for effects of calls in the background, without time. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test('equal requests get the first answer, with its age and what the cache did', async (t) => {
  const clock = fakeClock();
  const { service, callers, gateway } = await startLab(t, { ttlSec: 60 }, { clock });
  service.behave = (_request, response, count) => void response.setHeader('x-own', 'kept').end(`answer ${count}`);
  const first = await callers.bus(gateway, 'one', '/bus/v1/beds/7?ward=a');
  assert.equal(textOf(first), 'answer 1');
  assert.match(first.headers['cache-status']!, /^kangqiao; fwd=miss; stored; key="[\w-]{43}"$/);
  await clock.advance(5000);
  const second = await callers.bus(gateway, 'one', '/bus/v1/beds/7?ward=a');
  assert.equal(textOf(second), 'answer 1');
  assert.equal(second.headers['x-own'], 'kept');
  assert.equal(second.headers['age'], '5');
  assert.match(second.headers['cache-status']!, /^kangqiao; hit; ttl=(?:4[89]|5\d|6[01]); key="/);
  await clock.advance(67_000);
  assert.equal(textOf(await callers.bus(gateway, 'one', '/bus/v1/beds/7?ward=a')), 'answer 2');
  assert.equal(service.seen.length, 2);
});

test('while a person has paused the calls, no cached answer is served, also none that is stale', async (t) => {
  const clock = fakeClock();
  const { callers, document, gateway, service } = await startLab(t, { ttlSec: 60, staleSec: 600 }, { clock });
  const call = () => callers.bus(gateway, 'one', '/bus/v1/beds/7');
  assert.equal(textOf(await call()), 'answer 1');
  const pause = { interfaceId: document.interfaceId, state: 'open' as const, until: clock.now() + 120_000 };
  gateway.feed.publish({ ...callers.plan, number: callers.plan.number + 1, manualStates: [pause] });
  assert.equal((await call()).code, 'GW50306');
  await clock.advance(70_000);
  assert.equal((await call()).code, 'GW50306');
  assert.equal(service.seen.length, 1);
  gateway.feed.publish({ ...callers.plan, number: callers.plan.number + 2, manualStates: [] });
  assert.equal(textOf(await call()), 'answer 1');
});

test('another path, query or app is another answer; the same app gets it over another connection', async (t) => {
  const { callers, gateway, service } = await startLab(t, {});
  const texts = [];
  for (const [who, target] of [
    ['one', '/bus/v1/beds/7'],
    ['one', '/bus/v1/beds/8'],
    ['one', '/bus/v1/beds/7?a=1'],
    ['two', '/bus/v1/beds/7'],
    ['one', '/bus/v1/beds/7'],
  ] as const)
    texts.push(textOf(await callers.bus(gateway, who, target)));
  assert.deepEqual(texts, ['answer 1', 'answer 2', 'answer 3', 'answer 4', 'answer 1']);
  assert.equal(service.seen.length, 4);
});

test('a warm cache does not answer an unsigned request, another app, or a replay, and signs what it answers', async (t) => {
  const { callers, gateway, service } = await startLab(t, { scope: 'app' }, { front: 'open' });
  const [one, two] = callers.apps;
  const warm = await callers.open(gateway, one!, '/open/v1/beds/7');
  assert.equal(textOf(warm), 'answer 1');
  const hit = await callers.open(gateway, one!, '/open/v1/beds/7');
  assert.equal(textOf(hit), 'answer 1');
  assert.match(hit.headers['cache-status']!, /; hit;/);
  assert.ok(hit.headers['x-kq-signature']);
  assert.notEqual(hit.headers['x-kq-signature'], warm.headers['x-kq-signature']);
  const unsigned = await callGateway(gateway.gateway, { target: '/open/v1/beds/7' });
  assert.equal(unsigned.code, 'GW40101');
  assert.equal(textOf(await callers.open(gateway, two!, '/open/v1/beds/7')), 'answer 2');
  assert.equal(service.seen.length, 2);
});

test('two users never share an answer, and the target sees only an identity within the scope', async (t) => {
  const { callers, gateway, service } = await startLab(t, {}, { front: 'user', fields: { dataClass: 'sensitive' } });
  service.behave = (request, response) => void response.end(String(request.headers['x-kq-user']));
  for (const who of ['li', 'wang', 'li']) assert.equal(textOf(await callers.user(gateway, who, '/user/v1/beds/7')), who);
  assert.equal(service.seen.length, 2);

  const shared = await startLab(t, { scope: 'public' }, { front: 'user' });
  for (const who of ['li', 'wang']) assert.equal(textOf(await shared.callers.user(shared.gateway, who, '/user/v1/beds/7')), 'answer 1');
  const { headers } = shared.service.seen[0]!;
  assert.deepEqual([headers['x-kq-user'], headers['x-kq-appid']], [undefined, undefined]);
});

test('what does not belong to the key does not reach the target, so it cannot poison the cache', async (t) => {
  const { callers, gateway, service } = await startLab(t, { params: ['query:page', 'header:accept-language'] });
  const first = { headers: { 'accept-language': 'en', 'x-evil': '1', 'accept-encoding': 'gzip', 'user-agent': 'x' } };
  await callers.bus(gateway, 'one', '/bus/v1/beds/7?evil=1&page=2&size=0', first);
  const { headers, url } = service.seen[0]!;
  assert.equal(url, '/bus/v1/beds/7?page=2');
  assert.deepEqual(
    ['accept-language', 'x-evil', 'accept-encoding', 'user-agent', 'x-kq-appid'].map((name) => headers[name]),
    ['en', undefined, undefined, undefined, 'one'],
  );
  const same = { headers: { 'accept-language': 'en' } };
  assert.equal(textOf(await callers.bus(gateway, 'one', '/bus/v1/beds/7?page=2', same)), 'answer 1');
  assert.equal(textOf(await callers.bus(gateway, 'one', '/bus/v1/beds/7?page=3', same)), 'answer 2');
  assert.equal(textOf(await callers.bus(gateway, 'one', '/bus/v1/beds/7?page=2')), 'answer 3');
  // Two readers could take different values, so this request has no key.
  const twice = await callers.bus(gateway, 'one', '/bus/v1/beds/7?page=2&page=3', same);
  assert.equal(twice.headers['cache-status'], undefined);
});

for (const [what, headers, status] of [
  ['a cookie', { 'set-cookie': 'a=b' }, 200],
  ['Cache-Control: private', { 'cache-control': 'max-age=60, private' }, 200],
  ['Cache-Control: no-store', { 'cache-control': 'no-store' }, 200],
  ['Vary: *', { vary: '*' }, 200],
  ['a Vary that names a header outside the key', { vary: 'accept-encoding, origin' }, 200],
  ['max-age=0', { 'cache-control': 'max-age=0' }, 200],
  ['status 404', {}, 404],
  ['status 500', {}, 500],
  ['status 201', {}, 201],
] as const)
  test(`an answer with ${what} is not stored`, async (t) => {
    const { callers, gateway, service } = await startLab(t, { scope: 'public' });
    service.behave = (_request, response, count) => void response.writeHead(status, headers).end(`answer ${count}`);
    for (const count of [1, 2]) {
      const answer = await callers.bus(gateway, 'one', '/bus/v1/beds/7');
      assert.deepEqual([answer.status, textOf(answer)], [status, `answer ${count}`]);
      assert.match(answer.headers['cache-status']!, /^kangqiao; fwd=miss; key=/);
    }
  });

test('an answer over one megabyte passes through and is not stored', async (t) => {
  const { callers, gateway, service } = await startLab(t, {});
  service.behave = (_request, response, count) => void response.end(Buffer.alloc(1024 * 1024 + (count === 1 ? 1 : 0), 'a'));
  assert.equal((await callers.bus(gateway, 'one', '/bus/v1/beds/7')).body.length, 1024 * 1024 + 1);
  assert.equal((await callers.bus(gateway, 'one', '/bus/v1/beds/7')).body.length, 1024 * 1024);
  assert.match((await callers.bus(gateway, 'one', '/bus/v1/beds/7')).headers['cache-status']!, /; hit;/);
  assert.equal(service.seen.length, 2);
});

test('1,000 simultaneous misses make one call, and all get its answer', async (t) => {
  const service = await startService(t);
  const callers = await createCallers([cachedInterface(service, 'bus', { scope: 'public' })]);
  const limits = { maxConnectionsPerIp: 2000, maxConnections: 2000 };
  const gateway = await startFront(t, 'bus', callers.plan, { settings: { limits } });
  let waiting = () => {};
  service.behave = (_request, response) => void (waiting = () => response.end('once'));
  const all = Array.from({ length: 1000 }, () => callers.bus(gateway, 'one', '/bus/v1/beds/7'));
  await until(() => gateway.gateway.stats().inFlight === 1000 && service.seen.length > 0);
  waiting();
  const answers = await Promise.all(all);
  assert.ok(answers.every((answer) => answer.status === 200 && textOf(answer) === 'once'));
  assert.equal(service.seen.length, 1);
  const statuses = answers.map((answer) => answer.headers['cache-status']!);
  assert.equal(statuses.filter((status) => status.includes('; collapsed')).length, 999);
});

test('when a flight fails, those who waited make one more, and not one each', async (t) => {
  const { callers, gateway, service } = await startLab(t, {});
  const open: (() => void)[] = [];
  service.behave = (_request, response, count) => void open.push(() => response.writeHead(count === 1 ? 500 : 200).end(`answer ${count}`));
  const all = Array.from({ length: 50 }, () => callers.bus(gateway, 'one', '/bus/v1/beds/7'));
  await until(() => gateway.gateway.stats().inFlight === 50 && open.length === 1);
  open[0]!();
  await until(() => open.length > 1);
  open[1]!();
  const answers = await Promise.all(all);
  assert.deepEqual(answers.map(({ status }) => status).sort(), [...Array.from({ length: 49 }, () => 200), 500]);
  assert.equal(service.seen.length, 2);
});

test('answers that belong to one caller alone are never given to those who waited', async (t) => {
  const { callers, gateway, service } = await startLab(t, { scope: 'public' });
  service.behave = (_request, response, count) => void response.setHeader('set-cookie', `s=${count}`).end(`answer ${count}`);
  const answers = await Promise.all(Array.from({ length: 20 }, () => callers.bus(gateway, 'one', '/bus/v1/beds/7')));
  assert.equal(new Set(answers.map(textOf)).size, 20);
});

test('a caller who leaves does not take the answer from the others; when all have left, the call ends', async (t) => {
  const { callers, gateway, service } = await startLab(t, {});
  let respond = () => {};
  let hasEnded = false;
  service.behave = (_request, response) => {
    respond = () => response.end('late');
    response.on('close', () => (hasEnded = true));
  };
  const leave = async () => {
    const controller = new AbortController();
    const left = fetch(`http://127.0.0.1:${gateway.gateway.port}/bus/v1/beds/7`, {
      headers: { authorization: 'Bearer one' },
      signal: controller.signal,
    });
    const calls = service.seen.length;
    await until(() => gateway.gateway.stats().inFlight > 0 && (service.seen.length > calls || calls > 0));
    return { controller, left };
  };
  const first = await leave();
  await until(() => service.seen.length === 1);
  const second = callers.bus(gateway, 'one', '/bus/v1/beds/7');
  await until(() => gateway.gateway.stats().inFlight === 2);
  first.controller.abort();
  await assert.rejects(first.left);
  await until(() => gateway.gateway.stats().inFlight === 1);
  respond();
  assert.equal(textOf(await second), 'late');
  assert.equal(service.seen.length, 1);

  const alone = new AbortController();
  const request = fetch(`http://127.0.0.1:${gateway.gateway.port}/bus/v1/beds/8`, {
    headers: { authorization: 'Bearer one' },
    signal: alone.signal,
  });
  await until(() => service.seen.length === 2);
  hasEnded = false;
  alone.abort();
  await assert.rejects(request);
  await until(() => hasEnded);
});

test('a stale answer is used while one call renews it, and also while the target fails', async (t) => {
  const clock = fakeClock();
  const { callers, gateway, service } = await startLab(t, { ttlSec: 10, staleSec: 60 }, { clock });
  const call = () => callers.bus(gateway, 'one', '/bus/v1/beds/7');
  assert.equal(textOf(await call()), 'answer 1');
  await clock.advance(12_000);
  const open: (() => void)[] = [];
  service.behave = (_request, response, count) => void open.push(() => response.writeHead(count === 2 ? 503 : 200).end(`answer ${count}`));
  const stale = await Promise.all(Array.from({ length: 20 }, call));
  assert.ok(stale.every((answer) => textOf(answer) === 'answer 1' && /; hit; ttl=-\d+;/.test(answer.headers['cache-status']!)));
  await until(() => open.length === 1);
  assert.equal(service.seen.length, 2);
  open[0]!();
  await clock.advance(10);
  // The target is asked again after a second, not with each request.
  assert.equal(textOf(await call()), 'answer 1');
  assert.equal(service.seen.length, 2);
  await clock.advance(1100);
  assert.equal(textOf(await call()), 'answer 1');
  await until(() => open.length === 2);
  open[1]!();
  let renewed = await call();
  while (textOf(renewed) === 'answer 1') renewed = await call();
  assert.equal(textOf(renewed), 'answer 3');
  assert.match(renewed.headers['cache-status']!, /; hit; ttl=(?:8|9|10);/);
  await clock.advance(75_000);
  service.behave = (_request, response, count) => void response.end(`answer ${count}`);
  assert.equal(textOf(await call()), 'answer 4', 'too old to be used');
});

test('saving the interface ends its cached answers', async (t) => {
  const { callers, gateway, document } = await startLab(t, {});
  assert.equal(textOf(await callers.bus(gateway, 'one', '/bus/v1/beds/7')), 'answer 1');
  gateway.feed.publish({ ...callers.plan, number: 2 });
  await until(() => gateway.gateway.applied() === 2);
  assert.equal(textOf(await callers.bus(gateway, 'one', '/bus/v1/beds/7')), 'answer 1');
  gateway.feed.publish({ ...callers.plan, number: 3, interfaces: [{ ...document, revision: 2 }] });
  await until(() => gateway.gateway.applied() === 3);
  assert.equal(textOf(await callers.bus(gateway, 'one', '/bus/v1/beds/7')), 'answer 2');
});

test('a POST that reads is cached by parts of its body', async (t) => {
  const fields = { method: 'POST' as const };
  const { callers, gateway, service } = await startLab(t, { params: ['body:/patient/id'] }, { fields });
  const post = (body: string) =>
    callers.bus(gateway, 'one', '/bus/v1/beds/7', { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const texts = [];
  for (const body of [
    '{"patient":{"id":"1"}}',
    '{"patient":{"id":1}}',
    '{"patient":{}}',
    '{"x":5,"patient":{"id":"1"}}',
    '{"patient":{"id":"2"}}',
  ])
    texts.push(textOf(await post(body)));
  assert.deepEqual(texts, ['answer 1', 'answer 2', 'answer 3', 'answer 1', 'answer 4']);
  // As doubles both numbers are the same.
  for (const body of ['{"patient":{"id":110101199003070011}}', '{"patient":{"id":110101199003070012}}', '{"patient":{"id":"1"'])
    assert.equal((await post(body)).headers['cache-status'], undefined);
  assert.equal(service.seen.length, 7);
});

test('a flow is called once and sees the selected parameters', async (t) => {
  const target = { kind: 'flow' as const, flowId: 'flw_beds' };
  const { callers, gateway } = await startLab(t, { params: ['query:page'] }, { fields: { target } });
  for (let i = 0; i < 3; i++) {
    const answer = await callers.bus(gateway, 'one', `/bus/v1/beds/7?page=1&i=${i}`);
    assert.deepEqual(JSON.parse(textOf(answer)), { body: null, query: { page: '1' }, params: { id: '7' } });
  }
  assert.equal(gateway.calls.length, 1);
});

test('the access log and the counts of the interface say what the cache did', async (t) => {
  const { callers, gateway } = await startLab(t, {});
  for (let i = 0; i < 3; i++) await callers.bus(gateway, 'one', '/bus/v1/beds/7');
  await until(() => gateway.gateway.stats().inFlight === 0);
  const [counts] = gateway.gateway.calls();
  assert.deepEqual(counts?.cache, { hits: 2, misses: 1 });
});

test('options that would mix answers are refused when the interface is saved, and switch the cache off in a plan', async (t) => {
  const policies = await loadPolicies();
  const check = createSavingCheck(createInterfaceCheck(policies), policies, createSchemaTrial(systemClock), systemClock);
  const service = await startService(t);
  const problems = async (front: Front, cache: Record<string, unknown>, fields: Partial<InterfaceDocument> = {}) =>
    (await check(cachedInterface(service, front, cache, fields), 'ann')).map(({ path, values }) => [path, values?.['problem']]);
  assert.deepEqual(await problems('bus', {}), []);
  assert.deepEqual(await problems('user', { level: 'L1L2' }, { dataClass: 'sensitive' }), []);
  assert.deepEqual(await problems('bus', { level: 'none' }, { method: 'PUT' }), []);
  for (const [found, front, cache, fields] of [
    [['', 'cache-method'], 'bus', {}, { method: 'DELETE' }],
    [['/params', 'cache-post'], 'bus', {}, { method: 'POST' }],
    [['/scope', 'cache-user'], 'open', { scope: 'user' }, {}],
    [['/scope', 'cache-sensitive'], 'open', {}, { dataClass: 'sensitive' }],
    [['/scope', 'cache-sensitive'], 'user', { scope: 'public' }, { dataClass: 'sensitive' }],
    [['/params/0', 'cache-header'], 'bus', { params: ['header:Authorization'] }, {}],
    [['/params/1', 'cache-path'], 'bus', { params: ['path:id', 'path:no'] }, {}],
    [['/params/0', 'cache-body'], 'bus', { params: ['body:'] }, {}],
  ] as const)
    assert.deepEqual(await problems(front, cache, fields), [[`/policies/cache${found[0]}`, found[1]]]);

  const unsafe = await startLab(t, {}, { front: 'open', fields: { dataClass: 'sensitive' } });
  for (const count of [1, 2])
    assert.equal(textOf(await unsafe.callers.open(unsafe.gateway, unsafe.callers.apps[0]!, '/open/v1/beds/7')), `answer ${count}`);
});

test('the memory stays within its limit; what was not used for longest goes first', async (t) => {
  const service = await startService(t);
  const callers = await createCallers([cachedInterface(service, 'bus', {})]);
  const gateway: TestGateway = await startFront(t, 'bus', callers.plan, { settings: { limits: { cacheBytes: 250_000 } } });
  service.behave = (_request, response, count) => void response.end(String(count).padEnd(100_000));
  const call = async (id: number) => textOf(await callers.bus(gateway, 'one', `/bus/v1/beds/${id}`)).trim();
  assert.deepEqual(
    [await call(1), await call(2), await call(1), await call(3), await call(1), await call(2)],
    ['1', '2', '1', '3', '1', '4'],
  );
});
