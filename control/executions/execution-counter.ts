/**
 * Counts executions of flows by state. Reads indexes of the store and caches the result for some seconds, since many
 * pages may ask at once. Every count has a limit.
 */
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { Documents, Filter } from '../../engine/contract/ports/documents.ts';
import { executionsSpec, PAYLOAD_FIELDS, type ExecutionStatus } from '../../engine/execution/execution-document.ts';
import { countStatuses, filterTogether, type FlowScope } from '../../engine/execution/scope-filters.ts';
import { createRemember, nameOfScopes } from '../action/remember.ts';

export interface ExecutionCounter {
  /**
   * Returns the number of recorded executions of each flow that were accepted since local midnight, counted up to
   * 10,000.
   */
  today(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Returns the number of failed executions of each flow that were accepted since local midnight. */
  failedToday(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Returns the number of held executions of each flow; leaves out flows without any. */
  held(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /** Returns the number of executions of each flow that wait for a retry or for a message from outside. */
  waiting(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
  /**
   * Returns the number of failed executions that were accepted since `at`. `within` limits the count to these flows;
   * without it, all flows are counted. `oldest` uses `within` in the same way.
   */
  failedSince(at: number, within?: readonly FlowScope[]): Promise<number>;
  /**
   * Returns the number of executions of each flow that were accepted since `at`, counted up to 10,000. With `status`,
   * counts only executions in this status.
   */
  acceptedSince(flowIds: readonly string[], at: number, status?: ExecutionStatus): Promise<Readonly<Record<string, number>>>;
  /** Returns the time when the oldest held or queued execution was accepted. */
  oldest(status: 'held' | 'queued', within?: readonly FlowScope[]): Promise<number | undefined>;
  /** Returns the number of executions of these flows in each status, counted up to 10,000. */
  counts(within: readonly FlowScope[]): Promise<Readonly<Record<ExecutionStatus, number>>>;
  /**
   * Returns the time when the oldest queued execution was accepted, by flow. Only the hundred oldest queued executions
   * are considered.
   */
  oldestQueued(): Promise<ReadonlyMap<string, number>>;
  /** Returns the acceptance times of a flow's latest executions, newest first. */
  arrivals(flowId: string, limit: number): Promise<readonly number[]>;
  /** Returns the number of open executions of this version. Undefined if the flow has 2,000 or more open executions. */
  running(flowId: string, version: number): Promise<number | undefined>;
}

const MOST = 10_000;
/** Maximum number of open executions of a flow for which those of one version are counted. */
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

/**
 * Returns a condition for this flow id in the form of a range. The store then uses the index of the other field in the
 * filter, which matches few documents, instead of reading all executions of the flow.
 */
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
