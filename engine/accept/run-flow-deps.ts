/** The dependencies of flow calls. */
import type { Owners } from '../ownership/owners.ts';
import type { EndNotes } from '../observe/end-notes.ts';
import type { JournalDeps } from '../execution/journal/journal-deps.ts';
import type { LiveCounters } from '../observe/live-counters.ts';
import type { Clock } from '../contract/values/clock.ts';
import type { PublishedFlows } from '../compile/published-flows.ts';
import type { Accept, AcceptDeps } from './accept.ts';
import type { RunDeps } from '../run/run-deps.ts';

export interface RunFlowDeps extends AcceptDeps, JournalDeps {
  readonly published: PublishedFlows;
  readonly accept: Accept;
  readonly run: RunDeps;
  readonly owners: Pick<Owners, 'current' | 'isTrusted' | 'isStopped'>;
  /** The store's clock, which orders arrivals across all processes. */
  readonly storeTime: Pick<Clock, 'now'>;
  /** Part of the sequences, so that they differ from those of other processes. */
  readonly processId: string;
  /** The executions that run in this process, so that the reconciler does not mistake them for abandoned. */
  readonly active: Set<string>;
  readonly live?: LiveCounters;
  readonly endNotes: EndNotes;
}
