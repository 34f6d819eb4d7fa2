import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSteps } from '../../../../nodes/shared/hl7/check-message.ts';
import { HL7_VERSIONS, hl7Dictionary, type Hl7Version } from '../../../../nodes/shared/hl7/dictionary.ts';
import { readHl7 } from '../../../../nodes/shared/hl7/message.ts';
import { runSynchronously } from '../../../../nodes/shared/in-turns.ts';
import { admission } from '../../../../nodes/shared/hl7/admission.ts';
import { readCorpus } from './corpus.ts';

const GOOD = [
  'MSH|^~\\&|HIS|A|GW|B|20261124120000||ADT^A01|1|P|2.4',
  'EVN|A01|20261124120000',
  'PID|1||7^^^HIS||张^三||19800101|M|||北京',
  'PV1|1|I|内科^101^1',
  'ZPI|任意^内容',
  '',
].join('\r');
const problems = (text: string, version?: Hl7Version) =>
  runSynchronously(checkSteps(readHl7(text), version)).map(({ place, problem }) => `${place} ${problem}`);

test('a message that fits its version has no problem, with any content of its Z segments', () => {
  assert.deepEqual(problems(GOOD), []);
  assert.deepEqual(problems(admission.data as string), []);
});

test('each problem names its place and why', () => {
  const with1 = (from: string, to: string) => problems(GOOD.replace(from, to));
  assert.deepEqual(with1('|M|', '|MAN|'), ['PID-8 length']);
  assert.deepEqual(with1('7^^^HIS', ''), ['PID-3 field-missing']);
  assert.deepEqual(with1('|19800101|', '|1980年|'), ['PID-7.1 format']);
  assert.deepEqual(with1('PID|1', 'PID|x'), ['PID-1 format']);
  assert.deepEqual(with1('|M|', '|M~F|'), ['PID-8 repetitions']);
  assert.deepEqual(with1('7^^^HIS', `7^^^HIS${'^'.repeat(8)}x`), ['PID-3.12 component-unknown']);
  assert.deepEqual(with1('EVN|A01|20261124120000\r', ''), ['EVN segment-missing']);
  assert.deepEqual(with1('ZPI|任意^内容', 'SCH|1'), [
    'SCH-6 field-missing',
    'SCH-11 field-missing',
    'SCH-16 field-missing',
    'SCH-20 field-missing',
    'SCH segment-unexpected',
  ]);
  assert.deepEqual(with1('ZPI|任意^内容', 'XYZ|1'), ['XYZ segment-unknown']);
  assert.deepEqual(with1('|P|2.4', '|P|9'), ['MSH-12 version']);
  assert.deepEqual(problems(GOOD.replace('|P|2.4', '|P|9'), '2.4'), []);
  assert.deepEqual(problems(`${GOOD}OBX|1|NM|GLU||五\rOBX|2|NM|GLU||5.2\r`), [
    'OBX-5 format',
    'OBX-11 field-missing',
    'OBX[2]-11 field-missing',
  ]);
  assert.deepEqual(with1('|M|', '|""|'), [], 'a value that is deleted has no format');
});

test('lengths are no limits since 2.7', () => {
  assert.ok(!problems(GOOD.replace('|P|2.4', '|P|2.8').replace('|M|', '|MAN|')).includes('PID-8 length'));
});

test('the sentence tells place and rule in both languages, but no value', () => {
  const [problem] = runSynchronously(checkSteps(readHl7(GOOD.replace('|M|', '|秘密值|')), undefined));
  assert.deepEqual(problem!.text, { 'zh-CN': 'PID-8：长 3 个字符，最多 1 个', en: 'PID-8: it has 3 characters, at most 1 are allowed' });
});

test('every version has a dictionary with the segments that all messages use', () => {
  for (const version of HL7_VERSIONS) {
    const { segments, allowed } = hl7Dictionary(version);
    for (const name of ['MSH', 'PID', 'PV1', 'OBX', 'MSA']) assert.ok(segments.has(name), `${version} ${name}`);
    assert.ok(allowed.has('ADT_A01') && allowed.has('ACK'), version);
  }
});

test('every message of the corpus is checked to its end', (t) => {
  const corpus = readCorpus();
  if (corpus.length === 0) return t.skip('allowed: the HL7 corpus is not beside this checkout');
  for (const { bytes } of corpus) assert.ok(problems(bytes.toString('utf8'), '2.5.1').length <= 50);
});
