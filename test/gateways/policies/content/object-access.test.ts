import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import type { Exchange, Relations } from '../../../../gateways/contract.ts';
import type { GatewayPlan } from '../../../../gateways/documents/gateway-plan.ts';
import type { InterfaceDocument } from '../../../../gateways/documents/interface-document.ts';
import type { ObjectRule, ObjectRuleSet } from '../../../../gateways/documents/object-rules.ts';
import policy from '../../../../gateways/policies/content/object-access.policy.ts';
import { blocksOf } from '../../../support/document-blocks.ts';
import { startObjectLab } from '../../objects/object-lab.ts';
import { buildInterface } from '../../support/city-plan.ts';
import { runPolicy, type PolicyCase } from '../../support/run-policy.ts';
import { callGateway } from '../../support/start-gateway.ts';

const byPath: ObjectRule = { locator: 'path:id', subject: 'token.uid', op: 'eq' };
const byQuery: ObjectRule = { locator: 'query:id', subject: 'token.uid', op: 'eq' };
const kin: ObjectRule = { locator: 'path:id', subject: 'token.uid', op: 'memberOf', provider: 'ifc_kin', relation: 'family' };

function run(options: Record<string, unknown>, exchange: Partial<Exchange>, more: Partial<PolicyCase> = {}) {
  return runPolicy(policy, {
    options,
    front: 'user',
    interface: { path: '/user/patients/:id', method: 'GET' },
    exchange: { user: { iss: 'city', sub: 's-1', uid: 'u1' }, ...exchange },
    ...more,
  });
}

function ruleSet(fields: Partial<ObjectRuleSet>): ObjectRuleSet {
  return {
    ruleSetId: 'ors_a',
    revision: 1,
    name: { 'zh-CN': '患者', en: 'Patient' },
    domain: 'city',
    match: 'all',
    rules: [byPath],
    ...fields,
  };
}

test('lets own objects through and refuses others with one text that does not reveal whether they exist', async () => {
  const options = { rules: [byPath] };
  assert.equal((await run(options, { params: { id: 'u1' } })).error, undefined);
  const { error, exchange } = await run(options, { params: { id: 'u2' } });
  assert.deepEqual([error?.code, error?.status], ['GW40304', 403]);
  assert.match(error!.message, /does not exist, or you may not/);
  assert.deepEqual(exchange.notes, [{ policy: 'object-access', what: 'foreign', where: 'path:id' }]);
});

test('refuses a caller whose token lacks the claim, has it empty, or has a list where one value is expected', async () => {
  for (const uid of [undefined, '', null, ['u1'], { id: 'u1' }, 1.5])
    assert.equal((await run({ rules: [byPath] }, { params: { id: 'u1' }, user: { sub: 's', uid } })).error?.code, 'GW40304');
});

test('compares with fields of the app', async () => {
  const rules = [{ locator: 'header:x-org', subject: 'app.orgId', op: 'eq' }];
  const app = { appId: 'A', revision: 1, name: { 'zh-CN': '', en: '' }, caller: '', state: 'active', windowSec: 300, domain: 'c' } as const;
  const headers = { 'x-org': '3101' };
  assert.equal((await run({ rules }, { headers, app: { ...app, orgId: '3101' } })).error, undefined);
  assert.equal((await run({ rules }, { headers, app: { ...app, orgId: '3102' } })).error?.code, 'GW40304');
  assert.equal((await run({ rules }, { headers, app })).error?.code, 'GW40304');
});

test('a set with “or” needs one rule; one that is absent and let pass counts only if nothing else is there', async () => {
  const either = { match: 'any', rules: [byPath, { ...byQuery, absent: 'allow' }] };
  assert.equal((await run(either, { params: { id: 'u2' }, rawQuery: 'id=u1' })).error, undefined);
  assert.equal((await run(either, { params: { id: 'u1' }, rawQuery: 'id=u2' })).error, undefined);
  assert.equal((await run(either, { params: { id: 'u2' }, rawQuery: '' })).error?.code, 'GW40304');
  const optional = {
    match: 'any',
    rules: [
      { ...byPath, absent: 'allow' },
      { ...byQuery, absent: 'allow' },
    ],
  };
  assert.equal((await run(optional, {})).error, undefined);
  assert.equal((await run(either, { params: { id: 'u1' }, rawQuery: 'id=u1&ID=u2' })).error?.code, 'GW40001');
});

