import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visible } from '../../../cli/shared/terminal.ts';

test('a name with control characters is shown, not obeyed; JSON stays the same document', () => {
  const name = '\u001b[2J\u009b31m预约\u202e\u0007';
  assert.equal(visible(`flw_a  ${name}\n\tend`), 'flw_a  \\u001b[2J\\u009b31m预约\\u202e\\u0007\n\tend');
  assert.deepEqual(JSON.parse(visible(JSON.stringify({ name }, null, 2))), { name });
});
