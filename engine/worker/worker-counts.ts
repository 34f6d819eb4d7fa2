import type { Metrics } from '../contract/values/observe.ts';

/** What a worker counts up as it goes: plain numbers, since most of it happens for each message. Read when somebody asks for metrics. */
export class WorkerCounts {
  claims = 0;
  /** Somebody else had it: the list was older than its claim. */
  refusedClaims = 0;
  /** Claims of executions whose owner had died. */
  takeOvers = 0;
  /** Writes held back, because this process had been silent and others may have taken what it had claimed. */
  lateWrites = 0;
  /** What no ring had announced, by what the reconciler found. */
  readonly found = { queued: 0, due: 0, owner: 0, resume: 0 };
}

export function showWorkerCounts(counts: WorkerCounts, metrics: Metrics): void {
  metrics.total('claims_total', () => counts.claims);
  metrics.total('claims_refused_total', () => counts.refusedClaims);
  metrics.total('take_overs_total', () => counts.takeOvers);
  metrics.total('late_writes_refused_total', () => counts.lateWrites);
  metrics.total('reconciler_findings_total', () => counts.found.queued, { what: 'queued' });
  metrics.total('reconciler_findings_total', () => counts.found.due, { what: 'due' });
  metrics.total('reconciler_findings_total', () => counts.found.owner, { what: 'dead-owner' });
  metrics.total('reconciler_findings_total', () => counts.found.resume, { what: 'resume' });
}
