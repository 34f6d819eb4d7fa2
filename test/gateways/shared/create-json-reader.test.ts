import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJsonReader } from '../../../gateways/shared/create-json-reader.ts';

test('reads a small body at once and a large one in another thread, with the same result', async (t) => {
  const reader = createJsonReader();
  t.after(() => reader.close());
  const large = { list: Array.from({ length: 20_000 }, (_, i) => ({ i, 姓名: '张三' })) };
  assert.deepEqual(reader.read(Buffer.from('{"a":1}')), { value: { a: 1 } });
  const begun = reader.read(Buffer.from(JSON.stringify(large)));
  assert.ok(begun instanceof Promise);
  assert.deepEqual(await begun, { value: large });
  const doubled = `{"a":1,"a":"${'x'.repeat(200_000)}"}`;
  assert.deepEqual(await reader.read(Buffer.from(doubled)), { problem: 'a key stands twice in one object' });
});
