/** Records the steps of a trial for people: each step with its input and output, in the order of their starts. */
import type { Clock } from '../contract/values/clock.ts';
import { AppError, toErrorRecord, type ErrorRecord } from '../contract/values/errors.ts';
import type { Message } from '../contract/values/message.ts';
import type { TrialResult, TrialStep } from './trial-result.ts';
import type { CompiledFlow } from '../compile/compile-flow.ts';
import { replyOf, stepKey, type RunEnd, type SettledStep } from '../execution/run-job.ts';

export interface TrialNotes {
  entering(nodeId: string, path: string, message: Message): void;
  settled(step: SettledStep): void;
  /** Called if the node really calls another system. */
  reached(nodeId: string): void;
  /** Called if a node that writes is about to send its first byte. */
  sending(nodeId: string): void;
  notReached(nodeId: string, path: string, error: ErrorRecord): void;
  /** Returns the result of the trial. `aborted`: the error of the cancel or time limit that ended the run. */
  toResult(end: RunEnd, aborted: ErrorRecord | undefined): TrialResult;
}

interface Entered {
  readonly node: string;
  readonly scope: string;
  readonly input: Message;
  readonly startedAt: number;
  readonly monotonic: number;
}

export function createTrialNotes(flow: CompiledFlow, clock: Clock): TrialNotes {
  const entered = new Map<string, Entered>();
  const settled = new Map<string, SettledStep>();
  const notReached = new Map<string, ErrorRecord>();
  const reached = new Set<string>();
  const sent = new Set<string>();

  return {
    entering(node, scope, input) {
      entered.set(stepKey(scope, node), { node, scope, input, startedAt: clock.now(), monotonic: clock.monotonic() });
    },
    settled: (step) => void settled.set(stepKey(step.record.scope, step.record.node), step),
    reached: (nodeId) => void reached.add(nodeId),
    sending: (nodeId) => void sent.add(nodeId),
    notReached: (nodeId, path, error) => void notReached.set(stepKey(path, nodeId), error),
    toResult(end, aborted) {
      const ended = outcomeOf(end, aborted, [...notReached.values()][0]);
      const begun = stepsBegun(end, ended);
      const unknown = begun.filter(({ error }) => error?.kind === 'unknown-outcome').map(({ node }) => node);
      const wrote = new Set([...sent, ...nodesThatSucceeded(), ...unknown]);
      return {
        ...ended,
        steps: [...begun, ...stepsSkipped()],
        reached: [...reached],
        wrote: [...reached].filter((id) => wrote.has(id) && flow.nodes.get(id)!.effect !== 'read'),
      };
    },
  };

  /** A node with `onError: continue` that failed passed on the message it got. */
  function nodesThatSucceeded(): readonly string[] {
    return [...settled].flatMap(([key, { node, record, emits = {} }]) => {
      const hasFailed = node.onError === 'continue' && Object.values(emits).includes(entered.get(key)?.input as Message);
      return hasFailed || !record.ports.some((port) => port !== 'error') ? [] : [node.id];
    });
  }

  function stepsBegun(end: RunEnd, ended: Pick<TrialResult, 'status' | 'error'>): TrialStep[] {
    const failed = keyOfFailed(end);
    return [...entered].map(([key, { node, scope, input, startedAt, monotonic }]) => {
      const step = settled.get(key);
      if (step) {
        const { emits } = step;
        const output = emits && Object.fromEntries(Object.entries(emits).map(([port, message]) => [port, [message]]));
        return { ...step.record, input, ...(output === undefined ? {} : { output }) };
      }
      const base = { node, scope, ports: [], startedAt, durationMs: Math.max(0, clock.monotonic() - monotonic), attempt: 1, input };
      const stop = notReached.get(key);
      if (stop) return { ...base, status: 'not-reached', error: stop };
      if (key !== failed) return { ...base, status: end.status === 'waiting' ? 'waiting' : 'stopped' };
      return {
        ...base,
        status: ended.status === 'stopped' ? 'stopped' : 'failed',
        ...(ended.error === undefined ? {} : { error: ended.error }),
      };
    });
  }

  function stepsSkipped(): TrialStep[] {
    return [...settled].flatMap(([key, { record }]) => (entered.has(key) ? [] : [record]));
  }

  /** Returns the key of the step that ended the run. This step is not settled; only the end names its node. */
  function keyOfFailed(end: RunEnd): string | undefined {
    if (end.status === 'held') return stepKey(end.path, end.node);
    if (end.status !== 'failed') return undefined;
    return [...entered.keys()].findLast((key) => entered.get(key)!.node === end.node && !settled.has(key));
  }
}

function outcomeOf(
  end: RunEnd,
  aborted: ErrorRecord | undefined,
  notReached: ErrorRecord | undefined,
): Pick<TrialResult, 'status' | 'reply' | 'error'> {
  const reply = replyOf(end);
  if (end.status === 'completed') return { status: 'completed', reply, error: undefined };
  if (aborted) return { status: 'stopped', reply, error: aborted };
  switch (end.status) {
    case 'failed':
    case 'held':
      return { status: end.status, reply, error: end.error };
    case 'waiting':
      return notReached
        ? { status: 'not-reached', reply, error: notReached }
        : {
            status: 'waiting',
            reply,
            error: toErrorRecord(stopped('waiting', 'it waits longer than a trial may last, or for a message')),
          };
    case 'cancelled':
    case 'lost':
      return { status: 'stopped', reply, error: toErrorRecord(stopped('cancelled', 'it was cancelled')) };
  }
}

function stopped(problem: 'waiting' | 'cancelled', why: string): AppError {
  return new AppError('TRIAL_STOPPED', 'input', `The run has no result: ${why}.`, {
    values: { problem },
    fix: problem === 'waiting' ? 'Pin an output for the node that waits.' : 'Try it again.',
  });
}
