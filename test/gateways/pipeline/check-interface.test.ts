import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import type { InterfaceDocument } from '../../../gateways/documents/interface-document.ts';
import { createInterfaceCheck, createSavingCheck, type SavingCheck } from '../../../gateways/pipeline/check-interface.ts';
import { loadPolicies } from '../../../gateways/pipeline/load-policies.ts';
import { createSchemaTrial } from '../../../gateways/shared/create-schema-trial.ts';
import { buildInterface } from '../support/city-plan.ts';

const group = (name: string, ...weights: number[]) => ({
  name,
  instances: weights.map((weight, i) => ({ address: `http://${name}:${i + 1}`, weight })),
});
const twoGroups = { kind: 'upstream', groups: [group('v1', 1), group('v2', 1)] };
const grey = (options: object) => ({ target: twoGroups, policies: { 'grey-release': { group: 'v2', ...options } } });
const ofUser = { locator: 'query:id', subject: 'token.sub', op: 'eq' };
const exception = (expiresAt: string, field = '/a') => ({ carrier: 'body', field, reason: 'x', expiresAt });
const fallback = (options: object) => ({ policies: { fallback: options } });

let serve: ReturnType<typeof createInterfaceCheck>;
let save: SavingCheck;

before(async () => {
  const policies = await loadPolicies();
  serve = createInterfaceCheck(policies);
  save = createSavingCheck(serve, policies, createSchemaTrial(systemClock), systemClock);
});

/** What cannot work, with the place and the code or problem that names it. */
const WRONG: readonly (readonly [fields: object, place: string, problem: string])[] = [
  [
    {
      policies: {
        'rate-limit': {
          limits: [
            { by: 'app', limit: 5 },
            { by: 'user', limit: 1 },
          ],
        },
      },
    },
    '/policies/rate-limit/limits/1/by',
    'limit-user',
  ],
  [
    { front: 'bus', policies: { quota: { quotas: [{ by: 'user', period: 'day', limit: 1 }] } } },
    '/policies/quota/quotas/0/by',
    'limit-user',
  ],
  [{ policies: { 'object-access': { rules: [ofUser] } } }, '/policies/object-access/rules/0/subject', 'object-user'],
  [
    { front: 'bus', policies: { 'object-response': { rules: [{ ...ofUser, locator: 'json:$.id', action: 'refuse' }] } } },
    '/policies/object-response/rules/0/subject',
    'object-user',
  ],
  [
    { policies: { 'file-type': { accept: ['pdf'] }, 'media-type': { accept: ['application/json'] } } },
    '/policies/media-type/accept',
    'media-files',
  ],
  [{ method: 'GET', requestSchema: { type: 'object' } }, '/requestSchema', 'SCHEMA_WITHOUT_BODY'],
  [{ method: 'DELETE', requestSchema: { type: 'object' } }, '/requestSchema', 'SCHEMA_WITHOUT_BODY'],
  [{ front: 'user', policies: { 'login-level': { level: 5, names: ['a', 'b'] } } }, '/policies/login-level/level', 'login-level'],
  [grey({}), '/policies/grey-release', 'grey-none'],
  [grey({ group: 'v9', percent: 5 }), '/policies/grey-release/group', 'unknown-group'],
  [{ front: 'user', ...grey({ tags: ['x'] }) }, '/policies/grey-release/tagClaim', 'grey-claim'],
  [{ front: 'bus', ...grey({ tagClaim: 'ring', tags: ['x'] }) }, '/policies/grey-release/tagClaim', 'grey-user'],
  [{ front: 'bus', ...grey({ districts: ['x'] }) }, '/policies/grey-release/districts', 'grey-user'],
  [fallback({ body: '{not json' }), '/policies/fallback/body', 'fallback-json'],
  [fallback({ body: '[', contentType: 'application/fhir+json; charset=utf-8' }), '/policies/fallback/body', 'fallback-json'],
  [fallback({ body: '{}', status: 204 }), '/policies/fallback/body', 'fallback-bodiless'],
  [
    { policies: { concurrency: { maxConcurrency: 5, initialConcurrency: 50 } } },
    '/policies/concurrency/initialConcurrency',
    'initial-limit',
  ],
  [{ policies: { xss: { exceptions: [exception('2020-01-01T00:00:00Z')] } } }, '/policies/xss/exceptions/0/expiresAt', 'past-exception'],
  [
    { policies: { 'sql-injection': { exceptions: [exception('2999-01-01T00:00:00Z'), exception('2020-01-01T00:00:00Z', '/other')] } } },
    '/policies/sql-injection/exceptions/1/expiresAt',
    'past-exception',
  ],
  [
    { policies: { xss: { exceptions: [exception('2999-01-01T00:00:00Z'), exception('2998-01-01T00:00:00Z')] } } },
    '/policies/xss/exceptions/1/field',
    'same-exception',
  ],
  [
    { target: { kind: 'upstream', groups: [group('v1', 1), group('v2', 0, 0)] } },
    '/target/groups/1/instances',
    'UPSTREAM_GROUP_WITHOUT_WEIGHT',
  ],
];

