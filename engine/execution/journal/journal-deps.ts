/** What a journal of an execution is made with. */
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

/** How a run takes the execution, with its first write: a worker by a conditional update, an inline run by inserting it. False: it is taken. */
export type Claim = (first: RunEvent, options: WriteOptions) => Promise<boolean>;

/** What a journal begins with; of an inline run next to nothing. */
export type JournalDocument = Pick<ExecutionDocument, '_id' | 'epoch' | 'legs'> &
  Partial<Pick<ExecutionDocument, 'blobs' | 'reply' | 'waits' | 'input' | 'firstHeldAt'>>;

export interface JournalStart {
  /** Stores nothing before the first `write`; all intents lie in the one document. */
  readonly isInline?: boolean;
  /** Somebody waits for the run: aborted, no further write waits for a store that fails. */
  readonly signal?: AbortSignal;
  /** What earlier claims stored. */
  readonly iterationLegs?: readonly LegDocument[];
  readonly steps?: readonly StepRecord[];
}
