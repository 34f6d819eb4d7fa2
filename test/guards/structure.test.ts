/** The code stays cut as docs/architecture.md says: what `npm run measure` counts is bounded here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const measured = spawnSync(process.execPath, ['scripts/measure-structure.mjs', '--json'], {
  encoding: 'utf8',
  maxBuffer: 16 * 1024 * 1024,
});
const { fileCircles, folderCircles, largeFolders } = JSON.parse(measured.stdout) as Readonly<
  Record<'fileCircles' | 'folderCircles', readonly (readonly string[])[]>
> & { readonly largeFolders: readonly string[] };

test('no files import each other in a circle', () => assert.deepEqual(fileCircles, []));

test('no folders import each other in a circle, types included', () => assert.deepEqual(folderCircles, []));

test('no folder holds more files than a reader can take in', () => assert.deepEqual(largeFolders, []));
