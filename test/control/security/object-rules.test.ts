/* eslint-disable @typescript-eslint/no-unsafe-assignment -- answers of every shape are looked into */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GatewayPlan } from '../../../gateways/documents/gateway-plan.ts';
import { flow, startControl, type Client, type Running } from '../start-control.ts';

let running: Running;
let admin: Client;
before(async () => {
  running = await startControl();
  admin = running.admin;
  assert.equal((await admin.call('PUT', '/flows/flw_a', flow('flw_a'))).status, 200);
});
after(() => running.stop());

const both = (text: string) => ({ 'zh-CN': text, en: text });
const setOf = (ruleSetId: string, more: object = {}) => ({
  ...{ ruleSetId, revision: 0, name: both('患者'), domain: 'city', match: 'any' },
  rules: [{ locator: 'path:id', subject: 'token.uid', op: 'eq' }],
  ...more,
});
const interfaceOf = (interfaceId: string, more: object = {}) => ({
  ...{ interfaceId, revision: 0, name: both(interfaceId), domain: 'city', front: 'user', method: 'GET', path: `/user/${interfaceId}/:id` },
  ...{ state: 'online', target: { kind: 'flow', flowId: 'flw_a' }, timeoutMs: 1000, timeoutRetries: 0, exceptionRetries: 0, log: 'none' },
  ...more,
});
const save = async (path: string, document: object): Promise<void> => {
  const answer = await admin.call('PUT', path, document);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
};
const latestPlan = async (): Promise<GatewayPlan> => {
  await running.control.flushPlan();
  return running.plans.at(-1)!;
};

test('a rule set reaches the plan, lists the interfaces that use it, and is not deleted while they do', async () => {
  await save('/object-rules/ors_patient', setOf('ors_patient'));
  await save('/interfaces/ifc_used', interfaceOf('ifc_used', { policies: { 'object-access': { ruleSets: ['ors_patient'] } } }));
  assert.deepEqual((await latestPlan()).objectRuleSets, [setOf('ors_patient', { revision: 1 })]);
  const { items } = (await admin.call('GET', '/object-rules')).body;
  assert.deepEqual(
    items.map(({ ruleSetId, usedBy }: { ruleSetId: string; usedBy: unknown }) => [ruleSetId, usedBy]),
    [['ors_patient', [{ interfaceId: 'ifc_used', name: both('ifc_used') }]]],
  );
  const refused = await admin.call('DELETE', '/object-rules/ors_patient');
  assert.deepEqual(
    [refused.status, refused.body.code, refused.body.values],
    [409, 'NAMED_BY_INTERFACES', { id: 'ors_patient', interfaces: 'ifc_used' }],
  );
  await admin.call('DELETE', '/interfaces/ifc_used');
  assert.deepEqual((await admin.call('DELETE', '/object-rules/ors_patient')).body, { removed: true });
  assert.deepEqual((await latestPlan()).objectRuleSets, []);
});

test('a set with a rule that cannot work is refused with its places', async () => {
  const rules = [
    { locator: 'nowhere', subject: 'token.uid', op: 'eq' },
    { locator: 'path:id', subject: 'token.uid', op: 'eq', absent: 'inject' },
  ];
  const { status, body } = await admin.call('PUT', '/object-rules/ors_bad', setOf('ors_bad', { rules }));
  assert.deepEqual([status, body.code], [422, 'OBJECT_RULES_INVALID']);
  assert.deepEqual(
    body.issues.map(({ path }: { path: string }) => path),
    ['/rules/0/locator', '/rules/1/absent'],
  );
});

