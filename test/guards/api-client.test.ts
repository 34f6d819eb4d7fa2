import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { deriveOutputs, operationsText, OPERATIONS_FILE, OUTPUT_SCHEMAS_FILE, outputSchemasText } from '../../scripts/generate-api.ts';

const schemas = deriveOutputs();

test('the output schemas of actions are those of their types (npm run generate:api)', async () => {
  assert.equal(readFileSync(OUTPUT_SCHEMAS_FILE, 'utf8'), await outputSchemasText(schemas));
});

test('the designer’s client has every operation of the OpenAPI document (npm run generate:api)', async () => {
  assert.equal(readFileSync(OPERATIONS_FILE, 'utf8'), await operationsText(schemas));
});
