import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { createScriptPool } from '../../../engine/script/script-pool.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import { wallClock } from '../../../engine/testing/wall-clock.ts';
import code from '../../../nodes/code/run.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'what the script returns is the new data; nothing returned is null',
  slow: 'a script that fails or does not end is an input error',
  refusal: 'a script that fails or does not end is an input error',
  cancel: 'a cancel lets go at once of a script that runs, which ends by its limit, and of one that waits for its turn',
  '10 MB': '10 MB go into a script and come back, where its limits let them',
});

const pool = createScriptPool({ clock: wallClock(), logger: silentLogger, size: 1 });
after(() => pool.close());
const run = (source: string, data: unknown = {}, nodes = {}, config: object = { timeoutMs: 200 }, signal?: AbortSignal) =>
  runNode(code, {
    config: { source, ...config },
    data,
    nodes,
    runScript: (text, input, limits) => pool.run(text, input as object, { ...limits, ...(signal && { signal }) }),
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

test('a cancel lets go at once of a script that runs, which ends by its limit, and of one that waits for its turn', async () => {
  const cancel = new AbortController();
  const running = [1, 2].map(() => run('for (;;);', {}, {}, { timeoutMs: 200 }, cancel.signal));
  cancel.abort(new Error('cancelled'));
  for (const one of running) await assert.rejects(one, /cancelled/);
  assert.ok('emit' in (await run('return 1')));
});

test('10 MB go into a script and come back, where its limits let them', async () => {
  const config = { timeoutMs: 60_000, memoryBytes: 268_435_456 };
  const outcome = await run('return message.data', { text: 'x'.repeat(10_000_000) }, {}, config);
  assert.ok('emit' in outcome);
  assert.equal((outcome.emit?.['ok']?.[0]?.data as { text: string }).text.length, 10_000_000);
});
