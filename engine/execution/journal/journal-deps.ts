/** The dependencies of an execution's journal. */
import type { Owners } from '../../ownership/owners.ts';
import type { RecordQuota } from '../record-quota.ts';
import type { ExecutionDocument, LateOutcomeDocument, LegDocument, ResumeDocument, StepRecord } from '../execution-document.ts';
import type { Logger } from '../../contract/values/observe.ts';
import type { Collection, WriteOptions } from '../../contract/ports/documents.ts';
import type { Seal } from '../../contract/values/seal.ts';
import type { Clock } from '../../contract/values/clock.ts';
import type { RunEvent } from '../transition.ts';
import type { Payloads } from '../payloads.ts';

export interface ExecutionStores {
  readonly executions: Collection<ExecutionDocument>;
  readonly legs: Collection<LegDocument>;
  readonly lateOutcomes: Collection<LateOutcomeDocument>;
  readonly resumes: Collection<ResumeDocument>;
}

export interface JournalDeps extends ExecutionStores {
  readonly payloads: Payloads;
  readonly seal: Seal;
  readonly quota: Pick<RecordQuota, 'keeping' | 'stored'>;
  readonly owners: Pick<Owners, 'isStopped'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Claims the execution with the run's first write: a worker by a conditional update, an inline run by an insert.
 * Returns false if another process already has it.
 */
export type Claim = (first: RunEvent, options: WriteOptions) => Promise<boolean>;

/** The fields of a stored execution from which a journal starts. An inline run has almost none of them yet. */
export type JournalDocument = Pick<ExecutionDocument, '_id' | 'epoch' | 'legs'> &
  Partial<Pick<ExecutionDocument, 'blobs' | 'reply' | 'waits' | 'input' | 'firstHeldAt'>>;

export interface JournalStart {
  /**
   * If true, nothing is stored before the first `write` (with `hasCallerKey`: before the first write of either kind), and
   * all intents are in the one execution document.
   */
  readonly isInline?: boolean;
  /** If true, an inline run is stored before its first idempotent write too, so that a repeated call finds it. */
  readonly hasCallerKey?: boolean;
  /**
   * Set if a caller waits for the run. After it aborts, the journal no longer retries to store something if the store
   * fails.
   */
  readonly signal?: AbortSignal;
  /** The legs that earlier claims stored. */
  readonly iterationLegs?: readonly LegDocument[];
  readonly steps?: readonly StepRecord[];
}

/** Retries a write until the store accepts it, as the journal does. */
export type RetryUntilStored = <T>(attempt: () => Promise<T> | T) => Promise<T>;
