/**
 * Requests: people can ask for an action that they may not run. A request stores the action with its input and waits
 * for those who may run it. One of them decides with a reason, and the action then runs in their name. Some actions
 * need rights of both people: for an adapter with a credential, one edits the adapter and the other keeps its secret.
 * Such an action runs with the roles of both, for this one run.
 */
import { Type, type Static } from 'typebox';
import type { Permission } from '../../engine/contract/access/access.ts';
import { toErrorRecord } from '../../engine/contract/values/errors.ts';
import { createId } from '../../engine/contract/values/ids.ts';
import { PLAIN_REASON } from '../../engine/contract/values/plain-text.ts';
import type { Text } from '../../engine/contract/values/texts.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { Account, AccountStore } from '../auth/account-store.ts';
import { askerGone, inputWrong, needless, notOpen, outdated, ownRequest, takesPerson, tooLarge } from './request-errors.ts';
import { createRequestKeeper } from './create-request-keeper.ts';
import { hasDecided, isOpen, mayDecide, readRequestPage } from './request-pages.ts';
import type { RequestBody, RequestRecord, RequestStatus, RequestStore } from './request-store.ts';
import { closed, defineAction, type Action, type ActionContext } from '../action/action.ts';
import type { Actor } from '../access/actor.ts';
import { askableActs, digestOf, type AskedState } from './askable-acts.ts';
import { checkDomains, type DomainScope, existing, scopeOf, type Touched } from '../access/domains.ts';
import { inputCheck } from '../action/input-check.ts';
import { isAllowed } from '../access/permissions.ts';
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
}

export interface RequestItem {
  readonly requestId: string;
  readonly action: string;
  readonly subject: string;
  /** Names of the objects it is about; the app comes after the interface that it would call. */
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
  /** This person may decide it. */
  readonly mayDecide: boolean;
  /** For one's own open request: how many people may decide it now. */
  readonly deciders?: number;
}

export interface RequestList {
  readonly items: readonly RequestItem[];
  /** Pass it as `after` to get the next page; absent at the end. */
  readonly next?: string;
}

export interface RequestDetails extends RequestItem {
  /** Absent for an ended request: its action has its own line in the audit trail. */
  readonly input?: unknown;
  /** For an open request: the state it is based on was changed or removed since, so it will not run. */
  readonly isOutdated: boolean;
}

const MOST_INPUT_KB = 256;
/** Ended requests can still be read, and open ones decided, for this long. */
const KEPT_MS = 90 * 86_400_000;
const Reason = Type.String({ minLength: 1, maxLength: 500, pattern: PLAIN_REASON });
const Wished = Type.Object({ action: Type.String({ maxLength: 64 }), input: Type.Unknown(), reason: Reason }, closed);
type Wish = Static<typeof Wished>;
const byRequest = Type.Object({ requestId: Type.String({ maxLength: 64 }) }, closed);

interface Prepared {
  readonly action: Action;
  readonly needs: Permission;
  readonly input: unknown;
  readonly subject: string;
  readonly state: AskedState;
  /** Equal for two requests that want the same. */
  readonly wanted: string;
  /** Domains that the person lacks; the person who decides must have them. */
  readonly lacking: readonly (string | null)[];
}