test('named sets and own rules must hold together, and a set that the plan lacks refuses', async () => {
  const plan = {
    objectRuleSets: [ruleSet({}), ruleSet({ ruleSetId: 'ors_b', match: 'any', rules: [byQuery, { ...byQuery, locator: 'query:pid' }] })],
  };
  const options = { ruleSets: ['ors_a', 'ors_b'] };
  assert.equal((await run(options, { params: { id: 'u1' }, rawQuery: 'id=u2&pid=u1' }, { plan })).error, undefined);
  assert.equal((await run(options, { params: { id: 'u2' }, rawQuery: 'id=u2&pid=u1' }, { plan })).error?.code, 'GW40304');
  assert.equal((await run(options, { params: { id: 'u1' }, rawQuery: 'id=u2' }, { plan })).error?.code, 'GW40304');
  const { error, exchange } = await run({ ruleSets: ['ors_gone'] }, { params: { id: 'u1' } }, { plan });
  assert.equal(error?.code, 'GW40304');
  assert.equal(exchange.notes[0]?.what, 'rule-set-missing');
});

test('asks for a relation only if the verdict depends on it, and refuses when there is no reply', async () => {
  const asked: string[] = [];
  const relations: Relations = {
    related: async (_exchange, provider, relation, subject) => {
      asked.push(`${provider} ${relation} ${subject}`);
      return subject === 'u9' ? undefined : new Set(['child']);
    },
  };
  const options = { match: 'any', rules: [byPath, kin] };
  assert.equal((await run(options, { params: { id: 'u1' } }, { relations })).error, undefined);
  assert.deepEqual(asked, []);
  assert.equal((await run(options, { params: { id: 'child' } }, { relations })).error, undefined);
  assert.equal((await run(options, { params: { id: 'other' } }, { relations })).error?.code, 'GW40304');
  assert.deepEqual(asked, ['ifc_kin family u1', 'ifc_kin family u1']);
  const failed = await run(options, { params: { id: 'child' }, user: { uid: 'u9' } }, { relations });
  assert.deepEqual([failed.error?.code, failed.exchange.notes[0]?.what], ['GW40304', 'relation-failed']);
  assert.equal(
    (await run({ rules: [kin, byQuery] }, { params: { id: 'child' }, rawQuery: 'id=u2' }, { relations })).error?.code,
    'GW40304',
  );
  assert.equal(asked.length, 3);
});

test('shadow mode records what would be refused, and neither refuses nor fills in', async () => {
  const rules = [byPath, { ...byQuery, absent: 'inject' }];
  const foreign = await run({ rules, shadow: true }, { params: { id: 'u2' } });
  assert.deepEqual([foreign.error, foreign.exchange.notes[0]?.what], [undefined, 'foreign']);
  const absent = await run({ rules, shadow: true }, { params: { id: 'u1' } });
  assert.equal(absent.exchange.rawQuery, '');
  const twice = await run({ rules, shadow: true }, { params: { id: 'u1' }, rawQuery: 'id=u1&id=u2' });
  assert.deepEqual([twice.error, twice.exchange.notes[0]?.what], [undefined, 'ambiguous']);
});

test('fills several values into one body, and keeps everything else as it was', async () => {
  const rules = [
    { locator: 'json:$.patient.id', subject: 'token.uid', op: 'eq', absent: 'inject' },
    { locator: 'json:$.patient.org', subject: 'token.org', op: 'eq', absent: 'inject' },
    { locator: 'json:$.items[*].n', subject: 'token.no', op: 'eq', absent: 'inject' },
  ];
  const sent = '{"big":1.0, "items":[{},{"n":null},{"n":7}],"patient":{}}';
  const { error, exchange } = await run(
    { rules },
    { body: Buffer.from(sent), headers: { 'content-type': 'application/json' }, user: { uid: 'u1', org: 'o"1', no: 7 } },
    { interface: { path: '/user/p', method: 'POST', target: { kind: 'upstream', instances: ['http://127.0.0.1:1'] } } },
  );
  assert.equal(error, undefined);
  assert.equal(
    Buffer.from(exchange.body!).toString(),
    '{"big":1.0, "items":[{"n":7},{"n":7},{"n":7}],"patient":{"org":"o\\"1","id":"u1"}}',
  );
});

test('refuses where a value cannot be filled in', async () => {
  const json = { locator: 'json:$.items[0].id', subject: 'token.uid', op: 'eq', absent: 'inject' };
  const headers = { 'content-type': 'application/json' };
  for (const exchange of [{}, { body: Buffer.from('{"items":[]}'), headers }, { body: Buffer.from('{}'), headers }])
    assert.equal((await run({ rules: [json] }, exchange)).error?.code, 'GW40304');
});

