/** Runs a flow once for a person or a saved test: nothing is stored, and what reaches outside is mocked unless it may be reached. */
import { AppError, toErrorRecord, type ErrorKind } from '../contract/errors.ts';
import type { FlowTest } from '../contract/flow-document.ts';
import { createMessage, type Message } from '../contract/message.ts';
import type { Outcome } from '../contract/node.ts';
import type { TrialResult } from '../services.ts';
import type { CompiledFlow } from './compile-flow.ts';
import { runGraph } from './run-graph.ts';
import { stepKey, type RunEnd, type SettledStep } from './run-job.ts';
import type { RunDeps } from './run-node.ts';

/** Node outcomes by id; a node with an effect outside that is not mocked fails with TRIAL_WOULD_REACH_OUTSIDE (input). */
export async function runTrial(
  flow: CompiledFlow,
  input: Message,
  mocks: FlowTest['mocks'],
  deps: RunDeps,
  signal: AbortSignal,
): Promise<TrialResult> {
  const settled: SettledStep[] = [];
  const reached: AppError[] = [];
  const now = deps.clock.now();
  const end = await runGraph(
    {
      flow,
      executionId: 'exe_trial',
      origin: 'trial',
      acceptedAt: now,
      tables: deps.bindings.tables(),
      deadlineMs: now + flow.document.deadlineMs,
      signal,
      mayWait: false,
      depth: 0,
      assertOwned: () => undefined,
      input,
      journal: { before: () => Promise.resolve(), settled: (step) => void settled.push(step) },
      known: new Map(),
      waited: new Map(),
      maxSleepMs: flow.document.deadlineMs,
      mock: (nodeId, message) => answerOf(flow, nodeId, message, mocks, reached),
    },
    deps,
  );
  const outputs = new Map(settled.map((step) => [stepKey(step.record.scope, step.record.node), step]));
  const [blocked] = reached;
  return {
    ...(blocked ? { status: 'failed' as const, reply: undefined, error: toErrorRecord(blocked) } : outcomeOf(end)),
    steps: [...outputs.values()].map(({ record, emits }) => ({
      ...record,
      ...(emits === undefined ? {} : { output: Object.fromEntries(Object.entries(emits).map(([port, message]) => [port, [message]])) }),
    })),
  };
}

function outcomeOf(end: RunEnd): Pick<TrialResult, 'status' | 'reply' | 'error'> {
  switch (end.status) {
    case 'completed':
      return { status: 'completed', reply: end.reply, error: undefined };
    case 'failed':
      return { status: 'failed', reply: end.reply, error: end.error };
    case 'held':
      return { status: 'held', reply: undefined, error: end.error };
    case 'waiting':
    case 'cancelled':
    case 'lost':
      return { status: 'failed', reply: undefined, error: toErrorRecord(stopped(end.status)) };
  }
}

function answerOf(
  flow: CompiledFlow,
  nodeId: string,
  message: Message,
  mocks: FlowTest['mocks'],
  reached: AppError[],
): Outcome | undefined {
  const mock = Object.hasOwn(mocks, nodeId) ? mocks[nodeId] : undefined;
  const node = flow.nodes.get(nodeId)!;
  if (!mock) {
    if (node.effect === 'pure') return undefined;
    // Remembered, since an error port of the flow would make it look like the hospital's own answer.
    reached.push(wouldReach(nodeId));
    throw reached.at(-1)!;
  }
  if ('error' in mock) {
    const { code, kind, message: text } = mock.error;
    throw new AppError(code, KINDS.find((known) => known === kind) ?? 'bug', text);
  }
  return {
    emit: Object.fromEntries(
      Object.entries(mock.emit).map(([port, data]) => [
        port,
        [createMessage(data, { headers: message.headers, keys: message.keys, lineage: message.lineage })],
      ]),
    ),
  };
}

function wouldReach(nodeId: string): AppError {
  return new AppError('TRIAL_WOULD_REACH_OUTSIDE', 'input', `Node ${nodeId} would reach outside; this run gives no answer in its place.`, {
    values: { node: nodeId },
    fix: 'Add a mock for the node: what it shall answer in this test.',
  });
}

const KINDS: readonly ErrorKind[] = ['input', 'transient', 'unknown-outcome', 'bug'];

function stopped(status: string): AppError {
  return new AppError('TRIAL_STOPPED', 'input', `The run ended as ${status}: it waits for somebody, was cancelled or ran out of time.`);
}
