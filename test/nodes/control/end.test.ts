import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import end from '../../../nodes/control/end.node.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, { happy: 'refuses the message with the error and status it is given' });

test('refuses the message with the error and status it is given', async () => {
  assert.deepEqual(await runNode(end, { config: { code: 'PATIENT_UNKNOWN', message: '查无此人' } }), {
    reject: { code: 'PATIENT_UNKNOWN', kind: 'input', message: '查无此人', text: { 'zh-CN': '查无此人', en: '查无此人' }, status: 422 },
  });
});
