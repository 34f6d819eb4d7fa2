import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import catchErrors from '../../../nodes/control/catch.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'takes the errors it names, and all when it names none' });

const data = { error: { code: 'A_B', kind: 'transient', message: 'm' }, node: 'n_x', data: 1 };

test('takes the errors it names, and all when it names none', async () => {
  for (const config of [{}, { codes: ['A_B'] }, { kinds: ['transient'], codes: [] }]) {
    const outcome = await runNode(catchErrors, { config, data });
    assert.ok('emit' in outcome);
    assert.deepEqual(outcome.emit?.['out']?.[0]?.data, data);
  }
});

test('lets other errors go on as they were', async () => {
  assert.deepEqual(await runNode(catchErrors, { config: { kinds: ['input'] }, data }), { reject: data.error });
});
