import type { Metrics } from '../contract/values/observe.ts';

/** Counters of a worker. Plain numbers, because most change with every message. Read when metrics are collected. */
export class WorkerCounts {
  claims = 0;
  /** Another process had it: the list was older than its claim. */
  refusedClaims = 0;
  /** Claims of executions whose owner had died. */
  takeOvers = 0;
  /** Writes stopped because this process had been silent, and others may have taken over its claims. */
  lateWrites = 0;
  /** Executions that no ring had announced, by what the reconciler found. */
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
