import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createShowMessage } from '../../control/executions/shown-message.ts';
import { createMessage } from '../../engine/contract/values/message.ts';

test('the beginning of a long text is text with its own line ends, whether it is stored as text or as bytes', () => {
  const text = `MSH|^~\\&|HIS\r${'OBX|1|NM|GLU||5.2\r'.repeat(100)}`;
  const show = createShowMessage({ eachBytes: 1000, allBytes: 10_000 });
  for (const data of [text, new TextEncoder().encode(text)]) {
    const shown = show(createMessage(data));
    assert.deepEqual([shown.form, shown.truncated, shown.sizeBytes], ['text', true, text.length]);
    assert.equal(shown.data, text.slice(0, 1000));
  }
});
