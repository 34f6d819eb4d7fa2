import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, type Deed } from '../../support/model-flows.ts';

const ITEMS = 20_000;

for (const kind of ['synchronous', 'asynchronous'] as const) {
  test(`a loop over many items lets others of the process have their turn: ${kind} steps`, async (t) => {
    const document = flowOf(
      [
        node('in', 'test.in'),
        node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 100, limit: ITEMS }),
        node('shape', 'test.shape'),
        node('reply', 'control.reply', { status: 200 }),
      ],
      [edge('in.out', 'each'), edge('each.each', 'shape'), edge('each.done', 'reply')],
      { mode: 'sync' },
    );
    let hadTurn = false;
    let wasInTime = false;
    const shape: Deed = (_ctx, { data }) => {
      if (data === 0) setImmediate(() => (hadTurn = true));
      if (data === ITEMS - 1) wasInTime = hadTurn;
      return kind === 'synchronous' ? data : Promise.resolve(data);
    };
    const lab = await openLab(document, [testAction('test.shape', 'pure', shape)]);
    t.after(() => lab.close());
    const { call } = await lab.start();
    const result = await call({ items: Array.from({ length: ITEMS }, (_, index) => index) });
    assert.ok(result.outcome === 'replied');
    assert.deepEqual((result.reply.message.data as number[]).at(-1), ITEMS - 1);
    assert.ok(wasInTime, 'nobody else had a turn before the last item');
  });
}
