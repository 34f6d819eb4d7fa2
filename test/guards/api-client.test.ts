import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OPERATIONS_FILE, operationsText } from '../../scripts/generate-api.ts';

test('the designer’s client knows every operation as the OpenAPI document has it (npm run generate:api)', async () => {
  assert.equal(readFileSync(OPERATIONS_FILE, 'utf8'), await operationsText());
});
