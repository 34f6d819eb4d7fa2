import { RE2JS } from 're2js';
import type { FlowTest } from '../contract/flow/flow-document.ts';
import { createMessage, type Message } from '../contract/values/message.ts';
import { fromErrorRecord, toErrorRecord, toIssue, type ErrorRecord, type ErrorValues, type Issue } from '../contract/values/errors.ts';
import type { Clock } from '../contract/values/clock.ts';
import { findPatternExcess } from '../contract/schema/pattern-bounds.ts';
import { canonicalJson } from '../flow/content-hash.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import type { TrialOptions } from '../run/run-trial.ts';
import type { TestReport } from './interface.ts';
import type { TrialResult } from '../run/trial-result.ts';

/**
 * Calls `runTrial` with bound dependencies. It stores nothing. Without options it calls no other system: a node that
 * would do so must be mocked.
 */
export type RunTrial = (
  flow: CompiledFlow,
  input: Message,
  mocks: FlowTest['mocks'],
  signal: AbortSignal,
  options?: TrialOptions,
) => Promise<TrialResult>;

/** Runs saved tests one after the other. A test that throws has failed; the others still run. */
export async function runTests(
  flow: CompiledFlow,
  tests: readonly FlowTest[],
  runTrial: RunTrial,
  clock: Clock,
  signal: AbortSignal,
): Promise<TestReport> {
  const reports: TestReport['tests'][number][] = [];
  for (const test of tests) {
    signal.throwIfAborted();
    const startedAt = clock.monotonic();
    const problems = await runTest(flow, test, runTrial, signal);
    reports.push({ name: test.name, passed: problems.length === 0, problems, durationMs: clock.monotonic() - startedAt });
  }
  return { passed: reports.every((report) => report.passed), tests: reports };
}

export function testMessage({ data, ...fields }: FlowTest['input']): Message {
  return createMessage(data, fields);
}

async function runTest(flow: CompiledFlow, test: FlowTest, runTrial: RunTrial, signal: AbortSignal): Promise<Issue[]> {
  try {
    const result = await runTrial(flow, testMessage(test.input), test.mocks, signal);
    const { error } = result;
    const ended =
      error === undefined ? [] : [{ ...toIssue(fromErrorRecord(error), ''), message: `The run ended with ${describeError(error)}` }];
    // If the run reached a node without a mock, the test is incomplete and fails, whatever the rest of the result is.
    if (result.status === 'not-reached' || (test.expect.length === 0 && result.status !== 'completed'))
      return [problem(test, '', 'The run did not complete.', { problem: 'incomplete' }), ...ended];
    const problems = test.expect.flatMap((_, index) => checkExpectation(test, index, result));
    return problems.length === 0 ? [] : [...problems, ...ended];
  } catch (thrown) {
    const error = toErrorRecord(thrown);
    return [{ ...toIssue(fromErrorRecord(error), ''), message: `The run could not be made: ${describeError(error)}` }];
  }
}

function describeError({ code, message }: ErrorRecord): string {
  return `${code}: ${message}`;
}

/**
 * Checks one expectation. Paths are JSON Pointers. Without `node` they point into `{ status, headers, data, error }` of
 * the reply (`/data/code`, `/status`, `/error/code`). With `node` they point into its emitted data by port
 * (`/ok/code`).
 */
function checkExpectation(test: FlowTest, index: number, result: TrialResult): Issue[] {
  const { node, path, equals, exists, matches } = test.expect[index]!;
  const root = node === undefined ? replyRoot(result) : outputRoot(node, result);
  const value = readPointer(root, path);
  const where = `${path}${node === undefined ? '' : ` of ${node}`}`;
  const actual = shorten(value);
  const at = (name: string, message: string, values: ErrorValues) =>
    problem(test, `/expect/${index}/${name}`, `${where} ${message}.`, {
      at: path === '' ? '/' : path,
      ...(node === undefined ? {} : { node }),
      // The values may be shown, because they are test data from the flow's document.
      ...(value === undefined ? {} : { actual }),
      ...values,
    });
  const problems: Issue[] = [];
  if (equals !== undefined && (value === undefined || canonicalJson(value) !== canonicalJson(equals))) {
    const expected = shorten(equals);
    problems.push(at('equals', `should be ${expected}, but is ${actual}`, { problem: 'equals', wanted: expected }));
  }
  if (exists !== undefined && (value !== undefined) !== exists)
    problems.push(at('exists', `should ${exists ? '' : 'not '}be there`, { problem: exists ? 'absent' : 'present' }));
  if (matches !== undefined && findPatternExcess(matches) !== undefined)
    problems.push(at('matches', `is compared with a pattern that is too large`, { problem: 'pattern-size', pattern: matches }));
  else if (matches !== undefined && !(typeof value === 'string' && RE2JS.compile(matches).matcher(value).find()))
    problems.push(at('matches', `should match ${matches}, but is ${actual}`, { problem: 'matches', pattern: matches }));
  return problems;
}

function problem(test: FlowTest, path: string, message: string, values: ErrorValues): Issue {
  return { path, code: 'FLOW_TEST_FAILED', severity: 'error', message, values: { test: test.name, ...values } };
}

function replyRoot({ reply, error }: TrialResult): unknown {
  return { status: reply?.status, headers: reply?.headers, data: reply?.message.data, error };
}

/** Returns the output of the node's last run: in a loop, of the last item. */
function outputRoot(node: string, result: TrialResult): unknown {
  const step = result.steps.findLast((candidate) => candidate.node === node);
  return Object.fromEntries(Object.entries(step?.output ?? {}).map(([port, messages]) => [port, messages[0]?.data]));
}

function readPointer(root: unknown, pointer: string): unknown {
  let value = root;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

function shorten(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