test('the guard refuses a user who names too many different objects, and reports it once', async () => {
  const options = { rules: [{ ...byPath, op: 'prefix', subject: 'token.area' }], enumeration: { objects: 3, windowSec: 60 } };
  const document = buildInterface({
    front: 'user',
    method: 'GET',
    path: '/user/p/:id',
    target: { kind: 'upstream', instances: ['http://127.0.0.1:1'] },
  });
  const lab = await startObjectLab(
    (service) => [
      { ...document, target: { kind: 'upstream', instances: [service] }, policies: { 'object-access': options } } as InterfaceDocument,
    ],
    { claims: { area: '31' } },
  );
  try {
    const other = await lab.tokenFor({ area: '31', sub: 'citizen-2' });
    const call = async (id: string, token = lab.token) =>
      (await callGateway(lab.gateway, { target: `/user/p/${id}`, headers: { authorization: `Bearer ${token}` } })).status;
    const statuses = [];
    for (const id of ['311', '312', '311', '313', '314', '315', '311']) statuses.push(await call(id));
    assert.deepEqual(statuses, [200, 200, 200, 200, 403, 403, 403]);
    assert.equal(await call('311', other), 200);
    assert.deepEqual(
      lab.gateway.events().map(({ kind, interfaceId }) => [kind, interfaceId]),
      [['object-enumeration', document.interfaceId]],
    );
  } finally {
    await lab.close();
  }
});

test('a flow sees exactly what the rule saw, also a plus sign and filled-in values', async () => {
  const flow = (name: string, rules: readonly unknown[]) =>
    buildInterface({
      interfaceId: `ifc_${name}`,
      front: 'user',
      path: `/user/${name}`,
      policies: { 'object-access': { rules } },
    } as Partial<InterfaceDocument>);
  const lab = await startObjectLab(
    () => [flow('query', [{ ...byQuery }]), flow('body', [{ locator: 'json:/id', subject: 'token.uid', op: 'eq', absent: 'inject' }])],
    { claims: { uid: 'a+b' } },
  );
  try {
    const call = (target: string, body: string) =>
      callGateway(lab.gateway, {
        method: 'POST',
        target,
        body,
        headers: { authorization: `Bearer ${lab.token}`, 'content-type': 'application/json' },
      });
    assert.equal((await call('/user/query?id=a+b', '{}')).status, 200);
    assert.equal((await call('/user/query?id=a%20b', '{}')).status, 403);
    assert.equal((await call('/user/body', '{"n":1}')).status, 200);
    assert.deepEqual(
      lab.calls
        .map(({ message }) => message.data)
        .map((data) => data as { body: unknown; query: unknown })
        .map(({ body, query }) => ({ body, query })),
      [
        { body: {}, query: { id: 'a+b' } },
        { body: { id: 'a+b', n: 1 }, query: {} },
      ],
    );
  } finally {
    await lab.close();
  }
});

test('names the problems of rules when an interface is saved', () => {
  const problemsOf = (rules: readonly unknown[], more = {}) =>
    policy.findProblems!({ rules, ...more } as never, buildInterface({ front: 'user', path: '/user/p/:id' })).map(
      ({ path, problem }) => `${path} ${problem}`,
    );
  assert.deepEqual(problemsOf([]), ['/rules object-none']);
  assert.deepEqual(problemsOf([], { ruleSets: ['ors_a'] }), []);
  assert.deepEqual(problemsOf([byPath]), []);
  assert.deepEqual(
    problemsOf([
      { ...byPath, locator: 'body:x' },
      { ...byPath, locator: 'path:other' },
      { ...byPath, locator: 'header:Authorization' },
      { ...byPath, absent: 'inject' },
      { ...byPath, op: 'memberOf', provider: 'ifc_x' },
    ]),
    [
      '/rules/0/locator object-locator',
      '/rules/1/locator object-path',
      '/rules/2/locator object-header',
      '/rules/3/absent object-inject',
      '/rules/4/relation object-relation',
    ],
  );
});

test('explaining a request counts no objects', async () => {
  const options = { rules: [byPath], enumeration: { objects: 1, windowSec: 60 } };
  const explained = { ...policy, compile: policy.explain as typeof policy.compile };
  for (const id of ['u2', 'u3', 'u4']) {
    const { exchange, events } = await runPolicy(explained, {
      ...{ options, front: 'user', interface: { path: '/user/patients/:id', method: 'GET' } },
      exchange: { user: { uid: 'u1' }, params: { id } },
    });
    assert.deepEqual([exchange.notes[0]?.what, events], ['foreign', []]);
  }
});

test('a changed rule set decides the next request, and an unchanged interface is not compiled again', async () => {
  const lab = await startObjectLab(
    (service) => [
      buildInterface({
        ...{ front: 'user', method: 'GET', path: '/user/p/:id', target: { kind: 'upstream', instances: [service] } },
        policies: { 'object-access': { ruleSets: ['ors_a'] } },
      } as Partial<InterfaceDocument>),
    ],
    { claims: { uid: 'u1', area: '31' }, ruleSets: [ruleSet({})] },
  );
  try {
    const statusOf = async (id: string) =>
      (await callGateway(lab.gateway, { target: `/user/p/${id}`, headers: { authorization: `Bearer ${lab.token}` } })).status;
    assert.deepEqual([await statusOf('u1'), await statusOf('3101')], [200, 403]);
    const rules = [{ ...byPath, op: 'prefix' as const, subject: 'token.area' }];
    lab.feed.publish({ ...lab.plan, number: 2, objectRuleSets: [ruleSet({ revision: 2, rules })] });
    while (lab.gateway.applied() < 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([await statusOf('u1'), await statusOf('3101')], [403, 200]);
    lab.feed.publish({ ...lab.plan, number: 3, objectRuleSets: [] });
    while (lab.gateway.applied() < 3) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await statusOf('3101'), 403);
  } finally {
    await lab.close();
  }
});

