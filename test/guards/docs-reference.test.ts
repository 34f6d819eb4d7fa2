/** docs/reference/ says what the schemas say, and leaves no field without words. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REFERENCE, referencePages, writtenPages } from '../../scripts/generate-reference.ts';

const pages = await referencePages();

test('docs/reference has the pages that the schemas give, and no other (npm run generate:reference)', () => {
  assert.deepEqual(writtenPages(), pages.map(({ file }) => file).sort());
});

for (const { file, text } of pages) {
  test(`docs/reference/${file} is as the schemas have it (npm run generate:reference)`, () => {
    assert.equal(readFileSync(join(REFERENCE, file), 'utf8'), text);
  });
}

test('each field of the reference is described in both languages', () => {
  assert.deepEqual(
    pages.flatMap(({ undescribed }) => undescribed),
    [],
  );
});
