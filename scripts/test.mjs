/**
 * `npm test [-- fast] [part-of-a-name …]`: runs the checks, then every test file (unit, conformance, flows, end-to-end,
 * browser), three at a time. With `fast` it runs types, lint and the test files that need no server, no browser and no
 * other process. A part of a name selects checks and files. With CI=true a skipped test is a failure unless its reason
 * begins with `allowed:`. The last line is `N passed, N failed, N skipped`.
 *
 * A test file that fails runs once more, alone, at the end. If it passes then, it is listed as `flaky` with both
 * outputs and does not fail the run, unless more than three files are flaky. A file that contains `@never-rerun` (kill,
 * chaos, order, isolation) runs only once. At the end stand the names of all failures that count.
 */
import fs from 'node:fs';
import { run } from 'node:test';
import { checkNames, runChecks } from './check.mjs';
import { isFast } from './fast-tests.mjs';
import { continueOnRuntime, root } from './runtime.mjs';

continueOnRuntime(import.meta.url);

const childOptions = ['--disable-warning=ExperimentalWarning', '--import', new URL('limit-test-file.mjs', import.meta.url).href];
/**
 * Number of test files at once. It is higher than the number of cores, because many files wait for servers and for
 * processes that start or stop.
 */
const AT_ONCE = 3;
const SLOWEST_SHOWN = 8;
const MOST_FLAKY = 3;
const NEVER_RERUN = '@never-rerun';
const FAST = 'fast';
const FAST_CHECKS = ['lint', 'types', 'designer-types'];

// Hundreds of processes load the same sources, so compile them once.
process.env.NODE_COMPILE_CACHE ??= `${root}.cache/compile`;

const isStrict = process.env.CI === 'true';
const isFastAsked = process.argv[2] === FAST;
const asked = process.argv.slice(isFastAsked ? 3 : 2);
const isAsked = (name) => asked.length === 0 || asked.some((part) => name.includes(part));
const total = { passed: 0, failed: 0, skipped: 0 };
/** Names of the failures that count. */
const failed = [];

await runAskedChecks(isFastAsked ? FAST_CHECKS : checkNames);
const testFiles = fs.globSync('test/**/*.test.ts', { cwd: root }).filter(isAsked).sort();
await runTestFiles(inOrder(isFastAsked ? testFiles.filter(isFast) : testFiles));
if (total.passed + total.failed + total.skipped === 0) {
  console.error(`No check or test file has ${asked.join(' or ')} in its name.`);
  total.failed += 1;
}
process.exitCode = total.failed === 0 ? 0 : 1;
if (failed.length > 0) console.log(['failed:', ...failed].join('\n  '));
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

async function runAskedChecks(known) {
  const names = known.filter(isAsked);
  if (names.length === 0) return;
  console.log('checks');
  await runChecks(names, ({ name, passed, durationMs, output }) => {
    total[passed ? 'passed' : 'failed'] += 1;
    if (passed) console.log(`  ok       [check] ${name} (${(durationMs / 1000).toFixed(1)} s)`);
    else {
      printFailure({ kind: 'check', title: name, durationMs, text: output });
      failed.push(`the check ${name}`);
    }
  });
}

/**
 * Returns the files in the order in which they start. Long files come first, in pairs: an end-to-end file, which mostly
 * waits, with a browser file, which mostly computes. The many short files follow.
 */
function inOrder(testFiles) {
  const waiting = testFiles.filter((file) => file.startsWith('test/e2e/'));
  const computing = testFiles.filter((file) => file.endsWith('.browser.test.ts'));
  const pairs = Array.from({ length: Math.max(waiting.length, computing.length) }, (_, index) => [waiting[index], computing[index]]);
  return [...new Set([...pairs.flat().filter((file) => file !== undefined), ...testFiles])];
}

