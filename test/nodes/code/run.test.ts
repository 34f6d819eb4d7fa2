import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLogger } from '../../../engine/contract/observe.ts';
import { createScriptPool } from '../../../engine/expression/script-pool.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import code from '../../../nodes/code/run.node.ts';

const pool = createScriptPool({ clock: wallClock(), logger: silentLogger, size: 1 });
after(() => pool.close());
const run = (source: string, data: unknown = {}, nodes = {}) =>
  runNode(code, {
    config: { source, timeoutMs: 200 },
    data,
    nodes,
    runScript: (text, input, limits) => pool.run(text, input as object, limits),
  });

test('what the script returns is the new data; nothing returned is null', async () => {
  const outcome = await run('return message.data.items.map((n) => n * nodes.n_rate)', { items: [1, 2] }, { n_rate: 3 });
  assert.ok('emit' in outcome);
  assert.deepEqual(outcome.emit?.['ok']?.[0]?.data, [3, 6]);
  const empty = await run('message.data = 1');
  assert.ok('emit' in empty);
  assert.equal(empty.emit?.['ok']?.[0]?.data, null);
});

test('a script that fails or does not end is an input error', async () => {
  await assert.rejects(run('\nthrow new Error("no bed")'), { code: 'SCRIPT_ERROR', kind: 'input', values: { line: 2 }, message: /no bed/ });
  await assert.rejects(run('for (;;);'), { code: 'SCRIPT_TIMEOUT', kind: 'input' });
});
