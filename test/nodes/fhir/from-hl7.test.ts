import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import fromHl7 from '../../../nodes/fhir/from-hl7.node.ts';
import parse from '../../../nodes/hl7/parse.node.ts';
import { readCorpus } from '../shared/hl7/corpus.ts';
import { endsOnCancel, whileOthersGoOn } from '../support/large.ts';
import { foreignProblems } from './foreign-validators.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'each field of an admission is where its row of the table says',
  refusal: 'another message type, or no message, is refused',
  cancel: '10 MB are converted while others go on, and a cancel ends it',
  '10 MB': '10 MB are converted while others go on, and a cancel ends it',
});

type Json = Record<string, unknown>;
interface Entry {
  readonly fullUrl: string;
  readonly resource: Json & { readonly resourceType: string };
  readonly request?: { readonly method: string; readonly url: string };
}
interface Bundle {
  readonly type: string;
  readonly entry: readonly Entry[];
}

/** Writes a segment by the numbers of its fields, as the tables name them. */
function segment(name: string, fields: Readonly<Record<number, string>>): string {
  const values: string[] = [name];
  for (const [number, value] of Object.entries(fields)) values[Number(number) - (name === 'MSH' ? 1 : 0)] = value;
  return Array.from(values, (value) => value ?? '').join('|');
}
const header = (type: string) =>
  segment('MSH', {
    2: '^~\\&',
    3: 'HIS',
    4: '协和医院',
    5: 'BUS',
    6: '市平台',
    7: '20261130083000',
    9: type,
    10: 'M1',
    11: 'P',
    12: '2.5.1',
    18: 'UNICODE UTF-8',
  });
const PID = segment('PID', {
  1: '1',
  3: '0007^^^HIS&1.2.3&ISO^MR~110101198001010011^^^GA^NI',
  5: '张^三^^^^^L',
  7: '19800102030405',
  8: 'M',
  11: '东城区1号&东大街^2单元^北京^京^100000^CHN^H',
  13: '13800000000^PRN^PH~^WPN^PH^^86^10^65001234',
  16: 'M',
  29: '20261130',
});

async function convert(data: unknown, config = {}): Promise<Bundle> {
  const outcome = await runNode(fromHl7, { data, config });
  assert.ok('emit' in outcome);
  return outcome.emit!['ok']![0]!.data as Bundle;
}

/** Reads `name[0].given[1]`; a reference is followed by `->`. */
function at(bundle: Bundle, resource: Json | undefined, path: string): unknown {
  return path.split(/\.|(?=->)/).reduce<unknown>((value, step) => {
    if (step.startsWith('->')) {
      const found = bundle.entry.find(({ fullUrl }) => fullUrl === (value as { reference: string }).reference)!.resource as Json;
      return step === '->' ? found : found[step.slice(2)];
    }
    const [, name = '', index] = /^(\w+)(?:\[(\d+)\])?$/.exec(step) ?? [];
    const inner = (value as Json | undefined)?.[name];
    return index === undefined ? inner : (inner as unknown[] | undefined)?.[Number(index)];
  }, resource);
}

function shows(bundle: Bundle, type: string, expected: Readonly<Record<string, unknown>>, which = 0): void {
  const resource = bundle.entry.filter((entry) => entry.resource.resourceType === type)[which]?.resource;
  assert.ok(resource, `there is a ${type}`);
  for (const [path, value] of Object.entries(expected)) assert.deepEqual(at(bundle, resource, path), value, `${type}.${path}`);
}