/** `actions`: includes those that can be requested. */
export function requestActions(services: RequestServices, actions: readonly Action[]): readonly Action[] {
  const { requests, clock } = services;
  const { records } = requests;
  const askable = askableActs(services);
  const keeper = createRequestKeeper(requests);
  const actOf = (name: string) => existing(Object.hasOwn(askable, name) ? askable[name] : undefined, name);
  const actionOf = (name: string) =>
    existing(
      actions.find((action) => action.name === name),
      name,
    );

  const touched = async (requestId: string): Promise<Touched> => {
    const record = await records.get(requestId);
    return { id: requestId, domains: record?.domains.map((domain) => domain ?? undefined) };
  };
  const shown = (record: RequestRecord, actor: Actor, domains: DomainScope): RequestItem => {
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
  };

  return [
    defineAction({
      name: 'requests.create',
      right: 'member',
      domain: 'filtered',
      text: { 'zh-CN': '申请一项自己无权做的操作', en: 'Ask for an act that one may not do' },
      input: Wished,
      audited: true,
      subject: ({ action }) => action,
      async admit(ctx, wish) {
        await prepare(ctx, wish);
        await keeper.requireRoom(ctx.actor.account);
      },
      async run(ctx, wish): Promise<RequestItem> {
        const { action, needs, input, subject, state, wanted, lacking } = await prepare(ctx, wish);
        const [requestId, at, by] = [createId('req'), clock.now(), ctx.actor.account];
        const body: RequestBody = { reason: wish.reason, names: state.names, digest: state.digest, wanted };
        const record: RequestRecord = {
          ...{ _id: requestId, action: action.name, subject, needs, by, at, status: 'open', expiresAt: at + KEPT_MS },
          domains: [...new Set([...(await domainsOf(action, input)), ...lacking])],
          body: requests.seal(requestId, 'body', body),
        };
        await keeper.keep(record, input);
        ctx.note.subject = subject;
        ctx.note.reason = wish.reason;
        ctx.note.after = { requestId, action: action.name };
        return withDeciders(shown(record, ctx.actor, ctx.domains), record.domains, await services.accounts.list());
      },
    }),
    defineAction({
      name: 'requests.list',
      right: 'member',
      domain: 'filtered',
      text: {
        'zh-CN': '等自己决定的、自己提交的、自己决定过的申请',
        en: 'Requests that wait for one’s decision, one’s own, and those that one decided',
      },
      input: Type.Object(
        {
          side: Type.Optional(
            Type.Union([Type.Literal('waiting'), Type.Literal('own'), Type.Literal('decided')], {
              description:
                '`waiting`: what the person may decide; `own`: what they asked for; `decided`: what they decided; left out: one after the other',
            }),
          ),
          after: Type.Optional(Type.String({ pattern: '^[0-4]:req_[A-Za-z0-9_-]{22}$', description: '`next` of the page before' })),
        },
        closed,
      ),
      audited: false,
      async run({ actor, domains }, wish): Promise<RequestList> {
        const page = await readRequestPage(records, actor, domains, wish);
        const accounts = await services.accounts.list();
        const items = page.records.map((record) => {
          const item = shown(record, actor, domains);
          return record.by === actor.account ? withDeciders(item, record.domains, accounts) : item;
        });
        return { items, ...(page.next === undefined ? {} : { next: page.next }) };
      },
    }),
    defineAction({
      name: 'requests.get',
      right: 'member',
      domain: 'filtered',
      text: { 'zh-CN': '读取一项申请及其内容', en: 'Read a request with its input' },
      input: byRequest,
      audited: false,
      async run({ actor, domains }, { requestId }): Promise<RequestDetails> {
        const record = await records.get(requestId);
        const isSeen =
          record !== undefined && (record.by === actor.account || mayDecide(record, actor, domains) || hasDecided(record, actor, domains));
        const found = existing(isSeen ? record : undefined, requestId);
        const item = shown(found, actor, domains);
        const own = found.by === actor.account ? withDeciders(item, found.domains, await services.accounts.list()) : item;
        const input = await requests.inputOf(found);
        return {
          ...own,
          ...(input === undefined ? {} : { input }),
          isOutdated: isOpen(found, clock.now()) && (await isOutdated(found, input)),
        };
      },
    }),
    defineAction({
      name: 'requests.withdraw',
      right: 'member',
      domain: 'none',
      text: { 'zh-CN': '撤回自己的申请', en: 'Withdraw a request of one’s own' },
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
    }),
    defineAction({
      name: 'requests.decide',
      right: 'member',
      domain: async ({ requestId }) => [await touched(requestId)],
      text: {
        'zh-CN': '决定一项申请：同意则以自己的名义执行，须说明理由',
        en: 'Decide a request with a reason; what is accepted runs as one’s own act',
      },
      input: Type.Object({ requestId: Type.String({ maxLength: 64 }), accept: Type.Boolean(), reason: Reason }, closed),
      audited: true,
      subject: ({ requestId }) => requestId,
      async admit(ctx, { requestId }) {
        const record = existing(await records.get(requestId), requestId);
        ctx.require(record.needs);
        if (!isOpen(record, clock.now())) throw notOpen(requestId);
      },
      async run(ctx, { requestId, accept, reason }): Promise<RequestItem> {
        const record = existing(await records.get(requestId), requestId);
        ctx.note.reason = reason;
        ctx.note.after = { action: record.action, subject: record.subject, by: record.by, accept };
        ctx.require(record.needs);
        if (ctx.actor.via !== 'session') throw takesPerson();
        if (record.by === ctx.actor.account) throw ownRequest();
        const decided = { decidedBy: ctx.actor.account, decidedAt: clock.now(), decision: requests.seal(requestId, 'decision', reason) };
        const taken = await take(record, { ...decided, status: accept ? 'deciding' : 'refused' });
        if (!accept) {
          await requests.dropInput(taken);
          return shown(taken, ctx.actor, ctx.domains);
        }
        const end = async (status: RequestStatus, outcome?: string) => {
          const set = { status, ...(outcome === undefined ? {} : { outcome }) };
          const match = { status: 'deciding', decidedAt: decided.decidedAt, decidedBy: ctx.actor.account };
          const result = await records.patchIf(requestId, match, { set }, { durability: 'full' });
          if (result.outcome !== 'patched') return taken;
          await requests.dropInput(result.document);
          return result.document;
        };
        try {
          await carryOut(record, ctx, reason);
        } catch (error) {
          await end('failed', toErrorRecord(error).code);
          throw error;
        }
        return shown(await end('done'), ctx.actor, ctx.domains);
      },
    }),
  ];

  /** Fails where the action itself would fail. */
  async function prepare(ctx: ActionContext, { action: name, input: given, reason }: Wish): Promise<Prepared> {
    const { asks, needs, lacking: lackingOf, look, complete, wanted: wantedOf } = actOf(name);
    const action = actionOf(name);
    ctx.require(asks);
    if (isAllowed(ctx.actor, needs) && lackingOf === undefined) throw needless(name);
    if (!inputCheck(action).Check(given)) throw inputWrong(name);
    if (Buffer.byteLength(canonicalJson(given)) > MOST_INPUT_KB * 1024) throw tooLarge(MOST_INPUT_KB);
    const input = complete?.(given, reason) ?? given;
    await checkDomains(action.domain, input as never, ctx.domains);
    const lacking = (await lackingOf?.(input, ctx.domains)) ?? [];
    if (isAllowed(ctx.actor, needs) && lacking.length === 0) throw needless(name);
    const subject = action.subject?.(input as never) ?? name;
    const state = existing(await look(input), subject);
    if (state.from === undefined) throw inputWrong(name);
    if (state.from !== state.revision) throw outdated(name);
    return { action, needs, input, subject, state, wanted: digestOf(wantedOf?.(input) ?? input), lacking };
  }

  /** REQUEST_NOT_OPEN (input) when another person decided it, or it was withdrawn. */
  async function take(record: RequestRecord, set: Partial<RequestRecord>): Promise<RequestRecord> {
    if (!isOpen(record, clock.now())) throw notOpen(record._id);
    const match = { status: record.status, ...(record.decidedAt === undefined ? {} : { decidedAt: record.decidedAt }) };
    const result = await records.patchIf(record._id, match, { set }, { durability: 'full' });
    if (result.outcome !== 'patched') throw notOpen(record._id);
    return result.document;
  }

  /**
   * Runs as the person who decides, with the roles of both: neither could do it alone. It does not run if the
   * requester may no longer request it.
   */
  async function carryOut(record: RequestRecord, { actor, signal }: ActionContext, reason: string): Promise<void> {
    const { reason: why } = requests.open(record, 'body') as RequestBody;
    const input = await requests.inputOf(record);
    const asker = await services.accounts.get(record.by);
    const { asks } = actOf(record.action);
    if (asker === undefined || asker.disabled || !isAllowed({ roles: asker.roles, via: 'session' }, asks)) throw askerGone(record.by);
    const action = actionOf(record.action);
    await checkDomains(action.domain, input as never, scopeOf(asker.domains));
    if (await isOutdated(record, input)) throw outdated(record.action);
    const roles = [...new Set([...actor.roles, ...asker.roles])];
    await services.runAction(
      record.action,
      input,
      { ...actor, roles },
      { signal, reason: `${record._id} (${record.by}: ${why}) ${reason}` },
    );
  }

  /** A change between this check and the action's own is refused by the action itself. */
  async function isOutdated(record: RequestRecord, input: unknown): Promise<boolean> {
    if (input === undefined) return true;
    const { digest } = requests.open(record, 'body') as RequestBody;
    const state = await actOf(record.action).look(input);
    return state === undefined || (digest !== undefined && state.digest !== digest);
  }

  /** An installation may have nobody with the deciding role: the requester must see that. */
  function withDeciders(item: RequestItem, domains: RequestRecord['domains'], accounts: readonly Account[]): RequestItem {
    if (item.status !== 'open') return item;
    const may = accounts.filter(
      ({ name: account, roles, disabled, domains: held }) =>
        !disabled && mayDecide({ needs: item.needs, by: item.by, domains }, { account, roles, via: 'session' }, scopeOf(held)),
    );
    return { ...item, deciders: may.length };
  }

  async function domainsOf(action: Action, input: unknown): Promise<readonly (string | null)[]> {
    if (typeof action.domain === 'string') return [null];
    const demands = await action.domain(input as never);
    const names = demands.flatMap((demand) => ('names' in demand ? [demand.names as string] : (demand.domains ?? [])));
    return [...new Set(names.map((name) => name ?? null))];
  }
}
