import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hl7FieldName, hl7SegmentName, hl7SubcomponentName } from '../../designer/src/viewer/hl7-names.ts';
import { insuranceSegments } from '../../designer/src/viewer/hl7-insurance-segments.ts';
import { medicationSegments } from '../../designer/src/viewer/hl7-medication-segments.ts';
import { orderSegments } from '../../designer/src/viewer/hl7-order-segments.ts';
import { patientSegments } from '../../designer/src/viewer/hl7-patient-segments.ts';
import { schedulingSegments } from '../../designer/src/viewer/hl7-scheduling-segments.ts';
import { systemSegments } from '../../designer/src/viewer/hl7-system-segments.ts';
import { hl7Types } from '../../designer/src/viewer/hl7-types.ts';
import { visitSegments } from '../../designer/src/viewer/hl7-visit-segments.ts';

const all = {
  ...systemSegments,
  ...schedulingSegments,
  ...patientSegments,
  ...visitSegments,
  ...insuranceSegments,
  ...orderSegments,
  ...medicationSegments,
};

test('names fields and components in both languages', () => {
  assert.equal(hl7FieldName('PID', 5, undefined, 'zh-CN'), '患者姓名');
  assert.equal(hl7FieldName('PID', 5, undefined, 'en'), 'Patient Name');
  assert.equal(hl7FieldName('PID', 5, 2, 'zh-CN'), '名');
  assert.equal(hl7FieldName('PID', 3, 4, 'zh-CN'), '分配机构');
  assert.equal(hl7FieldName('PID', 3, 5, 'en'), 'Identifier Type Code');
  assert.equal(hl7FieldName('MSH', 9, 2, 'zh-CN'), '触发事件');
  assert.equal(hl7FieldName('MSH', 10, undefined, 'zh-CN'), '消息控制号');
  assert.equal(hl7FieldName('PV1', 3, 3, 'zh-CN'), '床位');
  assert.equal(hl7FieldName('OBX', 5, undefined, 'zh-CN'), '观察值');
  assert.equal(hl7SubcomponentName({ segment: 'PID', field: 3, component: 4, subcomponent: 2 }, 'en'), 'Universal ID');
  assert.equal(hl7SubcomponentName({ segment: 'PID', field: 5, component: 2, subcomponent: 1 }, 'en'), undefined);
});

test('a field without components consists of its first', () => {
  assert.equal(hl7FieldName('PID', 8, 1, 'zh-CN'), '性别');
  assert.equal(hl7FieldName('PID', 8, 2, 'zh-CN'), undefined);
});

test('Z segments are of the site’s making, others that the standard does not know have no name', () => {
  assert.equal(hl7SegmentName('ZPI', 'zh-CN'), '自定义段');
  assert.equal(hl7FieldName('ZPI', 4, undefined, 'zh-CN'), '自定义字段 4');
  assert.equal(hl7FieldName('ZPI', 4, 2, 'en'), 'Site-defined field 4, component 2');
  assert.equal(hl7SegmentName('QQQ', 'zh-CN'), undefined);
  assert.equal(hl7FieldName('QQQ', 1, undefined, 'en'), undefined);
  assert.equal(hl7FieldName('PID', 99, undefined, 'en'), undefined);
  assert.equal(hl7FieldName('constructor', 1, undefined, 'en'), undefined);
  assert.equal(hl7SegmentName('PID', 'zh-CN'), '患者标识');
});

/** Number of fields in HL7 v2.5.1: a name left out or doubled would move all that follow it. */
const COUNTS: Readonly<Record<string, number>> = {
  MSH: 21,
  MSA: 6,
  ERR: 12,
  EVN: 7,
  NTE: 4,
  QRD: 12,
  QRF: 10,
  PID: 39,
  PD1: 21,
  NK1: 39,
  MRG: 7,
  AL1: 6,
  DG1: 21,
  PR1: 20,
  PV1: 52,
  PV2: 49,
  TXA: 23,
  GT1: 57,
  IN1: 53,
  FT1: 31,
  ORC: 31,
  OBR: 50,
  OBX: 25,
  SPM: 29,
  TQ1: 14,
  SCH: 27,
  RGS: 3,
  AIS: 12,
  AIG: 14,
  AIL: 12,
  AIP: 12,
  RXO: 28,
  RXE: 44,
  RXA: 26,
  RXR: 6,
};

test('segments have as many fields as the standard says', () => {
  for (const [segment, count] of Object.entries(COUNTS)) assert.equal(all[segment]?.fields.length, count, segment);
});

test('names at places that everybody knows stand where the standard puts them', () => {
  const places: readonly [string, number, string][] = [
    ['PID', 18, 'Patient Account Number'],
    ['PID', 30, 'Patient Death Indicator'],
    ['PV1', 19, 'Visit Number'],
    ['PV1', 44, 'Admit Date/Time'],
    ['OBR', 4, 'Universal Service Identifier'],
    ['OBR', 25, 'Result Status'],
    ['OBX', 11, 'Observation Result Status'],
    ['ORC', 12, 'Ordering Provider'],
    ['IN1', 36, 'Policy Number'],
    ['IN1', 49, "Insured's ID Number"],
    ['RXA', 21, 'Action Code - RXA'],
    ['RXE', 15, 'Prescription Number'],
    ['SCH', 25, 'Filler Status Code'],
    ['TXA', 12, 'Unique Document Number'],
    ['FT1', 19, 'Diagnosis Code - FT1'],
    ['GT1', 21, 'Guarantor Organization Name'],
    ['NK1', 30, "Contact Person's Name"],
  ];
  for (const [segment, field, name] of places) assert.equal(hl7FieldName(segment, field, undefined, 'en'), name);
});

test('every name is Chinese on one side and English on the other, and every type has components', () => {
  const names = [...Object.values(all).flatMap(({ name, fields }) => [name, ...fields]), ...Object.values(hl7Types).flat()];
  for (const [zh, en, type] of names) {
    assert.match(zh, /\p{Script=Han}|^(?:NDC)/u);
    assert.doesNotMatch(en, /\p{Script=Han}/u);
    if (type !== undefined) assert.ok(Object.hasOwn(hl7Types, type), type);
  }
});
