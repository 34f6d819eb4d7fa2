/** The request and the result of a trial of a flow, or of a part of it. */
import type { ErrorRecord } from '../contract/values/errors.ts';
import type { FlowTest } from '../contract/flow/flow-document.ts';
import type { Message } from '../contract/values/message.ts';
import type { Reply } from '../contract/node/node.ts';
import type { StepRecord, StepStatus } from '../execution/execution-document.ts';

/** `adapters`: nodes that are neither mocked nor pinned call the other system, and their writes really happen. */
export type TrialReach = 'none' | 'adapters';

export interface TrialRequest {
  /** The message of the trigger. If only a part of the flow runs, the input of the first node of the part. */
  readonly input: FlowTest['input'];
  readonly mocks: FlowTest['mocks'];
  readonly reach: TrialReach;
  /** Runs this node and all nodes after it. */
  readonly from?: string;
  /** Runs only this node. */
  readonly only?: string;
  /**
   * Pinned outputs: node id -> port -> data. A pinned node does not run, but expressions and joins can read its
   * output.
   */
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * - `not-reached`: the node would call another system; its path ends here.
 * - `waiting`: the node waits for longer than a trial may last, or for a message.
 * - `stopped`: the run ended (cancelled, out of time, another node failed) before this node finished.
 */
export type TrialStepStatus = StepStatus | 'not-reached' | 'waiting' | 'stopped';

export interface TrialStep extends Omit<StepRecord, 'status'> {
  readonly status: TrialStepStatus;
  /** Absent for skipped steps. */
  readonly input?: Message;
  /** The emitted messages by port; absent if nothing was emitted. */
  readonly output?: Readonly<Record<string, readonly Message[]>>;
}

/** The result of a trial or a test of a flow. */
export interface TrialResult {
  readonly status: 'completed' | 'failed' | 'held' | 'not-reached' | 'waiting' | 'stopped';
  readonly reply: Reply | undefined;
  readonly error: ErrorRecord | undefined;
  /** The steps in the order of their starts; skipped steps come last. */
  readonly steps: readonly TrialStep[];
  /** The nodes that called another system. */
  readonly reached: readonly string[];
  /**
   * The nodes in `reached` that wrote, or may have written: they sent their first byte, succeeded, or ended with an
   * unknown outcome.
   */
  readonly wrote: readonly string[];
}
