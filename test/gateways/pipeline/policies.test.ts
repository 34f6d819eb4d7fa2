import assert from 'node:assert/strict';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { before, test } from 'node:test';
import { FRONTS } from '../../../engine/contract/access/access.ts';
import { errorText } from '../../../engine/contract/error-texts/error-texts.ts';
import { fieldKind } from '../../../engine/contract/values/field-kind.ts';
import type { FieldText } from '../../../engine/contract/values/texts.ts';
import { createLogger } from '../../../engine/host/logger.ts';
import { STAGES, type FoundPolicy } from '../../../gateways/contract.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { createSchemaTrial } from '../../../gateways/shared/create-schema-trial.ts';
import { createInterfaceCheck, createSavingCheck, type SavingCheck } from '../../../gateways/pipeline/check-interface.ts';
import { loadPolicies } from '../../../gateways/pipeline/load-policies.ts';
import { buildInterface, buildPlan, createTestKey, signRequest } from '../support/city-plan.ts';
import { callSigned, startGateway } from '../support/start-gateway.ts';

let policies: readonly FoundPolicy[];
let check: (document: unknown) => ReturnType<SavingCheck>;

before(async () => {
  policies = await loadPolicies();
  const saving = createSavingCheck(createInterfaceCheck(policies), policies, createSchemaTrial(systemClock), systemClock);
  check = (document) => saving(document, 'ann');
});

test('every policy has texts in both languages, a closed schema of options, a front, and a test', async () => {
  assert.ok(policies.length >= 15);
  for (const policy of policies) {
    for (const text of [policy.text.label, policy.text.help]) assert.ok(text['zh-CN'].length > 0 && text.en.length > 0, policy.name);
    assert.equal((policy.options as { additionalProperties?: boolean }).additionalProperties, false, policy.name);
    for (const [name, option] of Object.entries(policy.options.properties)) {
      const { text } = option as { text?: FieldText };
      for (const language of ['zh-CN', 'en'] as const)
        assert.match(text?.label[language] ?? '', /\S/, `${policy.name}: ${name} in ${language}`);
      assert.ok(fieldKind(option), `${policy.name}: the form knows what ${name} is`);
    }
    assert.ok(policy.fronts.length > 0 && policy.fronts.every((front) => FRONTS.includes(front)), policy.name);
    await access(new URL(`../policies/${policy.group}/${policy.name}.test.ts`, import.meta.url));
  }
});

test('policies stand in the order of their stages, whatever their files are called', () => {
  const positions = policies.map((policy) => STAGES.indexOf(policy.stage));
  assert.deepEqual(
    positions,
    [...positions].sort((a, b) => a - b),
  );
});

test('a file that holds no policy of its name is refused by name', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kq-policies-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'caller'));
  await writeFile(join(folder, 'caller/wrong.policy.js'), 'export default { name: "right", stage: "state" };');
  await assert.rejects(loadPolicies(pathToFileURL(`${folder}/`)), { code: 'POLICY_INVALID', values: { file: 'wrong.policy.js' } });
  await writeFile(join(folder, 'lost.policy.js'), 'export default { name: "lost", stage: "state" };');
  await assert.rejects(loadPolicies(pathToFileURL(`${folder}/`)), { code: 'POLICY_INVALID', values: { file: 'lost.policy.js' } });
});

test('finds every problem of an interface at once, with its path', async () => {
  const issues = await check(
    buildInterface({
      path: '/open//x/:id/:id',
      policies: { nothing: {}, signature: false, 'bus-consumer': {}, 'ip-list': { allow: ['not an address'] } },
      requestSchema: { type: 'objekt' },
      target: { kind: 'upstream', instances: ['ftp://host/'] },
      deadlineMs: 10,
    }),
  );
  assert.deepEqual(
    issues.map((issue) => [issue.path, issue.code, issue.severity]),
    [
      ['/policies/nothing', 'POLICY_UNKNOWN', 'error'],
      ['/policies/signature', 'POLICY_REQUIRED', 'error'],
      ['/policies/bus-consumer', 'POLICY_WRONG_FRONT', 'error'],
      ['/target/instances/0', 'UPSTREAM_INVALID', 'error'],
      ['/path', 'PATH_INVALID', 'error'],
      ['/path', 'PATH_PARAMETER_TWICE', 'error'],
      ['/deadlineMs', 'RETRIES_DO_NOT_FIT', 'warning'],
      ['/policies/ip-list/allow/0', 'POLICY_OPTIONS', 'error'],
      ['/requestSchema', 'SCHEMA_INVALID', 'error'],
    ],
  );
  assert.deepEqual(await check(buildInterface()), []);
  assert.ok((await check({ interfaceId: 'x' })).length > 3);
});

test('paths and ids of built-in interfaces are refused, patterns beside them are not', async () => {
  const found = async (more: Parameters<typeof buildInterface>[0]) =>
    (await check(buildInterface(more))).map(({ path, code, severity }) => [path, code, severity]);
  for (const method of ['GET', 'POST', 'DELETE'] as const)
    assert.deepEqual(await found({ front: 'user', method, path: '/user/v1/sessions' }), [['/path', 'INTERFACE_RESERVED', 'error']]);
  assert.deepEqual(await found({ method: 'GET', path: '/open/v1/platform-keys' }), [['/path', 'INTERFACE_RESERVED', 'error']]);
  assert.deepEqual(await found({ interfaceId: 'ifc_builtin_login' }), [['/interfaceId', 'INTERFACE_RESERVED', 'error']]);
  assert.deepEqual(await found({ front: 'user', path: '/user/v1/:any' }), []);
  assert.deepEqual(await found({ front: 'bus', path: '/user/v1/sessions' }), []);
});

