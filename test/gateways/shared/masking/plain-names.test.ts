import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaredNames, looksPersonal, showPointer } from '../../../../gateways/shared/masking/plain-names.ts';

const ID = '11010519491231002X';
const NONE = new Set<string>();

test('numbers of persons are found as they are and in Base64, names in Base64', () => {
  for (const text of [ID, `p_${ID}`, '13812345678', Buffer.from(ID).toString('base64'), Buffer.from('张三丰').toString('base64url')])
    assert.ok(looksPersonal(text), text);
  for (const text of ['patientId', 'requestedAppointment', '0af7651916cd43dd8448eb211c80319c', 'b7ad6b71-6920-3331', 'name'])
    assert.equal(looksPersonal(text), false, text);
});

test('a place shows declared names and plain identifiers only', () => {
  assert.equal(showPointer('/a/0/patient_name/@id', NONE), '/a/0/patient_name/@id');
  assert.equal(showPointer(`/患者/${ID}/${Buffer.from(ID).toString('base64')}/310105/a b`, NONE), '/*/*/*/*/*');
  const declared = declaredNames({ properties: { 患者: { type: 'array', items: { properties: { 'a b': {} } } } } }, undefined);
  assert.equal(showPointer('/患者/0/a b/张三', declared), '/患者/0/a b/*');
  assert.equal(showPointer('', NONE), '');
  assert.equal(showPointer(`/${'x'.repeat(41)}`, NONE), '/*');
});