test('an interface cannot name a set or a provider that does not exist, or that belongs to another domain', async () => {
  await save('/object-rules/ors_other', setOf('ors_other', { domain: 'other' }));
  const policies = {
    'object-access': {
      ruleSets: ['ors_gone', 'ors_other'],
      rules: [{ locator: 'path:id', subject: 'token.uid', op: 'memberOf', provider: 'ifc_gone', relation: 'family' }],
    },
  };
  const { body } = await admin.call('POST', '/interfaces/validate', interfaceOf('ifc_new', { policies }));
  assert.deepEqual(
    body.issues.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`),
    [
      '/policies/object-access/ruleSets/0 INTERFACE_NAMES_UNKNOWN',
      '/policies/object-access/ruleSets/1 INTERFACE_NAMES_UNKNOWN',
      '/policies/object-access/rules/0/provider INTERFACE_NAMES_UNKNOWN',
    ],
  );
});

const asks = (provider: string) => ({ locator: 'path:id', subject: 'token.uid', op: 'memberOf', provider, relation: 'family' });
const upstream = { target: { kind: 'upstream', instances: ['http://10.0.0.9:8080'] } };

test('a provider of relations must be able to take the question', async () => {
  await save('/interfaces/ifc_kin_path', interfaceOf('ifc_kin_path', upstream));
  await save('/interfaces/ifc_kin_delete', interfaceOf('ifc_kin_delete', { ...upstream, method: 'DELETE', path: '/user/kin-delete' }));
  await save('/interfaces/ifc_kin_get', interfaceOf('ifc_kin_get', { ...upstream, path: '/user/kin-get' }));
  await save('/interfaces/ifc_kin_flow', interfaceOf('ifc_kin_flow'));
  const rules = ['ifc_kin_path', 'ifc_kin_delete', 'ifc_kin_get', 'ifc_kin_flow'].map(asks);
  const { body } = await admin.call('POST', '/interfaces/validate', interfaceOf('ifc_new', { policies: { 'object-access': { rules } } }));
  assert.deepEqual(
    body.issues.map(({ path, code }: { path: string; code: string }) => `${path} ${code}`),
    [0, 1].map((i) => `/policies/object-access/rules/${i}/provider RELATION_PROVIDER_UNFIT`),
  );
  for (const id of ['path', 'delete', 'get', 'flow']) assert.equal((await admin.call('DELETE', `/interfaces/ifc_kin_${id}`)).status, 200);
});

test('an interface is not deleted while others ask it for relations, themselves or by a rule set', async () => {
  await save('/interfaces/ifc_kin', interfaceOf('ifc_kin', { path: '/user/kin' }));
  await save('/interfaces/ifc_asks', interfaceOf('ifc_asks', { policies: { 'object-access': { rules: [asks('ifc_kin')] } } }));
  await save('/object-rules/ors_kin', setOf('ors_kin', { rules: [asks('ifc_kin')] }));
  await save('/interfaces/ifc_by_set', interfaceOf('ifc_by_set', { policies: { 'object-access': { ruleSets: ['ors_kin'] } } }));
  const refused = await admin.call('DELETE', '/interfaces/ifc_kin');
  assert.deepEqual([refused.status, refused.body.code], [409, 'NAMED_BY_INTERFACES']);
  assert.deepEqual(String(refused.body.values.interfaces).split('、').sort(), ['ifc_asks', 'ifc_by_set']);
  for (const id of ['ifc_asks', 'ifc_by_set']) assert.equal((await admin.call('DELETE', `/interfaces/${id}`)).status, 200);
  assert.equal((await admin.call('DELETE', '/interfaces/ifc_kin')).status, 200);
});

test('only credentials that are named as salts reach the gateways, as soon as they change', async () => {
  const security = await running.person('salt-keeper', ['security-admin']);
  for (const name of ['salt-patient', 'password'])
    assert.equal((await security.call('PUT', `/secrets/${name}`, { value: `v-${name}`, adapters: [] })).status, 200);
  assert.deepEqual((await latestPlan()).objectSalts, { 'salt-patient': 'v-salt-patient' });
});

test('the report names interfaces of the user front with the ids that no rule covers', async () => {
  const rule = { locator: 'path:id', subject: 'token.uid', op: 'eq' };
  const body = {
    type: 'object',
    properties: { 患者: { type: 'object', properties: { 身份证号: { type: 'string' }, 说明: { type: 'string' } } } },
  };
  await save('/interfaces/ifc_bare', interfaceOf('ifc_bare', { method: 'POST', path: '/user/bare', requestSchema: body }));
  await save('/interfaces/ifc_shadow', interfaceOf('ifc_shadow', { policies: { 'object-access': { rules: [rule], shadow: true } } }));
  await save('/interfaces/ifc_safe', interfaceOf('ifc_safe', { policies: { 'object-access': { rules: [rule] } } }));
  await save('/interfaces/ifc_open', interfaceOf('ifc_open', { front: 'open' }));
  await save('/interfaces/ifc_plain', interfaceOf('ifc_plain', { path: '/user/plain' }));
  const querySchema = { type: 'object', properties: { patientId: { type: 'string' }, orderNo: { type: 'string' } } };
  await save('/object-rules/ors_order', setOf('ors_order', { rules: [{ ...rule, locator: 'query:orderNo' }] }));
  const partly = (interfaceId: string, more: object) =>
    save(`/interfaces/${interfaceId}`, interfaceOf(interfaceId, { path: `/user/${interfaceId}/:id`, querySchema, ...more }));
  await partly('ifc_partly', { policies: { 'object-access': { rules: [rule], ruleSets: ['ors_order'] } } });
  const ofAnswer = { 'object-response': { rules: [{ ...rule, locator: 'json:$.pid', action: 'refuse' }] } };
  await partly('ifc_read', { policies: ofAnswer });
  await partly('ifc_written', { method: 'POST', policies: ofAnswer });
  const { items } = (await admin.call('GET', '/unprotected-interfaces')).body;
  assert.deepEqual(
    items.map(({ interfaceId, places, state }: Record<string, unknown>) => [interfaceId, places, state]),
    [
      ['ifc_bare', ['json:$.患者.身份证号'], 'none'],
      ['ifc_partly', ['query:patientId'], 'partly'],
      ['ifc_shadow', ['path:id'], 'shadow'],
      ['ifc_written', ['path:id', 'query:patientId', 'query:orderNo'], 'partly'],
    ],
  );
});
