import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runNode } from '../../../engine/testing/run-node.ts';
import jsonSerialise from '../../../nodes/json/serialise.node.ts';
import { LARGE_LIST } from '../support/large.ts';
import { showsContract } from '../shows-contract.ts';

showsContract(import.meta.url, {
  happy: 'writes one line, or indents',
  refusal: 'bytes are refused with advice',
  '10 MB': '10 MB are written whole',
});

test('writes one line, or indents', async () => {
  const data = { 姓名: '张三', ids: [1] };
  assert.deepEqual(await text({}, data), '{"姓名":"张三","ids":[1]}');
  assert.deepEqual(await text({ indent: 2 }, data), JSON.stringify(data, undefined, 2));
});

test('bytes are refused with advice', async () => {
  await assert.rejects(text({}, new Uint8Array(2)), { code: 'JSON_INPUT', kind: 'input' });
});

test('10 MB are written whole', async () => {
  assert.deepEqual(JSON.parse((await text({}, LARGE_LIST)) as string), LARGE_LIST);
});

async function text(config: Record<string, unknown>, data: unknown): Promise<unknown> {
  const outcome = await runNode(jsonSerialise, { config, data });
  assert.ok('emit' in outcome);
  return outcome.emit!.ok![0]!.data;
}
