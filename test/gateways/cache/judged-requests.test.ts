/** A cache behind rules of object access: what a rule judged or filled in for one user never answers another. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { cachedInterface, createCallers, startFront, startService, textOf } from './cache-lab.ts';

type Rule = Readonly<Record<string, unknown>>;

/** A service that answers with what it got, and calls of two users with ids of the same length. */
async function openLab(t: TestContext, method: 'GET' | 'POST', cache: Rule, rule: Rule) {
  const service = await startService(t);
  service.behave = (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => response.end(JSON.stringify([request.url, request.headers['x-patient-id'] ?? null, body])));
  };
  const rules = [{ subject: 'token.sub', op: 'eq', absent: 'inject', ...rule }];
  const document = cachedInterface(service, 'user', cache, { method, policies: { cache, 'object-access': { rules } } });
  const callers = await createCallers([document]);
  const gateway = await startFront(t, 'user', callers.plan);
  return {
    service,
    call: (who: string, { query = '', headers = {}, body }: { query?: string; headers?: Record<string, string>; body?: string } = {}) =>
      callers.user(gateway, who, `/user/v1/beds/1${query}`, headers, body),
  };
}

test('an id that was filled in with as many bytes as were there', async (t) => {
  const { call } = await openLab(t, 'POST', { scope: 'app', params: ['body:/page'] }, { locator: 'json:$.pid' });
  for (const who of ['1234', '5678']) {
    const answer = await call(who, { body: '{"page":1,"pid":null}' });
    assert.equal(JSON.parse(textOf(answer))[2], `{"page":1,"pid":"${who}"}`);
  }
});

test('an id of the own user in a part of the body that is not selected', async (t) => {
  const { call, service } = await openLab(t, 'POST', { scope: 'app', params: ['body:/page'] }, { locator: 'json:$.pid' });
  for (const who of ['1234', '5678', '1234']) {
    const body = `{"page":1,"pid":"${who}"}`;
    assert.equal(JSON.parse(textOf(await call(who, { body })))[2], body);
  }
  assert.equal(service.seen.length, 2, 'the same request is still answered from the cache');
});

test('an id of the own user in a query parameter that is not selected', async (t) => {
  const { call } = await openLab(t, 'GET', { scope: 'app', params: ['query:page'] }, { locator: 'query:pid' });
  for (const who of ['1234', '5678'])
    assert.match(JSON.parse(textOf(await call(who, { query: `?page=1&pid=${who}` })))[0], new RegExp(`pid=${who}`));
});

for (const scope of ['app', 'user'])
  test(`a header that a rule reads reaches the service (scope ${scope})`, async (t) => {
    const { call } = await openLab(t, 'GET', { scope, params: ['query:page'] }, { locator: 'header:x-patient-id' });
    const ways = [
      {},
      { 'x-patient-id': 'own' },
      { 'x-patient-id': 'own', connection: 'keep-alive, x-patient-id' },
      { 'x-patient-id': '9999', connection: 'keep-alive, x-patient-id' },
    ];
    for (const [page, way] of ways.entries())
      for (const who of ['1234', '5678']) {
        const headers = Object.fromEntries(Object.entries(way).map(([name, value]) => [name, value === 'own' ? who : value!]));
        assert.equal(JSON.parse(textOf(await call(who, { query: `?page=${page}`, headers })))[1], who, JSON.stringify(headers));
      }
  });
