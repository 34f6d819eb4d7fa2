/** What the record of a step says of its wait for the sandbox, where other flows have all of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowNode } from '../../engine/contract/flow/flow-document.ts';
import { graph, startWithEngine } from './start-engine.ts';

const LONG_MS = 800;
const one = (flowId: string, type: string, config: FlowNode['config']) =>
  graph(
    flowId,
    { n_in: { type: 'interface.call@1' }, n_work: { type, config }, n_back: { type: 'control.reply@1' } },
    ['n_in > n_work', 'n_work.ok > n_back'],
    { deadlineMs: 60_000 },
  );
const runaway = (flowId: string) => one(flowId, 'code.run@1', { source: 'for (;;);', timeoutMs: LONG_MS });
const LOOP = { mapping: { rules: [{ to: 'all', from: { each: { path: 'data.list' }, item: { expression: '$sum([1..item])' } } }] } };

interface Step {
  readonly node: string;
  readonly sandboxWaitMs?: number;
}

test('a step that waits for the scripts of other flows says for how long, and one that does not wait says nothing', async (t) => {
  const running = await startWithEngine();
  t.after(() => running.stop());
  for (const flow of [runaway('flw_long_a'), runaway('flw_long_b'), one('flw_script', 'code.run@1', { source: 'return 1' })])
    await running.publish(flow);
  await running.publish(one('flw_mapping', 'transform.map@1', LOOP));
  // The called flow keeps no steps: the one that calls it waits.
  await running.publish(one('flw_calling', 'flow.call@1', { flowId: 'flw_script', effect: 'read' }));
  const workOf = (id: string) =>
    running.until(async () => {
      const { body } = (await running.admin.call('GET', `/executions/${id}`)) as { body: { steps?: Step[] } };
      return body.steps?.find(({ node }) => node === 'n_work');
    });
  // The two have both threads of the sandbox; what is called behind them waits until one of them is ended.
  const long = ['flw_long_a', 'flw_long_b'].map((flowId) => running.send(flowId, {}));
  const waiting = ['flw_script', 'flw_mapping', 'flw_calling'].map((flowId) => running.send(flowId, { list: [1, 2, 3] }));
  for (const id of await Promise.all(waiting)) {
    const { sandboxWaitMs = 0 } = await workOf(id);
    assert.ok(Number.isInteger(sandboxWaitMs) && sandboxWaitMs >= LONG_MS / 2, `${sandboxWaitMs} ms`);
  }
  await Promise.all(long);
  assert.equal('sandboxWaitMs' in (await workOf(await running.send('flw_script', {}))), false);
});
