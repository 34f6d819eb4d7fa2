import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findIdFields, isIdName } from '../../../gateways/documents/find-id-fields.ts';
import { parseLocator } from '../../../gateways/documents/object-locator.ts';
import { buildInterface } from '../support/city-plan.ts';

test('knows names of ids in both languages, and no ordinary words', () => {
  for (const name of [
    'id',
    'patientId',
    'patient_id',
    'PatientID',
    'idCard',
    'id_card',
    'cardNo',
    '身份证',
    '就诊卡号',
    'mobile',
    'order-id',
    'pid',
  ])
    assert.ok(isIdName(name), name);
  for (const name of ['video', 'paid', 'valid', 'side', 'page', 'name', 'keyword', '科室', 'idle', 'android'])
    assert.ok(!isIdName(name), name);
});

test('finds them in path, query and body, as locators that rules accept', () => {
  const found = findIdFields(
    buildInterface({
      path: '/user/patients/:patient/visits/:visit',
      querySchema: { properties: { page: {}, patientId: {} } },
      requestSchema: {
        properties: {
          items: { type: 'array', items: { properties: { pid: {}, note: {} } } },
          cardNo: { type: 'array', items: { type: 'string' } },
          'a.b': { properties: { 'user id': {}, userId: {} } },
        },
      },
    }),
  );
  assert.deepEqual(found, [
    'path:patient',
    'path:visit',
    'query:patientId',
    'json:$.items[*].pid',
    'json:$.cardNo[*]',
    "json:$['a.b'].userId",
  ]);
  assert.ok(found.every((place) => parseLocator(place) !== undefined));
});

test('a schema without end is read only so far', () => {
  let schema: Record<string, unknown> = { properties: { id: {} } };
  for (let i = 0; i < 1000; i++) schema = { properties: { a: schema, id: {} } };
  assert.ok(findIdFields(buildInterface({ requestSchema: schema })).length <= 50);
});
