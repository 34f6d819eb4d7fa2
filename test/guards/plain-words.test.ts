/** Comments of the product are plain English: words of the private dialect that they once were written in do not come back. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** The designer and the tests follow when their comments have been read. */
const FOLDERS = ['engine', 'control', 'gateways', 'storage', 'nodes', 'cli', 'sdk'];
const REFUSED = /\b(whoever|whomever|anew|is told|are told|told of|deeds?)\b/i;
/** A line of a comment, or what follows `//` behind code. */
const COMMENT = /^\s*(?:\/\*\*?|\*|\/\/)(.*)|\s\/\/ (.*)$/;

test('no comment uses a refused word', () => {
  const found = globSync(FOLDERS.map((folder) => `${folder}/**/*.ts`)).flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) => {
        const [, whole, behind] = COMMENT.exec(line) ?? [];
        return REFUSED.test(whole ?? behind ?? '') ? [`${path}:${index + 1} ${line.trim()}`] : [];
      }),
  );
  assert.deepEqual(found, []);
});
