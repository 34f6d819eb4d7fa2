import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runFlow } from '../../../engine/testing/run-flow.ts';
import reply from '../../../nodes/control/reply.node.ts';
import httpCall from '../../../nodes/http/call.node.ts';
import interfaceCall from '../../../nodes/interface/call.node.ts';

const nodes = [interfaceCall, httpCall, reply];
const document = {
  schema: 'flow/1',
  flowId: 'flw_test',
  revision: 0,
  name: { 'zh-CN': '测试', en: 'Test' },
  domain: 'sh-city',
  tags: [],
  mode: 'sync',
  deadlineMs: 5000,
  nodes: [
    { id: 'n_in', type: 'interface.call@1', label: 'in', config: {} },
    { id: 'n_call', type: 'http.call@1', label: 'call', adapter: 'adp_a', config: { path: '/patients/{data.id}' } },
    { id: 'n_reply', type: 'control.reply@1', label: 'reply', config: {} },
  ],
  edges: [
    { id: 'e_1', from: { node: 'n_in', port: 'out' }, to: { node: 'n_call', port: 'in' } },
    { id: 'e_2', from: { node: 'n_call', port: 'ok' }, to: { node: 'n_reply', port: 'in' } },
  ],
  tests: [],
  layout: { nodes: {}, groups: [], notes: [] },
};

test('runs a flow with a mock in place of the hospital', async () => {
  const result = await runFlow(document, { nodes, input: { data: { id: '7' } }, mocks: { n_call: { emit: { ok: { name: '张三' } } } } });
  assert.equal(result.status, 'completed');
  assert.deepEqual(result.reply?.message.data, { name: '张三' });
  assert.deepEqual(
    result.steps.map(({ node }) => node),
    ['n_call', 'n_reply'],
  );
});

test('reaches nothing outside without a mock', async () => {
  const result = await runFlow(document, { nodes, input: { data: { id: '7' } } });
  assert.deepEqual([result.status, result.error?.code], ['not-reached', 'TRIAL_NOT_REACHED']);
  assert.deepEqual(
    result.steps.map(({ node, status, error }) => [node, status, error?.code]),
    [['n_call', 'not-reached', 'TRIAL_NOT_REACHED']],
  );
});

test('refuses a wrong document with its issues', async () => {
  await assert.rejects(
    runFlow({ ...document, mode: 'fast' }, { nodes, input: { data: {} } }),
    (error: { code: string; issues: { path: string }[] }) => {
      assert.equal(error.code, 'FLOW_INVALID');
      assert.ok(error.issues.some(({ path }) => path.startsWith('/mode')));
      return true;
    },
  );
});
