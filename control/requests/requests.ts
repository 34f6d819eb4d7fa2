/**
 * Requests: people can ask for an action that they may not run. A request stores the action with its input until a
 * person who may run it decides and gives a reason. The action then runs in the name of this person. Some actions need
 * rights of both people: for an adapter with a credential, one may edit the adapter and the other may edit secrets.
 * Such an action runs once with the roles of both people.
 */
import { Type, type Static } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { Account, AccountStore } from '../auth/account-store.ts';
import { notOpen, ownRequest, takesPerson } from './request-errors.ts';
import { createRequestKeeper } from './create-request-keeper.ts';
import { Reason, RequestableActions, RequestInput } from './requestable-actions.ts';
import { hasDecided, isOpen, mayDecide, readRequestPage } from './request-pages.ts';
import type { RequestBody, RequestRecord, RequestStatus, RequestStore } from './request-store.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import { existing, scopeOf, type Touched } from '../access/domains.ts';
import type { WaitingCollections } from '../../engine/collections/waiting-collections.ts';
import type { Clock } from '../../engine/contract/values/clock.ts';
import type { RunAction } from '../action/run-action.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { NodeRegistry } from '../../engine/registry/load-nodes.ts';
import type { Registry } from '../registry/registry.ts';
import type { Owners } from '../action/owners.ts';

export interface RequestServices {
  readonly clock: Clock;
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly nodes: NodeRegistry;
  readonly registry: Registry;
  readonly requests: RequestStore;
  /** Runs the requested action. */
  readonly runAction: RunAction;
  readonly accounts: AccountStore;
  readonly owners: Owners;
  readonly waiting: Pick<WaitingCollections, 'list'>;
}

export interface RequestItem {
  readonly requestId: string;
  readonly action: string;
  readonly subject: string;
  /** Names of the objects that the request is about; the app comes after the interface that it would call. */
  readonly names: readonly Text[];
  readonly needs: Permission;
  readonly by: string;
  readonly at: number;
  readonly status: RequestStatus;
  readonly reason: string;
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  readonly decision?: string;
  readonly outcome?: string;
  /** True if this person may decide the request. */
  readonly mayDecide: boolean;
  /** For an open request made by this person: how many people may decide it now. */
  readonly deciders?: number;
}

export interface RequestList {
  readonly items: readonly RequestItem[];
  /** Value for `after` to get the next page; absent on the last page. */
  readonly next?: string;
}

export interface RequestDetails extends RequestItem {
  /** Absent for an ended request; the audit trail has a line about its action. */
  readonly input?: unknown;
  /** True if an object of an open request was changed or removed since the request. The action will then not run. */
  readonly isOutdated: boolean;
}

/** Ended requests can still be read, and open ones decided, for this long. */
const KEPT_MS = 90 * 86_400_000;
const byRequest = Type.Object({ requestId: Type.String({ maxLength: 64 }) }, closed);
const Decision = Type.Object({ requestId: Type.String({ maxLength: 64 }), accept: Type.Boolean(), reason: Reason }, closed);

/** Returns the actions for requests. `actions` includes those that can be requested. */
export function requestActions(services: RequestServices, actions: readonly Action[]): readonly Action[] {
  const requestable = new RequestableActions(services, actions);
  return [
    createRequest(services, requestable),
    listRequests(services),
    getRequest(services, requestable),
    withdrawRequest(services),
    decideRequest(services, requestable),
  ];
}

function createRequest(services: RequestServices, requestable: RequestableActions): Action {
  const { requests, accounts, clock } = services;
  const keeper = createRequestKeeper(requests);
  return defineAction({
    name: 'requests.create',
    right: 'member',
    domain: 'filtered',
    text: { 'zh-CN': '申请一项自己无权做的操作', en: 'Request an action that you do not have the right to do' },
    input: RequestInput,
    audited: true,
    subject: ({ action }) => action,
    async admit(ctx, wish) {
      await requestable.prepare(ctx, wish);
      await keeper.requireRoom(ctx.actor.account);
    },
    async run(ctx, wish): Promise<RequestItem> {
      const prepared = await requestable.prepare(ctx, wish);
      const { action, needs, input, subject, state, wanted } = prepared;
      const [requestId, at, by] = [createId('req'), clock.now(), ctx.actor.account];
      const body: RequestBody = { reason: wish.reason, names: state.names, digest: state.digest, wanted };
      const record: RequestRecord = {
        ...{ _id: requestId, action: action.name, subject, needs, by, at, status: 'open', expiresAt: at + KEPT_MS },
        domains: await requestable.domainsOf(prepared),
        body: requests.seal(requestId, 'body', body),
      };
      await keeper.keep(record, input);
      ctx.note.subject = subject;
      ctx.note.reason = wish.reason;
      ctx.note.after = { requestId, action: action.name };
      return withDeciders(shown(services, record, ctx), record.domains, await accounts.list());
    },
  });
}

