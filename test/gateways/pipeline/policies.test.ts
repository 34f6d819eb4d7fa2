import assert from 'node:assert/strict';
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { before, test } from 'node:test';
import { FRONTS } from '../../../engine/contract/access.ts';
import { fieldKind } from '../../../engine/contract/field-kind.ts';
import type { FieldText } from '../../../engine/contract/texts.ts';
import { STAGES, type Policy } from '../../../gateways/contract.ts';
import { createInterfaceCheck, createSavingCheck, type InterfaceCheck } from '../../../gateways/pipeline/check-interface.ts';
import { loadPolicies } from '../../../gateways/pipeline/load-policies.ts';
import { buildInterface } from '../support/city-plan.ts';

let policies: readonly Policy[];
let check: InterfaceCheck;

before(async () => {
  policies = await loadPolicies();
  check = createSavingCheck(createInterfaceCheck(policies));
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
    await access(new URL(`../policies/${policy.name}.test.ts`, import.meta.url));
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
  await writeFile(join(folder, 'wrong.policy.js'), 'export default { name: "right", stage: "state" };');
  await assert.rejects(loadPolicies(pathToFileURL(`${folder}/`)), { code: 'POLICY_INVALID', values: { file: 'wrong.policy.js' } });
});

test('finds every problem of an interface at once, with its path', () => {
  const issues = check(
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
      ['/policies/ip-list/allow/0', 'POLICY_OPTIONS', 'error'],
      ['/target/instances/0', 'UPSTREAM_INVALID', 'error'],
      ['/path', 'PATH_INVALID', 'error'],
      ['/path', 'PATH_PARAMETER_TWICE', 'error'],
      ['/deadlineMs', 'RETRIES_DO_NOT_FIT', 'warning'],
      ['/requestSchema', 'SCHEMA_INVALID', 'error'],
    ],
  );
  assert.deepEqual(check(buildInterface()), []);
  assert.ok(check({ interfaceId: 'x' }).length > 3);
});
