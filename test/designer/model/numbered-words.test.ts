import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defineTexts, translateWith } from '../../../designer/src/i18n/text-pairs.ts';

test('a word behind a number is that of one, or that of several', () => {
  const t = translateWith(defineTexts({ calls: ['{{count}} 次', '{{count}} {{count|call was|calls were}} made'] }), 'en');
  assert.equal(t('calls', { count: 1 }), '1 call was made');
  assert.equal(t('calls', { count: '1' }), '1 call was made', 'as numbers are formatted');
  assert.equal(t('calls', { count: 0 }), '0 calls were made');
  assert.equal(t('calls', { count: '1,001' }), '1,001 calls were made');
});

test('the lists and facts of the console count in both ways', () => {
  const root = fileURLToPath(new URL('../../../designer/src', import.meta.url));
  const found = globSync('{app,canvas,editor,pages,parts,release}/**/*.{ts,tsx}', { cwd: root }).flatMap((file) =>
    [...readFileSync(`${root}/${file}`, 'utf8').matchAll(/\{\{(count|calls|days)\}\} (?!ago|times?\b)[a-z]+s\b/g)].map(
      ([words]) => `${file}: ${words}`,
    ),
  );
  assert.deepEqual(found, []);
});