test('each field of an admission is where its row of the table says', async () => {
  const bundle = await convert(
    [
      header('ADT^A01^ADT_A01'),
      segment('EVN', { 2: '20261130083000' }),
      PID,
      segment('NK1', { 1: '1', 2: '李^四', 3: 'SPO^配偶^HL70063', 5: '13900000000^PRN^PH' }),
      segment('PV1', {
        2: 'I',
        3: '内科^101^3^协和',
        4: 'E',
        7: '0001^王^医生',
        10: 'MED',
        14: '7',
        19: 'V123^^^HIS',
        44: '20261129080000+0800',
      }),
      segment('AL1', { 1: '1', 2: 'DA', 3: '7980^青霉素^RXNORM', 4: 'SV', 5: '皮疹', 6: '20200101' }),
      segment('DG1', { 1: '1', 3: 'I10^高血压^I10', 5: '20261129', 6: 'A', 16: '0001^王^医生' }),
      '',
    ].join('\r'),
  );
  assert.deepEqual(foreignProblems(bundle), []);
  shows(bundle, 'MessageHeader', {
    'eventCoding.code': 'A01',
    'eventCoding.system': 'http://terminology.hl7.org/CodeSystem/v2-0003',
    'source.name': 'HIS',
    'sender->identifier[0].value': undefined,
  });
  shows(bundle, 'Patient', {
    'identifier[0].value': '0007',
    'identifier[0].type.coding[0].code': 'MR',
    'identifier[1].value': '110101198001010011',
    'name[0].family': '张',
    'name[0].given[0]': '三',
    'name[0].use': 'official',
    birthDate: '1980-01-02',
    '_birthDate.extension[0].valueDateTime': '1980-01-02T03:04:05+08:00',
    gender: 'male',
    'address[0].line[0]': '东城区1号',
    'address[0].line[1]': '东大街',
    'address[0].line[2]': '2单元',
    'address[0].city': '北京',
    'address[0].state': '京',
    'address[0].postalCode': '100000',
    'address[0].country': 'CHN',
    'address[0].use': 'home',
    'telecom[0].value': '13800000000',
    'telecom[0].system': 'phone',
    'telecom[1].value': '+86 10 65001234',
    'maritalStatus.coding[0].display': 'Married',
    deceasedDateTime: '2026-11-30',
  });
  shows(bundle, 'RelatedPerson', {
    'name[0].family': '李',
    'relationship[0].coding[0].code': 'SPS',
    'telecom[0].value': '13900000000',
    'patient->resourceType': 'Patient',
  });
  shows(bundle, 'Encounter', {
    status: 'in-progress',
    'class.code': 'IMP',
    'identifier[0].value': 'V123',
    'identifier[0].type.coding[0].code': 'VN',
    'period.start': '2026-11-29T08:00:00+08:00',
    'participant[0].type[0].coding[0].code': 'ATND',
    'participant[0].individual->name': [{ family: '王', given: ['医生'] }],
    'location[0].status': 'active',
    'location[0].location->identifier': [{ value: '3' }],
    'location[0].location->partOf->identifier': [{ value: '101' }],
    'subject->resourceType': 'Patient',
    'diagnosis[0].condition->resourceType': 'Condition',
  });
  shows(bundle, 'AllergyIntolerance', {
    'code.coding[0].code': '7980',
    'category[0]': 'medication',
    'reaction[0].severity': 'severe',
    'reaction[0].manifestation[0].text': '皮疹',
    'patient->resourceType': 'Patient',
  });
  shows(bundle, 'Condition', {
    'code.coding[0].code': 'I10',
    'code.coding[0].system': 'http://hl7.org/fhir/sid/icd-10',
    onsetDateTime: '2026-11-29',
    'subject->resourceType': 'Patient',
  });
});

