import assert from 'node:assert/strict';
import { test } from 'node:test';
import { extractFlow } from '../../../designer/src/model/commands/extract-flow.ts';
import { apply, begin, undo } from '../../../designer/src/model/history/flow-history.ts';
import { exampleFlow, types } from './sample-types.ts';

const wish = (...nodes: string[]) => ({ nodes, name: '甲院预约', language: 'zh-CN' }) as const;

test('a stretch of a flow becomes a flow of its own, called in its place', () => {
  const flow = exampleFlow('appointment');
  const plan = extractFlow(flow, types, wish('n_to_a', 'n_book_a', 'n_from_a'));
  assert.ok('command' in plan);
  const names = plan.flow.nodes.map(({ type }) => type);
  assert.deepEqual(names, ['interface.call@1', 'transform.map@1', 'http.call@1', 'transform.map@1', 'control.reply@1']);
  const [start, ...rest] = plan.flow.nodes;
  const end = rest.at(-1);
  const wires = plan.flow.edges.map(({ from, to }) => `${from.node}.${from.port} > ${to.node}.${to.port}`);
  assert.deepEqual(wires, [
    `${start?.id}.out > n_to_a.in`,
    'n_to_a.ok > n_book_a.in',
    'n_book_a.ok > n_from_a.in',
    `n_from_a.ok > ${end?.id}.in`,
  ]);
  const history = apply(begin(flow), plan.command);
  const caller = history.document.nodes.find(({ id }) => id === plan.nodeId);
  assert.deepEqual(
    [caller?.type, caller?.label, caller?.config],
    ['flow.call@1', '甲院预约', { flowId: plan.flow.flowId, effect: 'write' }],
  );
  const around = history.document.edges.filter(({ from, to }) => from.node === plan.nodeId || to.node === plan.nodeId);
  assert.deepEqual(
    around.map(({ id, from, to }) => `${id} ${from.node}.${from.port} > ${to.node}.${to.port}`),
    [`e_3 n_where.a > ${plan.nodeId}.in`, `e_6 ${plan.nodeId}.ok > n_reply.in`],
  );
  assert.deepEqual(undo(history).document, flow);
});

test('what cannot be a flow of its own is refused with its reason', () => {
  const flow = exampleFlow('appointment');
  const refusal = (...nodes: string[]) => {
    const plan = extractFlow(flow, types, wish(...nodes));
    return 'refusal' in plan ? plan.refusal.code : undefined;
  };
  assert.equal(refusal('n_to_a'), 'TOO_FEW');
  assert.equal(refusal('n_call', 'n_check'), 'EXTRACT_ENDS');
  assert.equal(refusal('n_from_a', 'n_reply'), 'EXTRACT_ENDS');
  assert.equal(refusal('n_check', 'n_where'), 'EXTRACT_WAYS');
  assert.equal(refusal('n_to_b', 'n_book_b', 'n_from_b'), 'EXTRACT_READS');
});
