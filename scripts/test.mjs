/**
 * `npm test [-- part-of-a-name …]`: the checks, then every test file (unit, conformance, flows, end-to-end, browser), three at a time. A name part
 * picks checks and files. With CI=true a skip whose reason does not begin with `allowed:` is a failure. The last line is
 * `N passed, N failed, N skipped`.
 */
import fs from 'node:fs';
import { run } from 'node:test';
import { checkNames, runChecks } from './check.mjs';
import { continueOnRuntime, root } from './runtime.mjs';

continueOnRuntime(import.meta.url);

const childOptions = ['--disable-warning=ExperimentalWarning', '--import', new URL('limit-test-file.mjs', import.meta.url).href];
/** More than cores: many wait for servers and for processes that start or die. */
const AT_ONCE = 3;
const SLOWEST_SHOWN = 8;

// Hundreds of processes load the same sources: they are compiled once.
process.env.NODE_COMPILE_CACHE ??= `${root}.cache/compile`;

const isStrict = process.env.CI === 'true';
const asked = process.argv.slice(2);
const isAsked = (name) => asked.length === 0 || asked.some((part) => name.includes(part));
/** What each file wrote to stderr, the end of it: the only explanation when a file does not even load. */
const said = new Map();
const total = { passed: 0, failed: 0, skipped: 0 };

await runAskedChecks();
const files = fs.globSync('test/**/*.test.ts', { cwd: root }).filter(isAsked).sort();
await runFiles(inOrder(files));
if (total.passed + total.failed + total.skipped === 0) {
  console.error(`No check or test file has ${asked.join(' or ')} in its name.`);
  total.failed += 1;
}
process.exitCode = total.failed === 0 ? 0 : 1;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);

async function runAskedChecks() {
  const names = checkNames.filter(isAsked);
  if (names.length === 0) return;
  console.log('checks');
  await runChecks(names, (result) =>
    result.passed ? pass('check', result.name, result.durationMs) : fail('check', result.name, result.durationMs, result.output),
  );
}

/** The long ones first: those that wait (end-to-end) beside those that compute (browser). The many short ones fill what is left. */
function inOrder(testFiles) {
  const waiting = testFiles.filter((file) => file.startsWith('test/e2e/'));
  const computing = testFiles.filter((file) => file.endsWith('.browser.test.ts'));
  const pairs = Array.from({ length: Math.max(waiting.length, computing.length) }, (_, index) => [waiting[index], computing[index]]);
  return [...new Set([...pairs.flat().filter((file) => file !== undefined), ...testFiles])];
}

async function runFiles(testFiles) {
  if (testFiles.length === 0) return;
  console.log(`${testFiles.length} test files`);
  const started = performance.now();
  const durations = [];
  const events = run({
    files: testFiles.map((file) => root + file),
    cwd: root,
    concurrency: AT_ONCE,
    isolation: 'process',
    execArgv: childOptions,
  });
  for await (const { type, data } of events) {
    if (type === 'test:pass') settlePassed(data);
    else if (type === 'test:fail') settleFailed(data);
    else if (type === 'test:summary' && data.file !== undefined) durations.push([data.file.replace(root, ''), data.duration_ms]);
    else if (type === 'test:stderr') said.set(data.file, ((said.get(data.file) ?? '') + data.message).slice(-4000));
  }
  console.log(`tests took ${((performance.now() - started) / 1000).toFixed(1)} s`);
  const slowest = durations.sort(([, one], [, other]) => other - one).slice(0, SLOWEST_SHOWN);
  console.log(`slowest: ${slowest.map(([file, durationMs]) => `${file} ${(durationMs / 1000).toFixed(0)} s`).join(', ')}`);
}

function settlePassed(data) {
  if (data.details.type === 'suite') return;
  const skip = data.skip ?? data.todo;
  if (skip === undefined || skip === false) {
    total.passed += 1;
    return;
  }
  const reason = typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
  if (isStrict && !reason.startsWith('allowed:'))
    return fail('test', title(data), data.details.duration_ms, `skipped, which CI does not accept: ${reason}`);
  total.skipped += 1;
  console.log(`  skipped  ${title(data)}: ${reason}`);
}

/** A suite or file fails with its tests; only what failed by itself is counted. */
function settleFailed(data) {
  const error = data.details.error;
  if (error?.failureType === 'subtestsFailed') return;
  const isWholeFile = title(data) === (data.file ?? '').replace(root, '');
  fail('test', title(data), data.details.duration_ms, describeError(error) + (isWholeFile ? `\n${said.get(data.file) ?? ''}` : ''));
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

function pass(kind, name, durationMs) {
  total.passed += 1;
  console.log(`  ok       [${kind}] ${name} (${(durationMs / 1000).toFixed(1)} s)`);
}

function fail(kind, name, durationMs, text) {
  total.failed += 1;
  console.log(`  FAILED   [${kind}] ${name} (${(durationMs / 1000).toFixed(1)} s)\n${text.trim().replace(/^/gm, '           ')}`);
}