test('each field of a result is where its row of the table says', async () => {
  const bundle = await convert(
    [
      header('ORU^R01^ORU_R01'),
      PID,
      segment('ORC', { 1: 'RE', 2: 'P1^HIS', 3: 'F1^LIS', 5: 'CM' }),
      segment('OBR', {
        1: '1',
        2: 'P1^HIS',
        3: 'F1^LIS',
        4: '24331-1^血脂^LN',
        7: '20261130080000',
        22: '20261130082500',
        24: 'LAB',
        25: 'F',
      }),
      segment('OBX', {
        1: '1',
        2: 'NM',
        3: '2093-3^总胆固醇^LN',
        5: '5.2',
        6: 'mmol/L^毫摩尔每升^UCUM',
        7: '3.1-5.7',
        8: 'N',
        11: 'F',
        14: '20261130080000',
      }),
      segment('NTE', { 1: '1', 3: '空腹' }),
      segment('OBX', { 1: '2', 2: 'SN', 3: '14957-5^微量白蛋白^LN', 5: '<^10', 6: 'mg/L', 11: 'P' }),
      segment('OBX', { 1: '3', 2: 'ST', 3: '8251-1^备注^LN', 5: '溶血', 11: 'C' }),
      segment('OBX', { 1: '4', 2: 'CWE', 3: '883-9^血型^LN', 5: 'A^A型^L' }),
      segment('OBX', { 1: '5', 2: 'DT', 3: '8665-2^末次月经^LN', 5: '20261101', 11: 'F' }),
      segment('SPM', { 1: '1', 2: 'S1&HIS^S2&LIS', 4: 'BLD^血^HL70487', 17: '20261130075000' }),
      '',
    ].join('\r'),
  );
  assert.deepEqual(foreignProblems(bundle), []);
  shows(bundle, 'DiagnosticReport', {
    status: 'final',
    'code.coding[0].code': '24331-1',
    'code.coding[0].system': 'http://loinc.org',
    effectiveDateTime: '2026-11-30T08:00:00+08:00',
    issued: '2026-11-30T08:25:00+08:00',
    'category[0].coding[0].display': 'Laboratory',
    'identifier[0].value': 'P1',
    'identifier[1].value': 'F1',
    'basedOn[0]->resourceType': 'ServiceRequest',
    'subject->resourceType': 'Patient',
    'result[0]->resourceType': 'Observation',
    'result[4]->valueDateTime': '2026-11-01',
    'specimen[0]->resourceType': 'Specimen',
  });
  shows(bundle, 'ServiceRequest', { status: 'completed', intent: 'order', 'code.coding[0].display': '血脂' });
  const observation = (which: number, expected: Readonly<Record<string, unknown>>) => shows(bundle, 'Observation', expected, which);
  observation(0, {
    status: 'final',
    valueQuantity: { value: 5.2, code: 'mmol/L', unit: '毫摩尔每升', system: 'http://unitsofmeasure.org' },
    'referenceRange[0].text': '3.1-5.7',
    'interpretation[0].coding[0].display': 'Normal',
    'note[0].text': '空腹',
    effectiveDateTime: '2026-11-30T08:00:00+08:00',
    'subject->resourceType': 'Patient',
  });
  observation(1, { status: 'preliminary', valueQuantity: { comparator: '<', value: 10, unit: 'mg/L' } });
  observation(2, { status: 'corrected', valueString: '溶血' });
  observation(3, { status: 'unknown', 'valueCodeableConcept.coding[0].code': 'A' });
  shows(bundle, 'Specimen', {
    'identifier[0].value': 'S1',
    'type.coding[0].code': 'BLD',
    'collection.collectedDateTime': '2026-11-30T07:50:00+08:00',
  });
  assert.equal(bundle.entry.filter(({ resource }) => resource.resourceType === 'Observation').length, 5, 'each once');
});

const ATTACHMENT = 'https://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.valueAttachment';
const attached = (attachment: Json) => ({ extension: [{ url: ATTACHMENT, valueAttachment: attachment }] });
/** OBX-2, OBX-5 and OBX-6, and what the observation then has of it. */
const RESULTS: readonly (readonly [type: string, value: string, unit: string, expected: Json])[] = [
  ['NM', '<3.5', 'g/L', { valueQuantity: { comparator: '<', value: 3.5, unit: 'g/L' } }],
  ['NM', '>= 5', '', { valueQuantity: { comparator: '>=', value: 5 } }],
  ['NM', '阳性', '', { valueString: '阳性' }],
  ['NM', '1,234', 'g/L', { valueString: '1,234 g/L' }],
  ['NM', '9'.repeat(20), '', { valueString: '9'.repeat(20) }],
  ['TX', '第一行~~第二行', '', { valueString: '第一行\n\n第二行' }],
  ['ST', 'a^b\\T\\c', '', { valueString: 'a^b&c' }],
  ['FT', '甲\u3000乙', '', { valueString: '甲\u3000乙' }],
  ['CE', '1^一^L', '', { valueCodeableConcept: { coding: [{ code: '1', display: '一', system: 'L' }] } }],
  ['CWE', 'A^A&B型^L', '', { valueCodeableConcept: { coding: [{ code: 'A', display: 'A&B型', system: 'L' }] } }],
  ['CWE', '^^^^^^^^原文', '', { valueCodeableConcept: { text: '原文' } }],
  ['TS', '20261130083000', '', { valueDateTime: '2026-11-30T08:30:00+08:00' }],
  ['DT', '20261399', '', { valueString: '20261399' }],
  ['TM', '2630', '', { valueString: '2630' }],
  ['DR', '20260101^20260102', '', { valuePeriod: { start: '2026-01-01', end: '2026-01-02' } }],
  ['SN', '>^1^:^128', '', { valueRatio: { numerator: { comparator: '>', value: 1 }, denominator: { value: 128 } } }],
  ['SN', '^1^-^2', 'g', { valueRange: { low: { value: 1, unit: 'g' }, high: { value: 2, unit: 'g' } } }],
  ['SN', '=^5', '', { valueQuantity: { value: 5 } }],
  ['SN', '^2^+', '', { valueString: '2 +' }],
  ['SN', '<>^2', 'g', { valueString: '<> 2 g' }],
  ['SN', '>^1^-^2', '', { valueString: '> 1 - 2' }],
  ['NR', '1^2', 'g', { valueRange: { low: { value: 1, unit: 'g' }, high: { value: 2, unit: 'g' } } }],
  ['VR', '1^2', '', { valueString: '1-2' }],
  ['CX', '123^^^H', '', { valueString: '123^^^H' }],
  ['', '没有类型', '', { valueString: '没有类型' }],
  ['RP', 'f.pdf^LIS^AP', '', { valueString: 'f.pdf^LIS^AP' }],
  ['ED', 'LIS^AP^PDF^Base64^JVBERi0x\\.br\\LjQ=', '', attached({ contentType: 'application/pdf', data: 'JVBERi0xLjQ=' })],
  ['ED', '^image^jpeg^Hex^FFD8', '', attached({ contentType: 'image/jpeg', data: '/9g=' })],
  ['ED', '^text^plain^A^好', '', attached({ contentType: 'text/plain', data: '5aW9' })],
  ['ED', '^image^jpeg^Base64^?', '', { valueString: '^image^jpeg^Base64^?' }],
  ['NM', '""', '', {}],
];

