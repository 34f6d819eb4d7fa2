import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SIGNING_GUIDE, signingGuide } from '../../scripts/generate-signing.ts';

test('docs/signing.md shows the examples as the console writes them, in each of its languages (npm run generate:signing)', () => {
  const page = readFileSync(SIGNING_GUIDE, 'utf8');
  assert.equal(page, signingGuide());
  assert.deepEqual(
    [...page.matchAll(/^```(\w+)$/gm)].map(([, language]) => language),
    ['text', 'bash', 'js', 'javascript', 'python', 'java', 'go', 'text', 'sh', 'text'],
  );
});