function listRequests(services: RequestServices): Action {
  const { requests, accounts } = services;
  return defineAction({
    name: 'requests.list',
    right: 'member',
    domain: 'filtered',
    text: {
      'zh-CN': '等自己决定的、自己提交的、自己决定过的申请',
      en: 'Requests that wait for your decision, your own requests, and those that you decided',
    },
    input: Type.Object(
      {
        side: Type.Optional(
          Type.Union([Type.Literal('waiting'), Type.Literal('own'), Type.Literal('decided')], {
            description:
              '`waiting`: requests that you may decide; `own`: your requests; `decided`: requests that you decided. If left out: all of them, in this order',
          }),
        ),
        after: Type.Optional(Type.String({ pattern: '^[0-4]:req_[A-Za-z0-9_-]{22}$', description: '`next` of the previous page' })),
      },
      closed,
    ),
    audited: false,
    async run(ctx, wish): Promise<RequestList> {
      const page = await readRequestPage(requests.records, ctx.actor, ctx.domains, wish);
      const people = await accounts.list();
      const items = page.records.map((record) => {
        const item = shown(services, record, ctx);
        return record.by === ctx.actor.account ? withDeciders(item, record.domains, people) : item;
      });
      return { items, ...(page.next === undefined ? {} : { next: page.next }) };
    },
  });
}

function getRequest(services: RequestServices, requestable: RequestableActions): Action {
  const { requests, accounts, clock } = services;
  return defineAction({
    name: 'requests.get',
    right: 'member',
    domain: 'filtered',
    text: { 'zh-CN': '读取一项申请及其内容', en: 'Read a request with its input' },
    input: byRequest,
    audited: false,
    async run(ctx, { requestId }): Promise<RequestDetails> {
      const record = await requests.records.get(requestId);
      const found = existing(record !== undefined && isSeen(record, ctx) ? record : undefined, requestId);
      const item = shown(services, found, ctx);
      const own = found.by === ctx.actor.account ? withDeciders(item, found.domains, await accounts.list()) : item;
      const input = await requests.inputOf(found);
      return {
        ...own,
        ...(input === undefined ? {} : { input }),
        isOutdated: isOpen(found, clock.now()) && (await requestable.isOutdated(found, input)),
      };
    },
  });
}

function withdrawRequest({ requests, clock }: RequestServices): Action {
  const { records } = requests;
  return defineAction({
    name: 'requests.withdraw',
    right: 'member',
    domain: 'none',
    text: { 'zh-CN': '撤回自己的申请', en: 'Withdraw your own request' },
    input: byRequest,
    audited: true,
    subject: ({ requestId }) => requestId,
    async admit({ actor }, { requestId }) {
      const record = await records.get(requestId);
      if (existing(record?.by === actor.account ? record : undefined, requestId).status !== 'open') throw notOpen(requestId);
    },
    async run({ actor }, { requestId }) {
      const set = { status: 'withdrawn', decidedAt: clock.now() };
      const result = await records.patchIf(requestId, { by: actor.account, status: 'open' }, { set }, { durability: 'full' });
      if (result.outcome !== 'patched') throw notOpen(requestId);
      await requests.dropInput(result.document);
      return {};
    },
  });
}

function decideRequest(services: RequestServices, requestable: RequestableActions): Action {
  const { records } = services.requests;
  return defineAction({
    name: 'requests.decide',
    right: 'member',
    domain: async ({ requestId }) => [await touched(records, requestId)],
    text: {
      'zh-CN': '决定一项申请：同意则以自己的名义执行，须说明理由',
      en: 'Decide on a request with a reason; an accepted request runs as your own action',
    },
    input: Decision,
    audited: true,
    subject: ({ requestId }) => requestId,
    async admit(ctx, { requestId }) {
      const record = existing(await records.get(requestId), requestId);
      ctx.require(record.needs);
      if (!isOpen(record, services.clock.now())) throw notOpen(requestId);
    },
    run: (ctx, decision): Promise<RequestItem> => decide(services, requestable, ctx, decision),
  });
}