test('no value of OBX-5 is lost: what is not of its type, or has no row, is kept as text', async () => {
  for (const [type, value, unit, expected] of RESULTS) {
    const bundle = await convert(
      [header('ORU^R01'), segment('OBX', { 2: type, 3: 'T^项目^L', 5: value, 6: unit, 11: 'F' }), ''].join('\r'),
    );
    const { resource } = bundle.entry.find((entry) => entry.resource.resourceType === 'Observation')!;
    const { resourceType: _type, status, code: _code, ...rest } = resource;
    assert.deepEqual([status, rest], ['final', expected], `${type} ${value}`);
    // The schema that the first of both uses knows only the white space of ASCII.
    if (!value.includes('\u3000')) assert.deepEqual(foreignProblems(bundle), [], `${type} ${value}`);
  }
});

test('repeated values are components with the code of the observation', async () => {
  const bundle = await convert(`${header('ORU^R01')}\rOBX|1|CWE|T^项目^L||A^甲^L~B^乙^L||||||F\rOBX|2|NM|N^数^L||1~二|g|||||F\r`);
  assert.deepEqual(foreignProblems(bundle), []);
  shows(bundle, 'Observation', {
    valueCodeableConcept: undefined,
    'component[0].code.coding[0].code': 'T',
    'component[0].valueCodeableConcept.coding[0].code': 'A',
    'component[1].valueCodeableConcept.coding[0].display': '乙',
  });
  const second = { 'component[0].valueQuantity': { value: 1, unit: 'g' }, 'component[1].valueString': '二 g' };
  shows(bundle, 'Observation', { valueQuantity: undefined, ...second }, 1);
  const nameless = await convert(`${header('ORU^R01')}\rOBX|1|NM|||1~2\r`);
  shows(nameless, 'Observation', { 'component[1]': { code: { text: 'unknown' }, valueQuantity: { value: 2 } } });
});

test('too many repeated values are one text', async () => {
  const bundle = await convert(`${header('ORU^R01')}\rOBX|1|NM|T^项目^L||${Array(101).fill('1').join('~')}||||||F\r`);
  shows(bundle, 'Observation', { component: undefined, valueString: Array(101).fill('1').join('\n') });
});

