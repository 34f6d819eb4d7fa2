/** A trial of a flow or a part of it, and what it shows. */
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { FlowTest } from '../contract/flow/flow-document.ts';
import type { Message } from '../contract/values/message.ts';
import type { Reply } from '../contract/node/node.ts';
import type { StepRecord, StepStatus } from '../execution/execution-document.ts';

/** `adapters`: what is neither mocked nor pinned really reaches the other side, and writes really happen there. */
export type TrialReach = 'none' | 'adapters';

export interface TrialRequest {
  /** The trigger's message; of a part the message that goes into its first node. */
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
  readonly reach: TrialReach;
  /** Runs this node and what comes behind it. */
  readonly from?: string;
  /** Runs this node alone. */
  readonly only?: string;
  /** Pinned outputs, node id -> port -> data: such nodes do not run; expressions and joins read them all the same. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * - `not-reached`: it would reach outside; its path ends here.
 * - `waiting`: it waits for longer than a trial may last, or for somebody's message.
 * - `stopped`: the run was ended (cancelled, out of time, another node failed) before this node was done.
 */
export type TrialStepStatus = StepStatus | 'not-reached' | 'waiting' | 'stopped';

export interface TrialStep extends Omit<StepRecord, 'status'> {
  readonly status: TrialStepStatus;
  /** Absent for skipped steps. */
  readonly input?: Message;
  /** By port; absent where nothing was emitted. */
  readonly output?: Readonly<Record<string, readonly Message[]>>;
}

/** Outcome of a trial or test run of a flow: nothing of it is stored. */
export interface TrialResult {
  readonly status: 'completed' | 'failed' | 'held' | 'not-reached' | 'waiting' | 'stopped';
  readonly reply: Reply | undefined;
  readonly error: ErrorRecord | undefined;
  /** In the order in which they began; skipped ones last. */
  readonly steps: readonly TrialStep[];
  /** Nodes that reached the other side. */
  readonly reached: readonly string[];
  /** Those of them that write; how each ended stands in its step. */
  readonly wrote: readonly string[];
}
