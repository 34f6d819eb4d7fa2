/**
 * Reads the requests that a person sees, page by page. First come requests that this person may decide, the oldest
 * first. Then come requests made by this person, and then requests that this person decided.
 */
import { PERMISSIONS } from '../../engine/contract/access/access.ts';
import type { Filter } from '../../engine/contract/ports/documents.ts';
import type { Actor } from '../access/actor.ts';
import type { DomainScope } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import type { RequestRecord, RequestStatus, RequestStore } from './request-store.ts';

const PAGE = 50;
/** The overview counts at most this many requests. */
const MOST_COUNTED = 1000;
/** If a decision takes longer, its process has died: even the tests of a flow end earlier. */
const STUCK_MS = 300_000;

/** Requests in these states are final. */
export const ENDED: readonly RequestStatus[] = ['done', 'refused', 'failed', 'withdrawn'];

export interface RequestPage {
  readonly records: readonly RequestRecord[];
  /** Value for `after` to get the next page; absent on the last page. */
  readonly next?: string;
}

export type RequestSide = 'waiting' | 'own' | 'decided';

export interface RequestPageQuery {
  /**
   * Which requests to read. Absent: first requests that wait for this person, then requests made by this person, then
   * requests that this person decided.
   */
  readonly side?: RequestSide | undefined;
  readonly after?: string | undefined;
}

type Records = RequestStore['records'];

export function mayDecide(
  { needs, by, domains }: Pick<RequestRecord, 'needs' | 'by' | 'domains'>,
  actor: Pick<Actor, 'account' | 'roles' | 'via' | 'rights'>,
  scope: DomainScope,
): boolean {
  return by !== actor.account && isAllowed(actor, needs) && isWithin(scope)({ domains });
}

/** Returns true if the person decided the request and has its domains. They can then still read it. */
export function hasDecided(record: RequestRecord, { account }: Pick<Actor, 'account'>, scope: DomainScope): boolean {
  return record.decidedBy === account && isWithin(scope)(record);
}

function isWithin(scope: DomainScope): (record: Pick<RequestRecord, 'domains'>) => boolean {
  return ({ domains }) => domains.every((domain) => scope.holds(domain ?? undefined));
}

export function isOpen({ status, decidedAt = 0 }: RequestRecord, now: number): boolean {
  return status === 'open' || (status === 'deciding' && now - decidedAt > STUCK_MS);
}

interface Stage {
  readonly filter: Filter;
  readonly sort: readonly string[];
  sees(record: RequestRecord): boolean;
}

/**
 * Returns the parts of the list, in order. The query leaves out requests that need a right the person lacks. Otherwise
 * these would fill the page before the requests that the person may decide.
 */
function stagesOf(actor: Actor, scope: DomainScope): readonly (Stage & { readonly side: RequestSide })[] {
  const needs = { in: PERMISSIONS.filter((right) => isAllowed(actor, right)) };
  const waiting = {
    ...{ side: 'waiting' as const, sort: ['at'] },
    sees: (record: RequestRecord) => mayDecide(record, actor, scope),
  };
  const own = { side: 'own' as const, sort: ['-at'], sees: () => true };
  return [
    { ...waiting, filter: { status: 'open', needs } },
    { ...waiting, filter: { status: 'deciding', needs } },
    { ...own, filter: { by: actor.account, status: { in: ['open', 'deciding'] } } },
    { ...own, filter: { by: actor.account, status: { in: ENDED } } },
    { side: 'decided', sort: ['-at'], sees: isWithin(scope), filter: { decidedBy: actor.account, status: { in: ENDED } } },
  ];
}

/** Returns one page. `after` names the part of the list and the last request that was read. */
export async function readRequestPage(
  records: Records,
  actor: Actor,
  scope: DomainScope,
  { side, after }: RequestPageQuery,
): Promise<RequestPage> {
  const [from, last] = after?.split(':') ?? [];
  const found: RequestRecord[] = [];
  for (const [number, stage] of stagesOf(actor, scope).entries()) {
    if ((side !== undefined && stage.side !== side) || number < Number(from ?? 0)) continue;
    for await (const record of walk(records, stage, String(number) === from ? last : undefined)) {
      found.push(record);
      if (found.length === PAGE) return { records: found, next: `${number}:${record._id}` };
    }
  }
  return { records: found };
}

/** Returns the number of requests that wait for this person, and the time of the oldest one. */
export async function openRequests(
  { requests: { records } }: { readonly requests: Pick<RequestStore, 'records'> },
  actor: Actor,
  scope: DomainScope,
): Promise<{ readonly count: number; readonly oldestAt: number } | undefined> {
  let count = 0;
  let oldestAt = 0;
  for await (const { at } of walk(records, stagesOf(actor, scope)[0]!)) {
    if (count === 0) oldestAt = at;
    count += 1;
    if (count === MOST_COUNTED) break;
  }
  return count === 0 ? undefined : { count, oldestAt };
}

async function* walk(records: Records, { filter, sort, sees }: Stage, after?: string): AsyncGenerator<RequestRecord> {
  for (let last = after; ;) {
    const page = await records.find(filter, { sort, limit: PAGE, ...(last === undefined ? {} : { after: last }) });
    for (const record of page) if (sees(record)) yield record;
    if (page.length < PAGE) return;
    last = page.at(-1)!._id;
  }
}
