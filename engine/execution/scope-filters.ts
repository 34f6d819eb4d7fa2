/** Turns flow scopes into filters over executions. Which index is fastest depends on the status in the query. */
import { matchesFilter } from '../contract/ports/document-semantics.ts';
import type { Collection, Filter } from '../contract/ports/documents.ts';
import type { ExecutionDocument, ExecutionStatus } from './execution-document.ts';

/** Replaces the epoch of an execution that the person may not see, so that the execution is reported as missing. */
export const OUTSIDE = -2;

const MAX_COUNT = 10_000;
const STATUSES: readonly ExecutionStatus[] = ['queued', 'running', 'waiting', 'held', 'completed', 'failed', 'cancelled'];

/** Returns one filter per flow, for the index by flow, which returns executions in time order. */
export function filterEach(within: readonly FlowScope[]): readonly Filter[] {
  return within.map(({ flowId, versions }) => ({ flowId, ...(versions === undefined ? {} : { version: { in: versions } }) }));
}

/**
 * Returns as few filters as possible. Use it for a status that few executions have: the index by status returns them in
 * time order.
 */
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

/** Counts the executions in each status, up to 10,000 each. Without `within`, counts all flows. */
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
  // The range makes the store use the flow index; equality would make it use the status index. That would be slow: most
  // executions are completed, and few of them may belong to this flow.
  return filterEach(within).map((filter) => ({ ...filter, status: { gte: status, lte: status } }));
}

/** Selects the executions of a flow, or only those of the given versions. */
export interface FlowScope {
  readonly flowId: string;
  readonly versions?: readonly number[];
}
