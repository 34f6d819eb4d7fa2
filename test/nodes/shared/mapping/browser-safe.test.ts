import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../../../..');

test('mapping and expression previews bundle without node modules', () => {
  const entries = ['nodes/shared/mapping/compile-mapping.ts', 'nodes/shared/mapping/mapping-document.ts', 'engine/expression/browser.ts'];
  const seen = new Set<string>();
  for (const entry of entries) visit(join(root, entry), seen);
  assert.ok(seen.size > entries.length);
});

function visit(file: string, seen: Set<string>): void {
  if (seen.has(file)) return;
  seen.add(file);
  for (const [, isType, name = ''] of readFileSync(file, 'utf8').matchAll(/^(?:import|export) (type )?[^;]*?from '([^']+)'/gm)) {
    if (isType) continue;
    assert.ok(!name.startsWith('node:'), `${file} imports ${name}`);
    if (name.startsWith('.')) visit(resolve(dirname(file), name), seen);
  }
}
