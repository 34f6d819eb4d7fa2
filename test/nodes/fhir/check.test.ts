import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import check from '../../../nodes/fhir/check.node.ts';
import { resourceSteps } from '../../../nodes/fhir/r4/check-resource.ts';
import { runSynchronously } from '../../../nodes/shared/in-turns.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { foreignProblems } from './foreign-validators.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'a resource that fits R4 goes on as it is',
  refusal: 'a resource that does not fit is refused with every place',
  cancel: '10 MB are checked while others go on, and a cancel ends it',
  '10 MB': '10 MB are checked while others go on, and a cancel ends it',
});

const PATIENT = {
  resourceType: 'Patient',
  id: 'p1',
  meta: { versionId: '1', lastUpdated: '2026-11-30T08:00:00+08:00' },
  identifier: [{ system: 'urn:oid:2.16.156.10011.1.3', value: '110101198001010011' }],
  name: [{ text: '张三', family: '张', given: ['三', null], _given: [null, { extension: [{ url: 'urn:x', valueString: 'y' }] }] }],
  gender: 'male',
  birthDate: '1980-01-01',
  contained: [{ resourceType: 'Organization', id: 'o1', name: '协和医院' }],
};
const OBSERVATION = { resourceType: 'Observation', status: 'final', code: { text: '血糖' }, valueQuantity: { value: 5.6, unit: 'mmol/L' } };
const problems = (resource: unknown) => runSynchronously(resourceSteps(resource)).map(({ place, problem }) => `${place} ${problem}`);

test('a resource that fits R4 goes on as it is', async () => {
  const bundle = { resourceType: 'Bundle', type: 'collection', entry: [PATIENT, OBSERVATION].map((resource) => ({ resource })) };
  for (const data of [PATIENT, OBSERVATION, bundle]) {
    const outcome = await runNode(check, { data });
    assert.ok('emit' in outcome);
    assert.equal(outcome.emit!['ok']![0]!.data, data);
  }
});

test('a text may have any white space, such as the full-width space of Chinese reports', () => {
  assert.deepEqual(
    problems({
      ...PATIENT,
      contained: [{ resourceType: 'Observation', status: 'final', code: { text: '意见' }, valueString: '甲\u3000乙\u00a0丙\u2028丁' }],
    }),
    [],
  );
});

const WRONG = [
  ['an unknown field', { ...PATIENT, foo: 1 }, ['Patient.foo unknown']],
  ['a code of another binding', { ...PATIENT, gender: '男' }, ['Patient.gender code']],
  ['a wrong date', { ...PATIENT, birthDate: '1980/01/01' }, ['Patient.birthDate type']],
  ['a date of many characters', { ...PATIENT, birthDate: `1980-01-01${' '.repeat(20_000)}` }, ['Patient.birthDate type']],
  ['a wrong type', { ...PATIENT, name: '张三' }, ['Patient.name list']],
  ['a list that must be none', { ...PATIENT, gender: ['male'] }, ['Patient.gender no-list']],
  ['an empty object', { ...PATIENT, maritalStatus: {} }, ['Patient.maritalStatus object']],
  ['required fields', { resourceType: 'Observation' }, ['Observation.status required', 'Observation.code required']],
  ['two values', { ...OBSERVATION, valueInteger: 1 }, ['Observation.valueInteger choice']],
  [
    'a required choice',
    { resourceType: 'MedicationRequest', status: 'active', intent: 'order', subject: { reference: 'Patient/1' } },
    ['MedicationRequest.medication[x] required'],
  ],
  [
    'a problem inside',
    { ...PATIENT, contained: [{ resourceType: 'Observation', status: 'zzz', code: { text: 'x' } }] },
    ['Patient.contained[0].status code'],
  ],
  ['a negative count', { resourceType: 'Bundle', type: 'searchset', total: -1 }, ['Bundle.total type']],
  ['no type', { id: 'x' }, ['resource no-resource']],
  ['a data type', { resourceType: 'HumanName', text: 'x' }, ['resource no-resource']],
  ['a name of the language', JSON.parse('{"resourceType":"constructor","__proto__":1}'), ['resource no-resource']],
] as const;
for (const [what, resource, expected] of WRONG) test(`${what} is found at its place`, () => assert.deepEqual(problems(resource), expected));

test('two foreign validators accept what fits, and one of them refuses what does not', () => {
  // The JSON schema knows no null in lists, which the JSON of R4 allows.
  const patient = { ...PATIENT, name: [{ text: '张三', given: ['三'] }] };
  for (const resource of [patient, OBSERVATION]) assert.deepEqual(foreignProblems(resource), []);
  // Neither of them notices two values or a negative count, and both need a resource type that they know.
  const unknown = ['two values', 'a negative count', 'no type', 'a data type', 'a name of the language'];
  for (const [what, resource] of WRONG) if (!unknown.includes(what)) assert.ok(foreignProblems(resource).length > 0, what);
});

test('a resource that does not fit is refused with every place', async () => {
  const data = { ...PATIENT, gender: '秘密', birthDate: '秘密' };
  await assert.rejects(runNode(check, { data }), (error: Error & { code: string; issues: { path: string }[] }) => {
    assert.equal(error.code, 'FHIR_CHECK_FAILED');
    assert.deepEqual(
      error.issues.map(({ path }) => path),
      ['/Patient.gender', '/Patient.birthDate'],
    );
    return !JSON.stringify([error.message, error.issues]).includes('秘密');
  });
  await assert.rejects(runNode(check, { data: PATIENT, config: { resourceTypes: ['Bundle'] } }), { code: 'FHIR_RESOURCE_WRONG' });
  await assert.rejects(runNode(check, { data: 'x' }), { code: 'FHIR_CHECK_FAILED' });
});

test('deep nesting ends', () => {
  let resource: Record<string, unknown> = { resourceType: 'Patient' };
  for (let depth = 0; depth < 2000; depth++) resource = { resourceType: 'Patient', contained: [resource] };
  assert.ok(problems(resource).some((problem) => problem.endsWith('depth')));
});

test('10 MB are checked while others go on, and a cancel ends it', async () => {
  const entry = Array.from({ length: 40_000 }, () => ({ resource: PATIENT }));
  const data = { resourceType: 'Bundle', type: 'collection', entry };
  const outcome = await whileOthersGoOn(check, { data });
  assert.ok('emit' in outcome);
  await endsOnCancel(check, { data });
});
