import type { RunEnd, RunJob } from '../execution/run-job.ts';
import { runGraph } from './run-graph.ts';
import type { RunDeps } from './run-deps.ts';

/** Runs the job and counts it in the job's tally. */
export function runCounted(job: RunJob, deps: RunDeps, how: { readonly isFirst: boolean; readonly isPart?: boolean }): Promise<RunEnd> {
  const { tally } = job;
  if (tally === undefined) return runGraph(job, deps);
  const begunAt = deps.clock.monotonic();
  // Count only the duration of this run. Time in a lane or a hold says nothing about how fast the flow is.
  const count = (end: RunEnd) => tally.end(end, how.isPart === true ? undefined : deps.clock.monotonic() - begunAt);
  tally.begin(how.isFirst);
  return runGraph(job, deps).then(
    (end) => {
      count(end);
      return end;
    },
    (thrown: unknown) => {
      count({ status: 'lost', cause: thrown });
      throw thrown;
    },
  );
}
