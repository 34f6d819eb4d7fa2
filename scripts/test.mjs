/**
 * `npm test [-- part-of-a-name …]`: the checks, then every test file by group, two files at a time (one where a browser is driven). A name part picks checks and files.
 * With CI=true a skip whose reason does not begin with `allowed:` is a failure. The last line is `N passed, N failed, N skipped`.
 */
import fs from 'node:fs';
import { run } from 'node:test';
import { checkNames, runChecks } from './check.mjs';
import { continueOnRuntime, root } from './runtime.mjs';

continueOnRuntime(import.meta.url);

const childOptions = ['--disable-warning=ExperimentalWarning', '--import', new URL('limit-test-file.mjs', import.meta.url).href];
const GROUPS = [
  { name: 'unit', owns: (file) => !/^test\/(conformance|flows|e2e)\/|\.browser\.test\.ts$/.test(file) },
  { name: 'conformance', owns: (file) => file.startsWith('test/conformance/') },
  { name: 'flows', owns: (file) => file.startsWith('test/flows/') },
  { name: 'end-to-end', owns: (file) => file.startsWith('test/e2e/') },
  // A platform and a browser keep two cores busy already.
  { name: 'browser', owns: (file) => file.endsWith('.browser.test.ts'), concurrency: 1 },
];

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
for (const group of GROUPS) await runGroup(group, files.filter(group.owns));
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

async function runGroup({ name: group, concurrency = 2 }, groupFiles) {
  if (groupFiles.length === 0) return;
  console.log(`${group}: ${groupFiles.length} files`);
  const started = performance.now();
  const before = { ...total };
  const durations = [];
  const events = run({
    files: groupFiles.map((file) => root + file),
    cwd: root,
    concurrency,
    isolation: 'process',
    execArgv: childOptions,
  });
  for await (const { type, data } of events) {
    if (type === 'test:pass') settlePassed(group, data);
    else if (type === 'test:fail') settleFailed(group, data);
    else if (type === 'test:summary' && data.file !== undefined) durations.push([data.file.replace(root, ''), data.duration_ms]);
    else if (type === 'test:stderr') said.set(data.file, ((said.get(data.file) ?? '') + data.message).slice(-4000));
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${group}: ${total.passed - before.passed} passed, ${total.failed - before.failed} failed, ${total.skipped - before.skipped} skipped in ${seconds} s`,
  );
  const slowest = durations.sort(([, one], [, other]) => other - one).slice(0, 5);
  console.log(`${group}: slowest ${slowest.map(([file, durationMs]) => `${file} ${(durationMs / 1000).toFixed(0)} s`).join(', ')}`);
}

function settlePassed(group, data) {
  if (data.details.type === 'suite') return;
  const skip = data.skip ?? data.todo;
  if (skip === undefined || skip === false) {
    total.passed += 1;
    return;
  }
  const reason = typeof skip === 'string' && skip !== '' ? skip : 'no reason given';
  if (isStrict && !reason.startsWith('allowed:'))
    return fail(group, title(data), data.details.duration_ms, `skipped, which CI does not accept: ${reason}`);
  total.skipped += 1;
  console.log(`  skipped  [${group}] ${title(data)}: ${reason}`);
}

/** A suite or file fails with its tests; only what failed by itself is counted. */
function settleFailed(group, data) {
  const error = data.details.error;
  if (error?.failureType === 'subtestsFailed') return;
  const isWholeFile = title(data) === (data.file ?? '').replace(root, '');
  fail(group, title(data), data.details.duration_ms, describeError(error) + (isWholeFile ? `\n${said.get(data.file) ?? ''}` : ''));
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

function pass(group, name, durationMs) {
  total.passed += 1;
  console.log(`  ok       [${group}] ${name} (${(durationMs / 1000).toFixed(1)} s)`);
}

function fail(group, name, durationMs, text) {
  total.failed += 1;
  console.log(`  FAILED   [${group}] ${name} (${(durationMs / 1000).toFixed(1)} s)\n${text.trim().replace(/^/gm, '           ')}`);
}
