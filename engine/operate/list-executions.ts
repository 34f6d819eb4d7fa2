/** Lists executions, newest first, page by page. */
import type { Clock } from '../contract/values/clock.ts';
import { matchesFilter } from '../contract/ports/document-semantics.ts';
import type { Collection, Filter, FindOptions } from '../contract/ports/documents.ts';
import type { Seal } from '../contract/values/seal.ts';
import { type DocumentPage, type ExecutionQuery, filtersOf, LEFT_OUT, type ListedExecution } from '../execution/execution-query.ts';
import { PAYLOAD_FIELDS, type ExecutionDocument } from '../execution/execution-document.ts';

export interface ListDeps {
  readonly executions: Collection<ExecutionDocument>;
  readonly seal: Pick<Seal, 'token'>;
  readonly clock: Clock;
}

const ID = /^exe_/;

export async function listExecutions(query: ExecutionQuery, deps: ListDeps): Promise<DocumentPage> {
  const text = query.text?.trim() ?? '';
  if (text === '') return pageOf(query, {}, deps);
  if (!ID.test(text)) return searchTrace(query, text, deps);
  const exact = await deps.executions.get(text);
  if (exact) return { found: filtersOf(query, deps.seal).some((filter) => matchesFilter(exact, filter)) ? [exact] : [], ...NO_MORE };
  return pageOf(query, { _id: { prefix: text } }, deps);
}

const NO_MORE = { next: undefined, searchedFrom: undefined };

/**
 * Reads one page. Makes one query per status and flow, because an index returns executions in time order only within
 * one status or one flow.
 */
async function pageOf(query: ExecutionQuery, more: Filter, { executions, seal }: ListDeps): Promise<DocumentPage> {
  const { limit, after } = query;
  const options = { sort: ['-acceptedAt'], limit, omit: LEFT_OUT, ...(after === undefined ? {} : { after }) };
  const filters = filtersOf(query, seal).map((filter) => ({ ...filter, ...more }));
  const found = filters.length === 1 ? await executions.find(filters[0]!, options) : await findNewest(filters, options, executions);
  return { found, next: found.length < limit ? undefined : found.at(-1)!._id, searchedFrom: undefined };
}

/**
 * Returns the newest executions that any of the filters finds. First reads a small part of a page for each filter.
 * Reads more for a filter only if all executions of its part are among the newest. So a page over two hundred flows
 * does not need a whole page of each flow.
 */
async function findNewest(
  filters: readonly Filter[],
  options: FindOptions<(typeof LEFT_OUT)[number]>,
  executions: Collection<ExecutionDocument>,
): Promise<readonly ListedExecution[]> {
  const { limit } = options;
  const share = Math.min(limit, Math.ceil((2 * limit) / Math.max(1, filters.length)));
  const shares = await Promise.all(filters.map((filter) => executions.find(filter, { ...options, limit: share })));
  const first = shares.flat().sort(newestFirst).slice(0, limit);
  if (share === limit) return first;
  const isNewest = new Set(first);
  const mores = await Promise.all(
    shares.map(async (found, index) => {
      const last = found.at(-1);
      if (found.length < share || !isNewest.has(last!)) return [];
      return executions.find(filters[index]!, { ...options, limit: limit - share, after: last!._id });
    }),
  );
  return [...first, ...mores.flat()].sort(newestFirst).slice(0, limit);
}

/** Compares in the order of the store: by time, then by id. */
function newestFirst(a: ListedExecution, b: ListedExecution): number {
  return b.acceptedAt - a.acceptedAt || (a._id < b._id ? -1 : 1);
}

const FIRST_WINDOW_MS = 3_600_000;
const WINDOW_GROWTH = 4;
const BUDGET_MS = 3_000;

/**
 * Searches for a trace id. No index contains trace ids, because it would slow down every message. So the search goes
 * back in time over ever longer spans, until a page is full, nothing is left, or the time limit is reached.
 * `searchedFrom` then says how far back it searched.
 */
async function searchTrace(query: ExecutionQuery, text: string, deps: ListDeps): Promise<DocumentPage> {
  const { executions, clock, seal } = deps;
  const startedAt = clock.monotonic();
  const [oldest] = await executions.find({}, { sort: ['acceptedAt'], limit: 1, omit: PAYLOAD_FIELDS });
  const from = Math.max(query.from ?? 0, oldest?.acceptedAt ?? 0);
  const found: ListedExecution[] = [];
  let to = query.to ?? clock.now();
  for (let windowMs = FIRST_WINDOW_MS; oldest !== undefined && to >= from; windowMs *= WINDOW_GROWTH) {
    const span = { from: Math.max(from, to - windowMs), to };
    const limit = query.limit - found.length;
    const filters = filtersOf({ ...query, ...span }, seal).map((filter) => ({ ...filter, traceId: { prefix: text } }));
    const pages = await Promise.all(filters.map((filter) => executions.find(filter, { sort: ['-acceptedAt'], limit, omit: LEFT_OUT })));
    found.push(...pages.flat().sort(newestFirst).slice(0, limit));
    to = span.from - 1;
    if (found.length >= query.limit || clock.monotonic() - startedAt > BUDGET_MS) break;
  }
  return { found, next: undefined, searchedFrom: to >= from ? to + 1 : undefined };
}