test('a large body is judged like a small one, for a flow and for a service', async () => {
  const policies = { 'object-access': { rules: [{ locator: 'json:$.pid', subject: 'token.uid', op: 'eq' }] } };
  const lab = await startObjectLab(
    (service) => [
      buildInterface({ interfaceId: 'ifc_flow', front: 'user', path: '/user/flow', policies } as Partial<InterfaceDocument>),
      buildInterface({
        ...{ interfaceId: 'ifc_service', front: 'user', path: '/user/service', target: { kind: 'upstream', instances: [service] } },
        policies,
      } as Partial<InterfaceDocument>),
    ],
    { claims: { uid: 'u1' } },
  );
  try {
    const file = 'A'.repeat(300_000);
    const statusOf = async (target: string, body: string) =>
      (
        await callGateway(lab.gateway, {
          ...{ method: 'POST', target, body },
          headers: { authorization: `Bearer ${lab.token}`, 'content-type': 'application/json' },
        })
      ).status;
    for (const target of ['/user/flow', '/user/service']) {
      assert.equal(await statusOf(target, JSON.stringify({ file, pid: 'u1' })), 200);
      assert.equal(await statusOf(target, JSON.stringify({ file, pid: 'u2' })), 403);
      assert.equal(await statusOf(target, `{"file":"${file}","pid":"u1","pid":"u2"}`), 400);
      assert.equal(await statusOf(target, `{"file":"${file}","pid":"u1"`), 400);
    }
    assert.deepEqual(
      lab.seen.map(({ body }) => (JSON.parse(body.toString()) as { pid: string }).pid),
      ['u1'],
    );
    assert.deepEqual(
      lab.calls.map(({ message }) => (message.data as { body: { pid: string } }).body.pid),
      ['u1'],
    );
  } finally {
    await lab.close();
  }
});

test('the example of docs/object-access.md is what an interface may say', () => {
  const [example] = blocksOf('docs/object-access.md').filter(({ language }) => language === 'json');
  const { policies } = JSON.parse(example!.text) as { policies: { 'object-access': never } };
  assert.ok(Compile(policy.options).Check(policies['object-access']));
  assert.deepEqual(policy.findProblems!(policies['object-access'], buildInterface({ front: 'user', path: '/user/p/:id' })), []);
});

test('the body is held only if a rule reads it', () => {
  const readsBody = (locator: string) => policy.reads!({ rules: [{ ...byPath, locator }] }, buildInterface()).body;
  assert.deepEqual(['path:id', 'header:x-id', 'query:id', 'json:$.id', 'form:id', 'xml:/a'].map(readsBody), [
    false,
    false,
    true,
    true,
    true,
    true,
  ]);
  assert.equal(policy.reads!({ ruleSets: ['ors_a'] }, buildInterface()).body, true);
});

test('once several issuers are registered, a rule takes claims of the issuer that it names, and otherwise refuses', async () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const publicPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  const keyOf = (issuer: string) => ({ kid: issuer, issuer, audience: 'bus', alg: 'ES256' as const, publicPem });
  const plan = { userTokenKeys: [keyOf('city')], userTokenIssuers: [] };
  const district = { issuer: 'district', audience: 'bus', jwksUrl: 'https://district.example/keys' };
  const codeFor = async (iss: string, rules: readonly unknown[], more: Partial<GatewayPlan> = {}) => {
    const exchange = { params: { id: 'u1' }, user: { iss, sub: 's', uid: 'u1' } };
    return (await run({ rules, match: 'any' }, exchange, { plan: { ...plan, ...more } })).error?.code;
  };
  assert.equal(await codeFor('city', [byPath]), undefined);
  for (const more of [{ userTokenKeys: [keyOf('city'), keyOf('district')] }, { userTokenIssuers: [district] }]) {
    const ofCity = { ...byPath, issuer: 'city' };
    assert.equal(await codeFor('city', [byPath], more), 'GW40304');
    assert.equal(await codeFor('district', [byPath], more), 'GW40304');
    assert.equal(await codeFor('city', [ofCity], more), undefined);
    assert.equal(await codeFor('district', [ofCity], more), 'GW40304');
    assert.equal(await codeFor('district', [ofCity, { ...byPath, issuer: 'district' }], more), undefined);
  }
});
