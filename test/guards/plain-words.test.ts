/** Comments are plain English. These words of the former private dialect must not come back. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const PRODUCT = ['engine', 'control', 'gateways', 'storage', 'nodes', 'cli', 'sdk', 'designer/src', 'scripts'];
const FOLDERS = [...PRODUCT, 'test', 'examples', 'deploy'];
/** Its comments are the texts of the API. */
const GENERATED = 'designer/src/api/operations.ts';
const REFUSED = /\b(whoever|whomever|anew|is told|are told|told of|deeds?)\b/i;
/** Matches a comment line, or the part after `//` behind code. */
const COMMENT = /^\s*(?:\/\*\*?|\*|\/\/)(.*)|\s\/\/ (.*)$/;

test('no comment uses a refused word', () => {
  const paths = globSync(FOLDERS.map((folder) => `${folder}/**/*.{ts,tsx,mjs}`)).filter((path) => path !== GENERATED);
  const found = paths.flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const [, whole, behind] = COMMENT.exec(line) ?? [];
        return REFUSED.test(whole ?? behind ?? '') ? [`${path}:${index + 1} ${line.trim()}`] : [];
      }),
  );
  assert.deepEqual(found, []);
});