test('an interface that could not work is refused when it is saved, with the place and in both languages', async () => {
  for (const [fields, place, problem] of WRONG) {
    const issues = await save(buildInterface(fields), 'ann');
    assert.deepEqual(
      issues.map(({ path, code, values, severity }) => [path, values?.['problem'] ?? code, severity]),
      [[place, problem, 'error']],
    );
    const { message, fix } = issues[0]!;
    assert.ok(message !== '' && fix !== undefined && fix !== '', problem);
    const chinese = errorText(issues[0]!, 'zh-CN');
    assert.doesNotMatch(chinese.what + chinese.fix, /策略的参数不正确|[{}]\w|undefined/, problem);
  }
});

test('such an interface of an older version is still served', () => {
  for (const [fields] of WRONG) assert.deepEqual(serve(buildInterface(fields)), []);
});

test('what looks alike and works is saved', async () => {
  const users = { 'rate-limit': { limits: [{ by: 'user', limit: 1 }] }, 'object-access': { rules: [ofUser] } };
  for (const fields of [
    { front: 'user', policies: users },
    { policies: { 'object-access': { rules: [{ ...ofUser, subject: 'app.orgId' }] } } },
    { policies: { 'file-type': { accept: ['pdf'] }, 'media-type': { accept: ['Application/PDF'] } } },
    { policies: { 'file-type': { accept: ['json'] }, 'media-type': { accept: ['application/fhir+json'] } } },
    { front: 'user', policies: { 'login-level': { level: 2, names: ['a', 'b'] } } },
    { front: 'user', policies: { 'login-level': { level: 5 } } },
    grey({ percent: 0 }),
    grey({ allowed: ['APP'] }),
    { front: 'user', ...grey({ tagClaim: 'ring', tags: ['x'] }) },
    fallback({ body: '', status: 204 }),
    fallback({ body: 'later', contentType: 'text/plain' }),
    { policies: { concurrency: { initialConcurrency: 50 } } },
    { target: { kind: 'upstream', groups: [group('v1', 0, 1)] } },
  ])
    assert.deepEqual(await save(buildInterface(fields as object), 'ann'), [], JSON.stringify(fields));
});

test('times that passed since they were saved hold up no other change', async () => {
  const policies = { xss: { exceptions: [exception('2020-01-01T00:00:00Z')] } } as InterfaceDocument['policies'];
  const before = buildInterface({ policies: policies! });
  assert.deepEqual(await save({ ...before, timeoutMs: 3000 }, 'ann', before), []);
  const changed = { ...before, policies: { xss: { ...policies!['xss'], mode: 'monitor' } } };
  assert.equal((await save(changed, 'ann', before)).length, 1);
});