test('each field of an appointment is where its row of the table says', async () => {
  const bundle = await convert(
    [
      header('SIU^S12^SIU_S12'),
      segment('SCH', {
        1: 'A1^HIS',
        2: 'A2^HIS',
        7: 'ROUTINE^例行^HL70276',
        8: 'CHECKUP^体检^HL70277',
        9: '30',
        10: 'MIN',
        16: '0004^钱^主任',
        25: 'Booked',
      }),
      PID,
      segment('RGS', { 1: '1' }),
      segment('AIS', { 1: '1', 3: 'CT^头部CT^L', 4: '20261201090000', 7: '30', 8: 'MIN' }),
      segment('AIL', { 1: '1', 3: '影像科^201' }),
      segment('AIP', { 1: '1', 3: '0006^周^技师' }),
      '',
    ].join('\r'),
  );
  assert.deepEqual(foreignProblems(bundle), []);
  shows(bundle, 'Appointment', {
    status: 'booked',
    'identifier[0].value': 'A1',
    'identifier[1].value': 'A2',
    'reasonCode[0].coding[1].code': 'ROUTINE',
    'appointmentType.coding[0].code': 'CHECKUP',
    minutesDuration: 30,
    start: '2026-12-01T09:00:00+08:00',
    end: '2026-12-01T01:30:00.000Z',
    'serviceType[0].coding[0].display': '头部CT',
    'participant[0].actor->name': [{ family: '钱', given: ['主任'] }],
    'participant[1].actor->resourceType': 'Patient',
    'participant[2].actor->identifier': [{ value: '201' }],
    'participant[3].actor->name': [{ family: '周', given: ['技师'] }],
    'participant[0].status': 'needs-action',
  });
  assert.equal(bundle.entry.filter(({ resource }) => resource.resourceType === 'Patient').length, 1);
});

test('two foreign validators accept the Bundle of every ADT, ORU and SIU of the corpus, of each type', async (t) => {
  const corpus = readCorpus().filter(({ bytes }) => /^MSH.{5,200}\|(?:ADT|ORU|SIU)\^/.test(bytes.toString('utf8').slice(0, 300)));
  if (corpus.length === 0) return t.skip('allowed: the HL7 corpus is not beside this checkout');
  for (const { name, bytes } of corpus)
    for (const type of ['transaction', 'message', 'collection'])
      assert.deepEqual(foreignProblems(await convert(bytes.toString('utf8'), { bundle: type })), [], `${name} ${type}`);
});

test('what the message does not say is unknown, and what is no value of R4 is left out', async () => {
  const bundle = await convert(`${header('ADT^A01')}\rPID|1||7||||昨天|男\rPV1|1|\rOBX|1|NM|||五\r`);
  assert.deepEqual(foreignProblems(bundle), []);
  shows(bundle, 'Patient', { birthDate: undefined, gender: undefined, 'identifier[0].value': '7' });
  shows(bundle, 'Encounter', { status: 'unknown', 'class.code': 'UNK' });
  shows(bundle, 'Observation', { status: 'unknown', 'code.text': 'unknown', valueQuantity: undefined });
});

test('text, bytes and data of hl7.parse give the same Bundle, with the same ids each time', async () => {
  const text = `${header('ADT^A01')}\r${PID}\r`;
  const parsed = await runNode(parse, { data: text });
  assert.ok('emit' in parsed);
  const plain = ({ entry }: Bundle) => entry;
  const expected = plain(await convert(text));
  assert.deepEqual(plain(await convert(new Uint8Array(Buffer.from(text)))), expected);
  assert.deepEqual(plain(await convert(parsed.emit!['ok']![0]!.data)), expected);
  assert.equal(new Set(expected.map(({ fullUrl }) => fullUrl)).size, expected.length);
  assert.deepEqual(expected[0]!.request, { method: 'POST', url: 'MessageHeader' });
});

test('another message type, or no message, is refused', async () => {
  await assert.rejects(convert(`${header('ORM^O01')}\r`), { code: 'HL7_TYPE_UNEXPECTED', kind: 'input' });
  await assert.rejects(convert('hello'), { code: 'HL7_MALFORMED' });
  await assert.rejects(convert({}), { code: 'HL7_FORM_WRONG' });
});

test('10 MB are converted while others go on, and a cancel ends it', async () => {
  const observation = `${segment('OBX', { 1: '1', 2: 'ST', 3: '8251-1^备注^LN', 5: '长'.repeat(10_000), 11: 'F' })}\r`;
  const data = `${header('ORU^R01')}\r${PID}\r${observation.repeat(1000)}`;
  const outcome = await whileOthersGoOn(fromHl7, { data });
  assert.ok('emit' in outcome);
  assert.ok((outcome.emit!['ok']![0]!.data as Bundle).entry.length > 1000);
  await endsOnCancel(fromHl7, { data });
});
