/** Flow scopes as filters over executions. Which of them an index serves best depends on the status that is asked for. */
import { matchesFilter } from '../contract/ports/document-semantics.ts';
import type { Collection, Filter } from '../contract/ports/documents.ts';
import type { ExecutionDocument, ExecutionStatus } from './execution-document.ts';

/** In place of the epoch of an execution that the person may not see: it is found to be missing. */
export const OUTSIDE = -2;

const MAX_COUNT = 10_000;
const STATUSES: readonly ExecutionStatus[] = ['queued', 'running', 'waiting', 'held', 'completed', 'failed', 'cancelled'];

/** One filter for each flow: the index by flow gives them in order of time. */
export function filterEach(within: readonly FlowScope[]): readonly Filter[] {
  return within.map(({ flowId, versions }) => ({ flowId, ...(versions === undefined ? {} : { version: { in: versions } }) }));
}

/** As few filters as can be, for a status of which there are few executions: its own index gives those in order of time. */
export function filterTogether(within: readonly FlowScope[]): readonly Filter[] {
  const whole = within.filter(({ versions }) => versions === undefined).map(({ flowId }) => flowId);
  const parts = filterEach(within.filter(({ versions }) => versions !== undefined));
  return whole.length === 0 ? parts : [{ flowId: { in: whole } }, ...parts];
}

export function isWithin(
  execution: Pick<ExecutionDocument, '_id' | 'flowId' | 'version'>,
  within: readonly FlowScope[] | undefined,
): boolean {
  return within === undefined || filterEach(within).some((filter) => matchesFilter(execution, filter));
}

type Countable = Pick<Collection<ExecutionDocument>, 'count'>;

/** How many are in each status, each counted up to 10,000; of all flows unless some are named. */
export async function countStatuses(
  executions: Countable,
  within?: readonly FlowScope[],
): Promise<Readonly<Record<ExecutionStatus, number>>> {
  const counts = await Promise.all(STATUSES.map((status) => countStatus(executions, status, within)));
  return Object.fromEntries(STATUSES.map((status, index) => [status, counts[index]!])) as Record<ExecutionStatus, number>;
}

async function countStatus(executions: Countable, status: ExecutionStatus, within: readonly FlowScope[] | undefined): Promise<number> {
  const counts = await Promise.all(filtersOfStatus(status, within).map((filter) => executions.count(filter, MAX_COUNT)));
  return Math.min(
    MAX_COUNT,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

function filtersOfStatus(status: ExecutionStatus, within: readonly FlowScope[] | undefined): readonly Filter[] {
  if (within === undefined) return [{ status }];
  if (status !== 'completed') return filterTogether(within).map((filter) => ({ ...filter, status }));
  // As a range, so that the store goes by the flow: most executions of the installation completed, and few may be of this flow.
  return filterEach(within).map((filter) => ({ ...filter, status: { gte: status, lte: status } }));
}

/** Executions of a flow, or of those versions of it alone. */
export interface FlowScope {
  readonly flowId: string;
  readonly versions?: readonly number[];
}
