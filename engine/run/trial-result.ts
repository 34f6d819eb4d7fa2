/** The request and the result of a trial of a flow, or of a part of it. */
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { FlowTest } from '../contract/flow/flow-document.ts';
import type { Message } from '../contract/values/message.ts';
import type { Reply } from '../contract/node/node.ts';
import type { StepRecord, StepStatus } from '../execution/execution-document.ts';

/** `adapters`: nodes that are neither mocked nor pinned reach the other side, and their writes really happen. */
export type TrialReach = 'none' | 'adapters';

export interface TrialRequest {
  /** The trigger's message or, for a part, the input of its first node. */
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
  readonly reach: TrialReach;
  /** Runs this node and all nodes behind it. */
  readonly from?: string;
  /** Runs only this node. */
  readonly only?: string;
  /** Pinned outputs: node id -> port -> data. Pinned nodes do not run, but expressions and joins can read them. */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * - `not-reached`: it would reach outside; its path ends here.
 * - `waiting`: it waits for longer than a trial may last, or for an outside message.
 * - `stopped`: the run ended (cancelled, out of time, another node failed) before this node finished.
 */
export type TrialStepStatus = StepStatus | 'not-reached' | 'waiting' | 'stopped';

export interface TrialStep extends Omit<StepRecord, 'status'> {
  readonly status: TrialStepStatus;
  /** Absent for skipped steps. */
  readonly input?: Message;
  /** By port; absent if nothing was emitted. */
  readonly output?: Readonly<Record<string, readonly Message[]>>;
}

/** Outcome of a trial or test run of a flow. Nothing is stored. */
export interface TrialResult {
  readonly status: 'completed' | 'failed' | 'held' | 'not-reached' | 'waiting' | 'stopped';
  readonly reply: Reply | undefined;
  readonly error: ErrorRecord | undefined;
  /** In the order of their starts; skipped steps last. */
  readonly steps: readonly TrialStep[];
  /** Nodes that reached the other side. */
  readonly reached: readonly string[];
  /** The reached nodes that write; their steps show how each ended. */
  readonly wrote: readonly string[];
}
