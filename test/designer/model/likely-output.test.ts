import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeSampleOf } from '../../../designer/src/forms/node-sample.ts';
import type { FlowDocument, FlowNode } from '../../../engine/contract/flow-document.ts';
import { emptyFlow, types } from './sample-types.ts';

const BODY = { type: 'object', properties: { department: { type: 'string', enum: ['NK'] } } };

function chain(...nodes: Pick<FlowNode, 'id' | 'type' | 'config'>[]): FlowDocument {
  const edges = nodes.slice(1).map(({ id }, index) => {
    const { id: from, type } = nodes[index]!;
    return { id: `e_${index}`, from: { node: from, port: type.startsWith('interface') ? 'out' : 'ok' }, to: { node: id, port: 'in' } };
  });
  return { ...emptyFlow(), nodes: nodes.map((node) => ({ ...node, label: '' })), edges };
}
const dataAt = (document: FlowDocument, nodeId: string) => scopeSampleOf(document, types, {}, nodeId).data;

test('before any message, a mapper reads the fields of the schema of the interface or of the check before it', () => {
  const map = { id: 'n_map', type: 'transform.map@1', config: { mapping: { rules: [] } } };
  const call = { id: 'n_in', type: 'interface.call@1', config: { schema: BODY } };
  assert.deepEqual(dataAt(chain(call, map), 'n_map'), { body: { department: 'NK' }, query: {}, params: {} });
  const check = { id: 'n_check', type: 'check.json-schema@1', config: { schema: { type: 'object', properties: { body: BODY } } } };
  assert.deepEqual(dataAt(chain({ ...call, config: {} }, check, map), 'n_map'), { body: { department: 'NK' } });
});

test('behind a mapping are the fields that it fills, behind a call what a saved test answers', () => {
  const rules = [
    { to: 'patient.name', from: { path: 'data.body.name' } },
    { to: 'source', from: { value: 'KQ' } },
    { to: 'items', from: { each: { path: 'data.body.items' }, rules: [{ to: 'code', from: { path: 'item.code' } }] } },
  ];
  const document = chain(
    { id: 'n_in', type: 'interface.call@1', config: {} },
    { id: 'n_map', type: 'transform.map@1', config: { mapping: { rules } } },
    { id: 'n_call', type: 'http.call@1', config: { method: 'POST', path: '/a' } },
    { id: 'n_back', type: 'transform.map@1', config: { mapping: { rules: [] } } },
  );
  assert.deepEqual(dataAt(document, 'n_call'), { patient: { name: '' }, source: 'KQ', items: [{ code: '' }] });
  assert.equal(dataAt(document, 'n_back'), undefined);
  const mocks = { n_call: { emit: { ok: { orderNo: '1' } } } };
  assert.deepEqual(dataAt({ ...document, tests: [{ name: 'a', input: { data: {} }, mocks, expect: [] }] }, 'n_back'), { orderNo: '1' });
});