async function touched(records: RequestStore['records'], requestId: string): Promise<Touched> {
  const record = await records.get(requestId);
  return { id: requestId, domains: record?.domains.map((domain) => domain ?? undefined) };
}

async function decide(
  services: RequestServices,
  requestable: RequestableActions,
  ctx: ActionContext,
  { requestId, accept, reason }: Static<typeof Decision>,
): Promise<RequestItem> {
  const { requests, clock } = services;
  const record = existing(await requests.records.get(requestId), requestId);
  ctx.note.reason = reason;
  ctx.note.after = { action: record.action, subject: record.subject, by: record.by, accept };
  ctx.require(record.needs);
  if (ctx.actor.via !== 'session') throw takesPerson();
  if (record.by === ctx.actor.account) throw ownRequest();
  const decided = { decidedBy: ctx.actor.account, decidedAt: clock.now() };
  const taken = await take(services, record, {
    ...decided,
    decision: requests.seal(requestId, 'decision', reason),
    status: accept ? 'deciding' : 'refused',
  });
  if (!accept) {
    await requests.dropInput(taken);
    return shown(services, taken, ctx);
  }
  try {
    await requestable.carryOut(record, ctx, reason);
  } catch (error) {
    await end(requests, taken, decided, { status: 'failed', outcome: toErrorRecord(error).code });
    throw error;
  }
  return shown(services, await end(requests, taken, decided, { status: 'done' }), ctx);
}

/**
 * Claims a request for a decision. Rejects with REQUEST_NOT_OPEN (input) if another person decided it or if it was
 * withdrawn.
 */
async function take({ requests, clock }: RequestServices, record: RequestRecord, set: Partial<RequestRecord>): Promise<RequestRecord> {
  if (!isOpen(record, clock.now())) throw notOpen(record._id);
  const match = { status: record.status, ...(record.decidedAt === undefined ? {} : { decidedAt: record.decidedAt }) };
  const result = await requests.records.patchIf(record._id, match, { set }, { durability: 'full' });
  if (result.outcome !== 'patched') throw notOpen(record._id);
  return result.document;
}

/**
 * Stores the result of a decision. If the action took too long and another person has claimed the request since, stores
 * nothing and returns the request as it was claimed.
 */
async function end(
  requests: RequestStore,
  taken: RequestRecord,
  decided: Required<Pick<RequestRecord, 'decidedBy' | 'decidedAt'>>,
  set: { readonly status: RequestStatus; readonly outcome?: string },
): Promise<RequestRecord> {
  const match = { status: 'deciding', ...decided };
  const result = await requests.records.patchIf(taken._id, match, { set }, { durability: 'full' });
  if (result.outcome !== 'patched') return taken;
  await requests.dropInput(result.document);
  return result.document;
}

type Viewer = Pick<ActionContext, 'actor' | 'domains'>;

function isSeen(record: RequestRecord, { actor, domains }: Viewer): boolean {
  return record.by === actor.account || mayDecide(record, actor, domains) || hasDecided(record, actor, domains);
}

function shown({ requests, clock }: RequestServices, record: RequestRecord, { actor, domains }: Viewer): RequestItem {
  const { reason, names = [] } = requests.open(record, 'body') as RequestBody;
  const decision = requests.open(record, 'decision') as string | undefined;
  const { _id: requestId, action, subject, needs, by, at, status, decidedBy, decidedAt, outcome } = record;
  return {
    ...{ requestId, action, subject, names, needs, by, at, status, reason },
    ...(decidedBy === undefined ? {} : { decidedBy }),
    ...(decidedAt === undefined ? {} : { decidedAt }),
    ...(decision === undefined ? {} : { decision }),
    ...(outcome === undefined ? {} : { outcome }),
    mayDecide: isOpen(record, clock.now()) && mayDecide(record, actor, domains),
  };
}

/** Adds the number of people who may decide, so that the requester sees when nobody can. */
function withDeciders(item: RequestItem, domains: RequestRecord['domains'], accounts: readonly Account[]): RequestItem {
  if (item.status !== 'open') return item;
  const may = accounts.filter(
    ({ name: account, roles, disabled, domains: held }) =>
      !disabled && mayDecide({ needs: item.needs, by: item.by, domains }, { account, roles, via: 'session' }, scopeOf(held)),
  );
  return { ...item, deciders: may.length };
}
