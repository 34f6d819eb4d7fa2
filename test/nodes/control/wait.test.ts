import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeClock } from '../../../engine/testing/fake-clock.ts';
import { runNode } from '../../../engine/testing/run-node.ts';
import wait from '../../../nodes/control/wait.node.ts';
import { engineBuild } from '../support/engine-build.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'waits for a time, until a moment, or for a token',
  refusal: 'refuses moments and tokens that cannot be waited for',
});

const NOW = Date.UTC(2026, 0, 1);
const run = (config: Record<string, unknown>, data: unknown = {}) =>
  runNode(wait, { config, data, clock: fakeClock(NOW), build: engineBuild() });

test('waits for a time, until a moment, or for a token', async () => {
  assert.deepEqual(await run({ durationMs: 500 }), { wait: { untilMs: NOW + 500 } });
  assert.deepEqual(await run({ until: { expression: 'now + 1000' } }), { wait: { untilMs: NOW + 1000 } });
  assert.deepEqual(await run({ resume: 'data.no', timeoutMs: 9 }, { no: 'A1' }), { wait: { resumeToken: 'A1', untilMs: NOW + 9 } });
  assert.deepEqual(await run({ resume: 'data.no' }, { no: 'A1' }), { wait: { resumeToken: 'A1' } });
});

test('refuses moments and tokens that cannot be waited for', async () => {
  await assert.rejects(run({ until: { path: 'data.at' } }, { at: 'soon' }), { code: 'WAIT_UNTIL_WRONG' });
  await assert.rejects(run({ until: { value: NOW * 2 } }), { code: 'WAIT_UNTIL_WRONG' });
  await assert.rejects(run({ resume: 'data.no' }), { code: 'WAIT_TOKEN_WRONG' });
  await assert.rejects(run({}), { code: 'NODE_CONFIG_WRONG' });
  await assert.rejects(run({ durationMs: 1, timeoutMs: 1 }), { code: 'NODE_CONFIG_WRONG' });
});
