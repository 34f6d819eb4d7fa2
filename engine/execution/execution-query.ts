/** Which executions are asked for, and the filters that find them. */
import type { ExecutionDocument, ExecutionStatus } from './execution-document.ts';
import type { Filter } from '../contract/ports/documents.ts';
import type { Seal } from '../contract/values/seal.ts';
import { filterEach, filterTogether, type FlowScope } from './scope-filters.ts';

export interface ExecutionQuery {
  /** Of any of these; none of them: of no flow. */
  readonly flowIds?: readonly string[];
  /** And only of these. */
  readonly within?: readonly FlowScope[];
  readonly status?: readonly ExecutionStatus[];
  readonly from?: number;
  readonly to?: number;
  /** Of those that are held: where, why, and whether the outcome is known. */
  readonly held?: Pick<HeldSelection, 'node' | 'code' | 'outcomeKnown' | 'bulk'>;
  /** Business key; looked up by its token. */
  readonly key?: { readonly name: string; readonly value: string };
  /** An execution's id or a trace id, whole or its beginning. */
  readonly text?: string;
  /** In the archive instead of the store. */
  readonly archived?: boolean;
  readonly limit: number;
  readonly after?: string;
}

/** All that is named must hold; `ids` stands alone. */
export interface HeldSelection {
  readonly flowId?: string;
  readonly node?: string;
  readonly code?: string;
  readonly outcomeKnown?: boolean;
  /** Let go on by this bulk, and held again. */
  readonly bulk?: string;
  /** Business key; looked up by its token. */
  readonly key?: { readonly name: string; readonly value: string };
  readonly ids?: readonly string[];
}

/** `input` stays: a list says whether there is one. */
export const LEFT_OUT = ['legs', 'reply'] as const;

/** Of so many flows each is asked for by itself; beyond, one query goes through all executions of the time. */
const MOST_FLOWS = 20;

export type ListedExecution = Omit<ExecutionDocument, (typeof LEFT_OUT)[number]>;

export interface DocumentPage {
  readonly found: readonly ListedExecution[];
  readonly next: string | undefined;
  readonly searchedFrom: number | undefined;
}

/** One for each flow and status asked for. */
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
    // Of the other statuses there are few: their index is quicker than one query for each flow.
    return status === undefined || status === 'completed' ? filterEach(meant) : filterTogether(meant);
  }
  if (flowIds === undefined) return [{}];
  return flowIds.length > MOST_FLOWS ? [{ flowId: { in: flowIds } }] : flowIds.map((flowId) => ({ flowId }));
}

/** Where, why, and whether the outcome is known. */
export function heldAt({ node, code, outcomeKnown, bulk }: Pick<HeldSelection, 'node' | 'code' | 'outcomeKnown' | 'bulk'>): Filter {
  return {
    ...(node === undefined ? {} : { 'held.node': node }),
    ...(code === undefined ? {} : { 'held.reason': code }),
    ...(outcomeKnown === undefined ? {} : { 'held.outcomeKnown': outcomeKnown }),
    ...(bulk === undefined ? {} : { bulk }),
  };
}
