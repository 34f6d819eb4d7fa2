import type { Metrics } from '../contract/values/observe.ts';

/**
 * The counters of a worker. They are plain numbers that are read when metrics are collected, because most of them
 * change with every message.
 */
export class WorkerCounts {
  claims = 0;
  /** Claims that were refused because another process had already claimed the execution: the list was too old. */
  refusedClaims = 0;
  /** Claims of executions whose owner had died. */
  takeOvers = 0;
  /**
   * Writes that were stopped because this process could not reach the store for so long that others may have taken
   * over its claims.
   */
  lateWrites = 0;
  /**
   * Executions that were found although no signal had announced them: new ones, waits that were due, executions of dead
   * owners, and waits whose message had arrived.
   */
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