test('an upstream has instances or groups with different names, and each address is checked', async () => {
  const found = async (target: object) =>
    (await check({ ...buildInterface(), target: { kind: 'upstream', ...target } })).map(({ path, code }) => [path, code]);
  const group = { name: 'v1', instances: [{ address: 'http://a:1' }] };
  assert.deepEqual(await found({}), [['/target/instances', 'UPSTREAM_INSTANCES']]);
  assert.deepEqual(await found({ instances: ['http://a:1'], groups: [group] }), [['/target/groups', 'UPSTREAM_INSTANCES']]);
  assert.deepEqual(await found({ groups: [group, { ...group, instances: [{ address: 'http://user:pw@a:1' }] }] }), [
    ['/target/groups/1/instances/0/address', 'UPSTREAM_INVALID'],
    ['/target/groups/1/name', 'UPSTREAM_GROUP_TWICE'],
  ]);
  assert.deepEqual(await found({ groups: [group], balancing: 'two-choices', healthCheck: { path: '/health' } }), []);
});

test('a schema that would cost the gateway seconds is refused with the bound that it breaks', async () => {
  const [issue, ...others] = await check(buildInterface({ responseSchema: { items: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } } }));
  assert.deepEqual(others, []);
  assert.deepEqual([issue!.path, issue!.code, issue!.severity], ['/responseSchema', 'SCHEMA_TOO_COSTLY', 'error']);
  assert.match(errorText(issue!, 'zh-CN').what, /^校验工作量随数据层级成倍增长/);
});

test('a large schema is compiled off the event loop, and a wrong one there is told like a small one', async () => {
  const properties = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`f${index}`, { type: 'string', maxLength: 10 }]));
  assert.deepEqual(await check(buildInterface({ requestSchema: { type: 'object', properties } })), []);
  const [issue] = await check(buildInterface({ requestSchema: { type: 'object', properties: { ...properties, x: { type: 'objekt' } } } }));
  assert.deepEqual([issue!.path, issue!.code], ['/requestSchema', 'SCHEMA_INVALID']);
});

test('schemas are tried in a thread in which accounts have shares, however small they are', async () => {
  const trial = createSchemaTrial(systemClock);
  const outcomes = await Promise.allSettled([
    ...Array.from({ length: 8 }, () => trial([{ type: 'object' }], 'ann')),
    trial([{ type: 'x' }], 'bob'),
  ]);
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  assert.deepEqual(
    refused.map(({ reason }) => (reason as { code: string }).code),
    Array.from({ length: 4 }, () => 'SCHEMA_CHECK_BUSY'),
  );
  const last = outcomes.at(-1)!;
  assert.ok(last.status === 'fulfilled' && 'invalid' in last.value[0]!);
});

test('address ranges and media types that are none are refused with their places, in words', async () => {
  const issues = await check(
    buildInterface({
      policies: {
        'ip-list': { allow: ['10.0.0.0/8', '10.0.0.0/99', '999.1.1.1', '10.1'], deny: ['::/200', '2001:db8::/32', '::1', '1::2::3'] },
        'media-type': { accept: ['application/vnd.a+json', 'nonsense', 'image/*'] },
      },
    }),
  );
  assert.deepEqual(
    issues.map(({ path, values }) => [path, values?.['value']]),
    [
      ['/policies/ip-list/allow/1', '10.0.0.0/99'],
      ['/policies/ip-list/allow/2', '999.1.1.1'],
      ['/policies/ip-list/allow/3', '10.1'],
      ['/policies/ip-list/deny/0', '::/200'],
      ['/policies/ip-list/deny/3', '1::2::3'],
      ['/policies/media-type/accept/1', 'nonsense'],
      ['/policies/media-type/accept/2', 'image/*'],
    ],
  );
  assert.equal(issues[0]!.message, '10.0.0.0/99 is neither an address nor a CIDR range.');
  assert.equal(errorText(issues[0]!, 'zh-CN').what, '“10.0.0.0/99”不是 IP 地址或网段');
  assert.equal(errorText(issues[6]!, 'zh-CN').what, '“image/*”不是内容类型');
});

test('an interface that was saved before its list was checked is left out, logged with code and reason, and keeps no other from serving', async (t) => {
  const lines: string[] = [];
  const logger = createLogger({ level: 'warn', format: 'json', write: (line) => void lines.push(line) });
  const key = await createTestKey('HMAC-SM3', 'app');
  const bad = buildInterface({ interfaceId: 'ifc_bad', path: '/open/v1/bad', policies: { 'ip-list': { allow: ['10.0.0.0/99'] } } });
  const started = await startGateway(await buildPlan([key], [bad, buildInterface()]), { logger });
  t.after(() => started.stop());
  assert.equal((await callSigned(started.gateway, await signRequest(key))).status, 200);
  const line = JSON.parse(lines.find((text) => text.includes('gateway.interface-refused'))!) as Record<
    string,
    { code: string; message: string }
  >;
  assert.equal(line['interfaceId'], 'ifc_bad');
  assert.equal(line['error']!.code, 'IP_RANGE_INVALID');
  assert.equal(line['error']!.message, '10.0.0.0/99 is neither an address nor a CIDR range.');
});
