/**
 * How many executions of a flow there are, in what state, read from the store's indexes and remembered for a moment, since many pages may
 * look at once. Every count is bounded.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Documents, Filter } from '../../engine/contract/ports/documents.ts';
import { executionsSpec, PAYLOAD_FIELDS, type ExecutionStatus } from '../../engine/execution/execution-document.ts';
import { countStatuses, filterTogether, type FlowScope } from '../../engine/execution/scope-filters.ts';
import { createRemember, nameOfScopes } from '../action/remember.ts';

export interface ExecutionCounter {
  /** Recorded executions since local midnight, counted up to 10,000. */
  today(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Those of today that failed. */
  failedToday(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Held now; flows without any are left out. */
  held(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Waiting now, for a retry or for somebody's message. */
  waiting(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Failed since then; of all flows unless some are named, as below. */
  failedSince(at: number, within?: readonly FlowScope[]): Promise<number>;
  /** Accepted since then, in this status or any; counted up to 10,000. */
  acceptedSince(flowIds: readonly string[], at: number, status?: ExecutionStatus): Promise<Readonly<Record<string, number>>>;
  /** When the oldest held, or queued, execution was accepted. */
  oldest(status: 'held' | 'queued', within?: readonly FlowScope[]): Promise<number | undefined>;
  /** How many are in each status, counted up to 10,000. */
  counts(within: readonly FlowScope[]): Promise<Readonly<Record<ExecutionStatus, number>>>;
  /** Acceptance of each flow's oldest queued execution, as far as they stand among the oldest hundred. */
  oldestQueued(): Promise<ReadonlyMap<string, number>>;
  /** When the latest executions of a flow were accepted, newest first. */
  arrivals(flowId: string, limit: number): Promise<readonly number[]>;
  /** Not yet ended, on this version. Undefined when the flow has a backlog too long to look through. */
  running(flowId: string, version: number): Promise<number | undefined>;
}

const MOST = 10_000;
/** Open executions of one flow that are looked through for those of a version. */
const MOST_OPEN = 2000;
const OLDEST_QUEUED = 100;

export async function createExecutionCounter(documents: Documents, clock: Clock): Promise<ExecutionCounter> {
  const executions = await documents.open(executionsSpec);
  const remember = createRemember(clock);
  const count = (name: string, filter: Filter) => remember(name, () => executions.count(filter, MOST));
  const perFlow = async (name: string, flowIds: readonly string[], filterOf: (flowId: string) => Filter) =>
    Object.fromEntries(
      await Promise.all(flowIds.map(async (flowId) => [flowId, await count(`${name} ${flowId}`, filterOf(flowId))] as const)),
    );
  const oldestOf = async (status: ExecutionStatus, limit: number, filter: Filter = {}) =>
    (await executions.find({ ...filter, status }, { sort: ['acceptedAt'], limit, omit: PAYLOAD_FIELDS })).map(({ flowId, acceptedAt }) => ({
      flowId,
      acceptedAt,
    }));

  return {
    today: (flowIds) => perFlow('today', flowIds, (flowId) => ({ flowId, acceptedAt: { gte: midnight(clock) } })),
    failedToday: (flowIds) =>
      perFlow('failed', flowIds, (flowId) => ({ flowId: within(flowId), status: 'failed', acceptedAt: { gte: midnight(clock) } })),
    async held(flowIds) {
      if ((await count('held', { status: 'held' })) === 0) return {};
      const counts = await perFlow('held', flowIds, (flowId) => ({ flowId: within(flowId), status: 'held' }));
      return Object.fromEntries(Object.entries(counts).filter(([, held]) => held > 0));
    },
    waiting: (flowIds) => perFlow('waiting', flowIds, (flowId) => ({ flowId: within(flowId), status: 'waiting' })),
    failedSince: (at, within) =>
      remember(`failed ${nameOfScopes(within)}`, async () => {
        const filters = filtersOf(within).map((filter) => ({ ...filter, status: 'failed', acceptedAt: { gte: at } }));
        return sum(await Promise.all(filters.map((filter) => executions.count(filter, MOST))));
      }),
    acceptedSince: (flowIds, at, status) =>
      perFlow(`since ${status ?? ''}`, flowIds, (flowId) => {
        const since = { acceptedAt: { gte: at } };
        return status === undefined ? { flowId, ...since } : { flowId: within(flowId), status, ...since };
      }),
    oldest: (status, within) =>
      remember(`oldest ${status} ${nameOfScopes(within)}`, async () => {
        const found = await Promise.all(filtersOf(within).map((filter) => oldestOf(status, 1, filter)));
        const times = found.flat().map(({ acceptedAt }) => acceptedAt);
        return times.length === 0 ? undefined : Math.min(...times);
      }),
    counts: (within) => remember(`counts ${nameOfScopes(within)}`, () => countStatuses(executions, within)),
    oldestQueued: () =>
      remember('queued', async () => {
        const oldest = new Map<string, number>();
        for (const { flowId, acceptedAt } of await oldestOf('queued', OLDEST_QUEUED))
          if (!oldest.has(flowId)) oldest.set(flowId, acceptedAt);
        return oldest;
      }),
    arrivals: async (flowId, limit) =>
      (await executions.find({ flowId }, { sort: ['-acceptedAt'], limit, omit: PAYLOAD_FIELDS })).map(({ acceptedAt }) => acceptedAt),
    running: (flowId, version) =>
      remember(`running ${flowId}@${version}`, async () => {
        const open = { open: true, flowId: within(flowId) };
        if ((await executions.count(open, MOST_OPEN)) === MOST_OPEN) return undefined;
        return executions.count({ ...open, version }, MOST_OPEN);
      }),
  };
}

/** As a range the store looks the other field up in its index, of which there are few, and not all that the flow ever ran. */
function within(flowId: string): { readonly gte: string; readonly lte: string } {
  return { gte: flowId, lte: flowId };
}

function filtersOf(within: readonly FlowScope[] | undefined): readonly Filter[] {
  return within === undefined ? [{}] : filterTogether(within);
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function midnight(clock: Clock): number {
  return new Date(clock.now()).setHours(0, 0, 0, 0);
}
