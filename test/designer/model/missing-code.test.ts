import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import type { PayloadAnswer, Standstill } from '../../../designer/src/api/operations.ts';
import { missingCode, plainCode } from '../../../designer/src/pages/messages/message/missing-code.ts';

const lookup = { table: 'events', key: { path: 'data.body.event' } };
const rules = [
  { to: 'patient', from: { path: 'data.body.patient' } },
  { to: 'kind', from: { fn: 'text.trim', args: [lookup] } },
  { to: 'items', from: { each: { path: 'data.body.items' }, rules: [{ to: 'kind', from: lookup }] } },
];
const node = { id: 'n_map', type: 'transform.map@1', label: '', config: { mapping: { rules } } } as unknown as FlowNode;
const data = { inputs: { n_map: { data: { body: { event: 'A08', patient: '虚构张三' } }, headers: {}, keys: {} } } };

function found(rule: string, table = 'events', event: unknown = 'A08') {
  const error = { code: 'CODE_UNKNOWN', kind: 'input', message: '', values: { rule, table } };
  const standstill = { node: 'n_map', scope: '', state: 'held', error } as Standstill;
  const body = { ...data.inputs.n_map.data.body, event };
  return missingCode(standstill, node, { inputs: { n_map: { ...data.inputs.n_map, data: { body } } } } as unknown as PayloadAnswer);
}

test('the missing code is what the rule that failed looked up', () => {
  assert.equal(found('/rules/1'), 'A08');
  assert.equal(found('/rules/1', 'events', 3), '3');
  assert.equal(found('/rules/1/from/args/0'), 'A08');
});

test('of another rule, another table, or a loop no code is told', () => {
  assert.equal(found('/rules/0'), undefined);
  assert.equal(found('/rules/1', 'wards'), undefined);
  assert.equal(found('/rules/2'), undefined);
  assert.equal(found('/rules/2/from/rules/0'), undefined);
  assert.equal(found('/rules/1', 'events', { a: 1 }), undefined);
});

test('what may be a name, an identity number or a telephone number is not told as a code', () => {
  for (const code of ['A08', '12345678', 'ward-12.b', '2026_CARDIO_123456']) assert.equal(plainCode(code), code);
  for (const other of ['', '张三', 'Zhang San', '110101199003072316', '13800138000', 'x'.repeat(33), 'P-1234567'])
    assert.equal(plainCode(other), undefined);
});