async function runTestFiles(files) {
  if (files.length === 0) return;
  // A pull may have changed the sources since the last build.
  if (files.some((file) => file.endsWith('.browser.test.ts'))) await import('./build-designer.mjs');
  console.log(`${files.length} test files`);
  const started = performance.now();
  const results = await runFiles(files, AT_ONCE);
  console.log(`tests took ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const slowest = [...results].sort(([, one], [, other]) => other.durationMs - one.durationMs).slice(0, SLOWEST_SHOWN);
  console.log(`slowest: ${slowest.map(([file, { durationMs }]) => `${file} ${(durationMs / 1000).toFixed(0)} s`).join(', ')}`);

  const flaky = [];
  for (const [file, first] of results) {
    const again = files.includes(file) && mayRunAgain(file, first) ? await runFiles([file], 1) : undefined;
    const second = again?.get(file);
    const isFlaky = second !== undefined && second.passed > 0 && [...again.values()].every(({ failures }) => failures.length === 0);
    if (isFlaky) flaky.push({ file, first, second });
    const { passed, failures, skipped } = isFlaky ? second : first;
    total.passed += passed;
    total.failed += failures.length;
    failed.push(...failures.map(({ title }) => title));
    total.skipped += skipped;
  }
  if (flaky.length > 0) reportFlaky(flaky);
}

/**
 * Returns true if the file may run a second time. A skip that CI does not accept is no reason to run it again, because
 * it would occur again.
 */
function mayRunAgain(file, { failures }) {
  return failures.some(({ isSkip }) => !isSkip) && !fs.readFileSync(root + file, 'utf8').includes(NEVER_RERUN);
}

function reportFlaky(flaky) {
  console.log(`flaky: ${flaky.length} of at most ${MOST_FLAKY} test files failed, and passed when run again alone`);
  for (const { file, first, second } of flaky) {
    console.log(`  flaky    ${file}: ${second.passed} passed in the second run`);
    for (const failure of first.failures) console.log(indented(`first run: ${failure.title}\n${failure.text}`));
    console.log(indented(`second run: ${second.said.trim() || 'passed without a word on stderr'}`));
  }
  if (flaky.length > MOST_FLAKY) total.failed += flaky.length;
}

/**
 * Runs each test file in a separate process. Returns the passed, failed and skipped tests and the end of stderr by
 * file. A test of a suite that several files share (`test/conformance`) is reported under the file of the suite, which
 * cannot be run again.
 */
async function runFiles(files, concurrency) {
  const results = new Map();
  const resultOf = (file) => {
    if (!results.has(file)) results.set(file, { passed: 0, skipped: 0, failures: [], said: '', durationMs: 0 });
    return results.get(file);
  };
  const events = run({
    files: files.map((file) => root + file),
    cwd: root,
    concurrency,
    isolation: 'process',
    execArgv: childOptions,
  });
  for await (const { type, data } of events) {
    const result = resultOf((data.file ?? '').replace(root, ''));
    if (type === 'test:pass') settlePassed(data, result);
    else if (type === 'test:fail') settleFailed(data, result);
    else if (type === 'test:summary' && data.file !== undefined) result.durationMs = data.duration_ms;
    else if (type === 'test:stderr') result.said = (result.said + data.message).slice(-4000);
  }
  return results;
}

/** Counts a passed test, or a skip. Of a skipped suite, its tests are not reported, so the suite counts as one skip. */
function settlePassed(data, result) {
  const skip = data.skip ?? data.todo;
  if (skip === undefined || skip === false) {
    if (data.details.type !== 'suite') result.passed += 1;
    return;
  }
  const reason = typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
  if (isStrict && !reason.startsWith('allowed:')) {
    fail(data, result, `skipped, which CI does not accept: ${reason}`, true);
    return;
  }
  result.skipped += 1;
  console.log(`  skipped  ${title(data)}: ${reason}`);
}

/**
 * Counts a failure. Node also reports a failure of the suite and of the file that contain the failed test; these are
 * not counted again.
 */
function settleFailed(data, result) {
  const error = data.details.error;
  if (error?.failureType === 'subtestsFailed') return;
  const isWholeFile = title(data) === (data.file ?? '').replace(root, '');
  // If a file does not load, only its stderr explains why.
  fail(data, result, describeError(error) + (isWholeFile ? `\n${result.said}` : ''), false);
}

function fail(data, result, text, isSkip) {
  const failure = { kind: 'test', title: title(data), durationMs: data.details.duration_ms, text, isSkip };
  result.failures.push(failure);
  printFailure(failure);
}

function printFailure({ kind, title, durationMs, text }) {
  console.log(`  FAILED   [${kind}] ${title} (${(durationMs / 1000).toFixed(1)} s)\n${indented(text)}`);
}

function indented(text) {
  return text.trim().replace(/^/gm, '           ');
}

function title(data) {
  const file = (data.file ?? '').replace(root, '');
  return data.name.endsWith(file) ? file : `${file} › ${data.name}`;
}

function describeError(error) {
  if (error?.failureType === 'testTimeoutFailure') return `ran longer than its limit: ${error.message}`;
  const cause = error?.cause ?? error;
  const text = cause?.stack ?? cause?.message ?? String(cause);
  return text.replace(/\n\s+at [^\n]*node:internal[^\n]*/g, '').replaceAll(`file://${root}`, '');
}
