/** `npm test` on a small separate tree: which failures a second run may excuse, and what `fast` leaves out. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const product = fileURLToPath(new URL('../../', import.meta.url));
let tree: string;

before(async () => {
  tree = await mkdtemp(join(tmpdir(), 'kq-rerun-'));
  await cp(join(product, 'scripts'), join(tree, 'scripts'), { recursive: true });
  await cp(join(product, 'package.json'), join(tree, 'package.json'));
  await symlink(join(product, 'node_modules'), join(tree, 'node_modules'));
});
beforeEach(async () => {
  await rm(join(tree, 'test'), { recursive: true, force: true });
  await mkdir(join(tree, 'test'));
});
after(() => rm(tree, { recursive: true, force: true }));

/** Fails in its first run and passes in the second. */
const failsOnce = (mark = '') => `${mark}
import { existsSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
const flag = import.meta.filename + '.ran';
test('sees its flag', () => {
  if (existsSync(flag)) return;
  writeFileSync(flag, '');
  throw new Error('no flag yet');
});
`;

const putTests = (files: Readonly<Record<string, string>>) =>
  Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(tree, 'test', `zz-${name}.test.ts`), text)));

function runTests({ first = [], CI = '' }: { readonly first?: readonly string[]; readonly CI?: string } = {}): Promise<{
  readonly code: number;
  readonly output: string;
}> {
  // Without it the runner would take itself for a test of this one, and report to it.
  const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(tree, 'scripts', 'test.mjs'), ...first, 'zz-'],
      { cwd: tree, env: { ...env, CI } },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
}

test('a file that passes when run again alone is listed as flaky, with what it said, and does not fail the run', async () => {
  await putTests({ once: failsOnce() });
  const { code, output } = await runTests();
  assert.equal(code, 0, output);
  assert.match(output, /flaky {4}test\/zz-once\.test\.ts: 1 passed in the second run\n[^]*first run: [^]*no flag yet/);
  assert.match(output, /\n1 passed, 0 failed, 0 skipped\n$/);
});

test('a file that fails twice fails the run, and so does one that must not run again', async () => {
  const never = failsOnce('// @never-rerun: a single failure is a failure.');
  await putTests({ never, twice: `import { test } from 'node:test'; test('fails', () => { throw new Error('always'); });` });
  const { code, output } = await runTests();
  assert.equal(code, 1, output);
  assert.doesNotMatch(output, /flaky/);
  assert.match(
    output,
    /\nfailed:\n(?: {2}test\/zz-(?:never|twice)\.test\.ts › (?:sees its flag|fails)\n){2}0 passed, 2 failed, 0 skipped\n$/,
  );
});

test('more than three flaky files fail the run', async () => {
  await putTests({ a: failsOnce(), b: failsOnce(), c: failsOnce(), d: failsOnce() });
  const { code, output } = await runTests();
  assert.equal(code, 1, output);
  assert.match(output, /\n4 passed, 4 failed, 0 skipped\n$/);
});

test('a test that a shared suite defines counts, and its failure fails the run', async () => {
  await mkdir(join(tree, 'test', 'suites'));
  const suite = `import { test } from 'node:test'; export const suite = () => { test('holds', () => {}); test('breaks', () => { throw new Error('x'); }); };`;
  await writeFile(join(tree, 'test', 'suites', 'suite.ts'), suite);
  await putTests({ shared: `import { suite } from './suites/suite.ts'; suite();` });
  const { code, output } = await runTests();
  assert.equal(code, 1, output);
  assert.match(output, /\n1 passed, 1 failed, 0 skipped\n$/);
});

test('in CI a skip fails the run unless its reason says that it is allowed, also that of a whole suite', async () => {
  await putTests({
    suites: `import { describe, test } from 'node:test'; describe('a server', { skip: 'no server' }, () => { test('x', () => {}); });`,
  });
  const skipped = await runTests();
  assert.equal(skipped.code, 0, skipped.output);
  assert.match(skipped.output, /\n0 passed, 0 failed, 1 skipped\n$/);
  const strict = await runTests({ CI: 'true' });
  assert.equal(strict.code, 1, strict.output);
  assert.match(strict.output, /skipped, which CI does not accept: no server[^]*\n0 passed, 1 failed, 0 skipped\n$/);
});

test('`fast` leaves out what starts a server, a browser or another process, by itself or by what it imports of the tests', async () => {
  for (const folder of ['servers', 'support']) await mkdir(join(tree, 'test', folder));
  await writeFile(join(tree, 'test', 'servers', 'store.ts'), 'export const store = 1;');
  await writeFile(join(tree, 'test', 'support', 'program.ts'), `export { spawn } from 'node:child_process';`);
  const passing = `import { test } from 'node:test'; test('passes', () => {});`;
  await putTests({
    unit: passing,
    server: `import './servers/store.ts'; ${passing}`,
    process: `import { spawn } from './support/program.ts'; ${passing}`,
    browser: `import { chromium } from '@playwright/test'; ${passing}`,
  });
  const fast = await runTests({ first: ['fast'] });
  assert.match(fast.output, /^1 test files\n[^]*\n1 passed, 0 failed, 0 skipped\n$/m);
  assert.match((await runTests()).output, /^4 test files\n/m);
});
