/**
 * Selects the test files that `npm test -- fast` runs: the file and its imports from `test/` need no server, no browser
 * and no other process.
 */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './runtime.mjs';

const NEEDED = /from '(?:node:child_process|@playwright\/test)'/;
const SERVERS = 'test/servers/';
const IMPORTED = /\b(?:from|import) ?\(?'(\.[^']+)'/g;

/** Returns true if a test file is fast. `file` is a path such as `test/flows/hospital.ts`. */
export function isFast(file) {
  return [...importedTests(file)].every((one) => !one.startsWith(SERVERS) && !NEEDED.test(fs.readFileSync(root + one, 'utf8')));
}

/** Returns the file and its direct and indirect imports from `test/`. */
function importedTests(file, found = new Set()) {
  if (found.has(file) || !file.startsWith('test/') || !fs.existsSync(root + file)) return found;
  found.add(file);
  for (const [, to] of fs.readFileSync(root + file, 'utf8').matchAll(IMPORTED))
    importedTests(path.posix.join(path.posix.dirname(file), to), found);
  return found;
}
