import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scopeSampleOf } from '../../../../designer/src/node-panel/node-sample.ts';
import { bodySchema, missingFields, NO_SHAPES, offeredShapes } from '../../../../designer/src/model/samples/offered-shapes.ts';
import { schemasBehind } from '../../../../designer/src/model/samples/expected-fields.ts';
import type { FlowDocument, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { emptyFlow, types } from '../sample-types.ts';

const BODY = { type: 'object', properties: { department: { type: 'string', enum: ['NK'] } } };

function chain(...nodes: Pick<FlowNode, 'id' | 'type' | 'config' | 'adapter'>[]): FlowDocument {
  const edges = nodes.slice(1).map(({ id }, index) => {
    const { id: from, type } = nodes[index]!;
    return { id: `e_${index}`, from: { node: from, port: type.startsWith('interface') ? 'out' : 'ok' }, to: { node: id, port: 'in' } };
  });
  return { ...emptyFlow(), nodes: nodes.map((node) => ({ ...node, label: '' })), edges };
}
const dataAt = (document: FlowDocument, nodeId: string, offered = NO_SHAPES) => scopeSampleOf(document, types, offered, {}, nodeId).data;

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

test('behind an HL7 parser are the fields of the message that a saved test or the trigger has as its sample', () => {
  const document = chain(
    { id: 'n_in', type: 'mllp.listen@1', config: {} },
    { id: 'n_parse', type: 'hl7.parse@1', config: {} },
    { id: 'n_map', type: 'transform.map@1', config: { mapping: { rules: [] } } },
  );
  const patientIn = (data: unknown) => (data as { readonly PID: readonly unknown[] }).PID[0];
  const from = { ...document.edges[0]!, from: { node: 'n_in', port: 'out' } };
  const flow = { ...document, edges: [from, ...document.edges.slice(1)] };
  assert.deepEqual(patientIn(dataAt(flow, 'n_map')), {
    f1: [{ c1: '1' }],
    f3: [{ c1: 'P000001', c4: 'HOSPITAL-X' }],
    f5: [{ c1: '测试甲' }],
    f7: [{ c1: '19900101' }],
    f8: [{ c1: 'F' }],
  });
  const newer = { ...flow, nodes: flow.nodes.map((node) => (node.id === 'n_parse' ? { ...node, type: 'hl7.parse@2' } : node)) };
  assert.deepEqual((patientIn(dataAt(newer, 'n_map')) as Record<string, unknown>)['f5'], [{ c1: '测试甲', c1s1: '测试甲' }]);
  const branch = { id: 'n_branch', type: 'control.condition@1', label: '', config: {} };
  const branched = {
    ...flow,
    nodes: [...flow.nodes, branch],
    edges: [
      from,
      { id: 'e_b', from: { node: 'n_parse', port: 'ok' }, to: { node: 'n_branch', port: 'in' } },
      { id: 'e_m', from: { node: 'n_branch', port: 'default' }, to: { node: 'n_map', port: 'in' } },
    ],
  };
  assert.deepEqual(dataAt(branched, 'n_map'), dataAt(flow, 'n_map'));
  const withTest = (data: unknown) => ({ ...flow, tests: [{ name: 'a', input: { data }, mocks: {}, expect: [] }] });
  assert.deepEqual(patientIn(dataAt(withTest('MSH|^~\\&|A\rPID|||7'), 'n_map')), { f3: [{ c1: '7' }] });
  assert.equal(dataAt(withTest('no HL7'), 'n_map'), undefined);
});

test('around a call that its system describes are the fields that it takes and gives, of the operation that is configured', () => {
  const text = { type: 'string' };
  const offer = (operation: string, gives: string) => ({
    name: operation,
    config: { operation, namespace: 'urn:b' },
    takes: { type: 'object', properties: { PatientId: text } },
    gives: { type: 'object', properties: { [gives]: text } },
  });
  const document = chain(
    { id: 'n_in', type: 'interface.call@1', config: {} },
    { id: 'n_to', type: 'transform.map@1', config: { mapping: { rules: [] } } },
    { id: 'n_call', type: 'soap.call@1', adapter: 'adp_b', config: { operation: 'Register', namespace: 'urn:b', version: '1.1' } },
    { id: 'n_back', type: 'transform.map@1', config: { mapping: { rules: [] } } },
  );
  const offers = new Map([['soap.call@1 adp_b', [offer('Query', 'Reports'), offer('Register', 'RegNo')]]]);
  const offered = offeredShapes(document.nodes, offers);
  assert.deepEqual(Object.keys(dataAt(document, 'n_back', offered) as object), ['RegNo']);
  assert.deepEqual(schemasBehind(document, offered, 'n_to'), [{ label: 'n_call', schema: offers.get('soap.call@1 adp_b')![1]!.takes }]);
  assert.equal(
    dataAt(document, 'n_back', offeredShapes(document.nodes, new Map([['soap.call@1 adp_b', [offer('Query', 'Reports')]]]))),
    undefined,
  );
});

test('a trial begins with what the called service takes, and says what a request lacks by its description', () => {
  const takes = { type: 'object', properties: { PatientId: { type: 'string' } }, required: ['PatientId'] };
  const offer = { name: 'Register', config: { operation: 'Register' }, takes, gives: {} };
  const call = { id: 'n_call', type: 'soap.call@1', adapter: 'adp_b', config: { operation: 'Register', body: { path: 'data.body' } } };
  const document = chain({ id: 'n_in', type: 'interface.call@1', config: {} }, call);
  const offered = offeredShapes(document.nodes, new Map([['soap.call@1 adp_b', [offer]]]));
  assert.equal(bodySchema(document, types, offered), takes);
  assert.equal(bodySchema(chain({ id: 'n_in', type: 'interface.call@1', config: { schema: BODY } }, call), types, offered), BODY);
  const node = document.nodes[1]!;
  assert.deepEqual(missingFields(node, offered, { body: { department: '01' } }), ['PatientId']);
  assert.deepEqual(missingFields(node, offered, { body: { PatientId: 'P1' } }), []);
  const worked = { ...node, config: { ...node.config, body: { expression: '$merge([data.body])' } } };
  assert.deepEqual(missingFields(worked, offered, {}), []);
});
