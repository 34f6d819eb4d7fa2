/**
 * Runs a flow once for a person or a saved test. Stores nothing. Nodes that read or change other systems do not run,
 * unless the trial may reach other systems: their outcomes come from mocks.
 */
import { AppError, toErrorRecord, type ErrorKind, type ErrorRecord } from '../contract/values/errors.ts';
import type { FlowTest } from '../contract/flow/flow-document.ts';
import { createTimedId } from '../contract/values/ids.ts';
import { createMessage, type Message } from '../contract/values/message.ts';
import type { Outcome } from '../contract/node/node.ts';
import type { TrialReach, TrialResult } from './trial-result.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { runGraph } from './run-graph.ts';
import { NO_KNOWN_OUTCOMES, NO_WAITS, stepKey, type KnownOutcome, type RunJob } from '../execution/run-job.ts';
import type { RunDeps } from './run-deps.ts';
import { createTrialNotes, type TrialNotes } from './trial-notes.ts';

export interface TrialOptions {
  /** `adapters`: nodes without a mock really call the other system. */
  readonly reach?: TrialReach;
  /** The outcomes of nodes that do not run, by step key. */
  readonly known?: ReadonlyMap<string, KnownOutcome>;
  /**
   * Set if a person waits for the result: the run ends after this time, and a failed node is not retried, so that the
   * error is shown at once.
   */
  readonly limitMs?: number;
}

/**
 * Runs the trial. `mocks` are outcomes by node id. If a node would call another system, has no mock and may not reach
 * that system, its path ends there: its step is `not-reached` with TRIAL_NOT_REACHED.
 */
export async function runTrial(
  flow: CompiledFlow,
  input: Message,
  mocks: FlowTest['mocks'],
  deps: RunDeps,
  signal: AbortSignal,
  options: TrialOptions = {},
): Promise<TrialResult> {
  const { reach = 'none', known = NO_KNOWN_OUTCOMES, limitMs } = options;
  const now = deps.clock.now();
  const limit = new AbortController();
  const cancelLimit = limitMs === undefined ? undefined : deps.clock.after(limitMs, () => limit.abort(tooLong(limitMs)));
  const notes = createTrialNotes(flow, deps.clock);
  // A test sleeps as long as the flow would; a trial for a person ends after its limit.
  const waitMs = Math.min(flow.document.deadlineMs, limitMs ?? Infinity);
  const job: RunJob = {
    flow: limitMs === undefined ? flow : withoutRetries(flow),
    ...namesOf(reach, now),
    acceptedAt: now,
    tables: deps.bindings.tables(),
    deadlineMs: now + waitMs,
    signal: AbortSignal.any([signal, limit.signal]),
    mayWait: false,
    depth: 0,
    assertOwned: () => undefined,
    sending: notes.sending,
    input,
    journal: { before: () => Promise.resolve(), settled: notes.settled },
    known,
    waited: NO_WAITS,
    maxSleepMs: waitMs,
    entering(nodeId, path, message) {
      if (!known.has(stepKey(path, nodeId))) notes.entering(nodeId, path, message);
    },
    mock: (nodeId, message, path) => {
      job.signal.throwIfAborted();
      return mockOf(nodeId, message, mocks) ?? answerUnmocked(flow, nodeId, path, reach, notes);
    },
  };
  const end = await runGraph(job, deps);
  cancelLimit?.();
  return notes.toResult(end, job.signal.aborted ? toErrorRecord(job.signal.reason) : undefined);
}

/**
 * Returns the ids of the trial. A trial that calls other systems needs new keys; otherwise those systems would treat a
 * second trial as a repeat of the first.
 */
function namesOf(reach: TrialReach, now: number): Pick<RunJob, 'executionId' | 'origin'> {
  if (reach === 'none') return { executionId: 'exe_trial', origin: 'trial' };
  const executionId = createTimedId('exe_trial', now);
  return { executionId, origin: executionId };
}

function withoutRetries(flow: CompiledFlow): CompiledFlow {
  return { ...flow, nodes: new Map([...flow.nodes].map(([id, node]) => [id, { ...node, retry: { ...node.retry, max: 0 } }])) };
}

function mockOf(nodeId: string, message: Message, mocks: FlowTest['mocks']): Outcome | undefined {
  const mock = Object.hasOwn(mocks, nodeId) ? mocks[nodeId] : undefined;
  if (mock === undefined) return undefined;
  if ('error' in mock) {
    const { code, kind, message: text } = mock.error;
    throw new AppError(code, KINDS.find((known) => known === kind) ?? 'bug', text);
  }
  const { headers, keys, lineage } = message;
  return {
    emit: Object.fromEntries(Object.entries(mock.emit).map(([port, data]) => [port, [createMessage(data, { headers, keys, lineage })]])),
  };
}

const KINDS: readonly ErrorKind[] = ['input', 'transient', 'unknown-outcome', 'bug'];

/**
 * Returns the outcome of a node without a mock, or undefined if the node should run. A node that must not call another
 * system waits forever. If it failed instead, an error path of the flow would run as if the hospital had responded.
 */
function answerUnmocked(flow: CompiledFlow, nodeId: string, path: string, reach: TrialReach, notes: TrialNotes): Outcome | undefined {
  const { effect } = flow.nodes.get(nodeId)!;
  if (effect === 'pure') return undefined;
  if (reach === 'adapters') {
    notes.reached(nodeId);
    return undefined;
  }
  notes.notReached(nodeId, path, notReached(nodeId));
  return { wait: { untilMs: Number.MAX_SAFE_INTEGER } };
}

function notReached(nodeId: string): ErrorRecord {
  return toErrorRecord(
    new AppError('TRIAL_NOT_REACHED', 'input', `Node ${nodeId} would call another system, so the trial stops before it.`, {
      values: { node: nodeId },
      fix: 'Pin an output for the node (a mock of its result), or allow the trial to reach the adapters.',
    }),
  );
}

function tooLong(limitMs: number): AppError {
  return new AppError('TRIAL_TOO_LONG', 'input', `The trial was ended after ${limitMs / 1000} s.`, {
    values: { limitMs },
    fix: 'Look at the step that did not finish; pin an output for it, or try it alone.',
  });
}
