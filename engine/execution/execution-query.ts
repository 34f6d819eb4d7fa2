/** Queries for executions, and the filters that find them. */
import type { ExecutionDocument, ExecutionStatus } from './execution-document.ts';
import type { Filter } from '../contract/ports/documents.ts';
import type { Seal } from '../contract/values/seal.ts';
import { filterEach, filterTogether, type FlowScope } from './scope-filters.ts';

export interface ExecutionQuery {
  /** Only executions of these flows. An empty list matches no flow. */
  readonly flowIds?: readonly string[];
  /** Only executions of these flow versions. */
  readonly within?: readonly FlowScope[];
  readonly status?: readonly ExecutionStatus[];
  readonly from?: number;
  readonly to?: number;
  /** For held executions: the node, the reason, and whether the outcome is known. */
  readonly held?: Pick<HeldSelection, 'node' | 'code' | 'outcomeKnown' | 'bulk'>;
  /**
   * A business key. The store contains only keyed tokens of business keys, so the search uses the token of this one.
   */
  readonly key?: { readonly name: string; readonly value: string };
  /** An execution id or a trace id, or the beginning of one. */
  readonly text?: string;
  /** Searches the archive instead of the store. */
  readonly archived?: boolean;
  readonly limit: number;
  readonly after?: string;
}

/** Selects held executions. All given conditions must match; `ids` is used alone. */
export interface HeldSelection {
  readonly flowId?: string;
  readonly node?: string;
  readonly code?: string;
  readonly outcomeKnown?: boolean;
  /** Only executions that this bulk operation retried and that were held again. */
  readonly bulk?: string;
  /**
   * A business key. The store contains only keyed tokens of business keys, so the search uses the token of this one.
   */
  readonly key?: { readonly name: string; readonly value: string };
  readonly ids?: readonly string[];
}

/** Fields that lists do not read. `input` is read, so that a list can show whether a message is stored. */
export const LEFT_OUT = ['legs', 'reply'] as const;

/**
 * Up to this many flows, there is one query per flow. Above it, one query goes through all executions of the time
 * range.
 */
const MOST_FLOWS = 20;

export type ListedExecution = Omit<ExecutionDocument, (typeof LEFT_OUT)[number]>;

export interface DocumentPage {
  readonly found: readonly ListedExecution[];
  readonly next: string | undefined;
  readonly searchedFrom: number | undefined;
}

/** Returns one filter for each flow and status of the query. */
export function filtersOf(query: ExecutionQuery, seal: Pick<Seal, 'token'>): Filter[] {
  const { key, from, to, held = {} } = query;
  const time = { ...(from === undefined ? {} : { gte: from }), ...(to === undefined ? {} : { lte: to }) };
  const rest: Filter = {
    ...(Object.keys(time).length === 0 ? {} : { acceptedAt: time }),
    ...(key === undefined ? {} : { keys: seal.token(key.name, key.value) }),
    ...heldAt(held),
  };
  const statuses = query.status ?? [undefined];
  return statuses.flatMap((status) =>
    flowsOf(query, status).map((flow) => ({ ...flow, ...(status === undefined ? {} : { status }), ...rest })),
  );
}

function flowsOf({ flowIds, within }: ExecutionQuery, status: ExecutionStatus | undefined): readonly Filter[] {
  if (within !== undefined) {
    const meant = flowIds === undefined ? within : within.filter(({ flowId }) => flowIds.includes(flowId));
    // The other statuses have few executions: their index is faster than one query per flow.
    return status === undefined || status === 'completed' ? filterEach(meant) : filterTogether(meant);
  }
  if (flowIds === undefined) return [{}];
  return flowIds.length > MOST_FLOWS ? [{ flowId: { in: flowIds } }] : flowIds.map((flowId) => ({ flowId }));
}

export function heldAt({ node, code, outcomeKnown, bulk }: Pick<HeldSelection, 'node' | 'code' | 'outcomeKnown' | 'bulk'>): Filter {
  return {
    ...(node === undefined ? {} : { 'held.node': node }),
    ...(code === undefined ? {} : { 'held.reason': code }),
    ...(outcomeKnown === undefined ? {} : { 'held.outcomeKnown': outcomeKnown }),
    ...(bulk === undefined ? {} : { bulk }),
  };
}
