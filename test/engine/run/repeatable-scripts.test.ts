import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createScriptRunner } from '../../../engine/script/run-script.ts';
import type { RunDeps } from '../../../engine/run/run-deps.ts';
import { openLab } from '../../support/engine-lab.ts';
import { edge, flowOf, node, testAction, transient } from '../../support/model-flows.ts';

test('a script that is computed again gives what it gave: to every attempt of a write, and to who looks at the record', async (t) => {
  const script = 'return { serial: Math.random(), at: new Date().toISOString(), now: Date.now() }';
  const document = flowOf(
    [
      node('in', 'test.in'),
      node('each', 'control.for-each', { items: { path: 'data.items' }, concurrency: 1 }),
      node('code', 'test.code'),
      node('write', 'test.write', {}, { handling: { retry: { max: 5, baseMs: 60_000, factor: 1, capMs: 60_000, on: ['transient'] } } }),
    ],
    [edge('in.out', 'each'), edge('each.each', 'code'), edge('code', 'write')],
    { deadlineMs: 600_000 },
  );
  const sent = new Map<string, string[]>();
  const lab = await openLab(document, [
    testAction('test.code', 'pure', (ctx) => ctx.runScript(script, {})),
    testAction('test.write', 'write', (ctx, { data }) => {
      const bodies = sent.get(ctx.idempotencyKey) ?? [];
      sent.set(ctx.idempotencyKey, [...bodies, JSON.stringify(data)]);
      if (bodies.length < 2) throw transient();
      ctx.beforeFirstByte();
      return undefined;
    }),
  ]);
  t.after(() => lab.close());
  const { take, catalog } = await lab.start({ runScript: await inThisThread() });
  const acceptedAt = lab.clock.now();
  const id = await take({ items: [1, 2] });
  await lab.untilStatus(id, 'completed');

  const bodies = [...sent.values()];
  assert.deepEqual(
    bodies.map((attempts) => [attempts.length, new Set(attempts).size]),
    [
      [3, 1],
      [3, 1],
    ],
  );
  assert.notEqual(bodies[0]![0], bodies[1]![0], 'each item has numbers of its own');
  assert.equal((JSON.parse(bodies[0]![0]!) as { now: number }).now, acceptedAt);
  const shown = (await catalog.get(id, { payload: true }))!.outputs!['n_each[0]/n_code']!['ok']![0]!.data;
  assert.equal(JSON.stringify(shown), bodies[0]![0]);

  const other = await take({ items: [1] });
  await lab.untilStatus(other, 'completed');
  assert.equal(new Set([...sent.values()].flat()).size, 3, 'another execution has other ones');
});

/** The sandbox without its threads. */
async function inThisThread(): Promise<RunDeps['runScript']> {
  const runner = await createScriptRunner();
  return (source, input, { nowMs, seed }) => {
    const limits = { timeoutMs: 10_000, memoryBytes: 16e6, resultBytes: 1e6 };
    const { result } = runner.run({ kind: 'script', source, input: JSON.stringify(input), nowMs, seed, ...limits });
    runner.makeReady();
    return Promise.resolve(JSON.parse(result!));
  };
}
