/**
 * Requests: what a person may not do they may ask for. A request names the act with its input and waits for those who may; one of them decides
 * with a reason, and the act then runs as theirs. Where an act takes the rights of both (an adapter with a credential: one draws it, the other
 * keeps its secret) it runs with the roles of both, for this act alone.
 */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Permission } from '../../engine/contract/access.ts';
import { toErrorRecord } from '../../engine/contract/errors.ts';
import { createId } from '../../engine/contract/ids.ts';
import { PLAIN_TEXT } from '../../engine/contract/plain-text.ts';
import { askerGone, inputWrong, needless, notOpen, outdated, ownRequest, takesPerson, tooMany } from '../requests/request-errors.ts';
import type { Text } from '../../engine/contract/texts.ts';
import type { RequestBody, RequestRecord, RequestStatus } from '../requests/request-store.ts';
import { closed, defineAction, type Action, type ActionContext, type Actor } from './action.ts';
import { askableActs } from './askable-acts.ts';
import { checkDomains, scopeOf, type DomainScope, type Touched } from './domains.ts';
import { existing } from './flows.ts';
import { isAllowed } from './permissions.ts';
import type { ControlServices } from './services.ts';

export interface RequestItem {
  readonly requestId: string;
  readonly action: string;
  readonly subject: string;
  /** What the things are called that it is about; the app comes after the interface that it would call. */
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
  /** Of one's own that is open: how many may decide it now. */
  readonly deciders?: number;
}

export interface RequestList {
  readonly items: readonly RequestItem[];
}

export interface RequestDetails extends RequestItem {
  readonly input: unknown;
  /** Of an open one: what it rests on was changed or removed since it was asked for, so that it is not done any more. */
  readonly isOutdated: boolean;
}

const MOST_OPEN = 20;
const MOST_LISTED = 200;
/** Decided ones stay to be looked at, open ones to be decided. */
const KEPT_MS = 90 * 86_400_000;
/** A decision whose process died: longer than the tests of a flow may take. */
const STUCK_MS = 300_000;
const Reason = Type.String({ minLength: 1, maxLength: 500, pattern: PLAIN_TEXT });
const byRequest = Type.Object({ requestId: Type.String({ maxLength: 64 }) }, closed);

/** `actions`: those that may be asked for are among them. */
export function requestActions(services: ControlServices, actions: readonly Action[]): readonly Action[] {
  const { requests, clock } = services;
  const { records } = requests;
  const askable = askableActs(services);
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
      input: Type.Object({ action: Type.String({ maxLength: 64 }), input: Type.Unknown(), reason: Reason }, closed),
      audited: true,
      subject: ({ action }) => action,
      async run(ctx, { action: name, input: given, reason }): Promise<RequestItem> {
        const { asks, needs, look, complete } = actOf(name);
        const action = actionOf(name);
        ctx.require(asks);
        if (isAllowed(ctx.actor, needs)) throw needless(name);
        if (!Compile(action.input).Check(given)) throw inputWrong(name);
        const input = complete?.(given, reason) ?? given;
        await checkDomains(action.domain, input as never, ctx.domains);
        const subject = action.subject?.(input as never) ?? name;
        const sight = existing(await look(input), subject);
        if (sight.from === undefined) throw inputWrong(name);
        if (sight.from !== sight.revision) throw outdated(name);
        const open = await records.count({ by: ctx.actor.account, status: 'open' }, MOST_OPEN);
        if (open >= MOST_OPEN) throw tooMany(MOST_OPEN);
        const requestId = createId('req');
        const record: RequestRecord = {
          _id: requestId,
          action: name,
          subject,
          needs,
          domains: await domainsOf(action, input),
          by: ctx.actor.account,
          at: clock.now(),
          status: 'open',
          body: requests.seal(requestId, 'body', { input, reason, names: sight.names, digest: sight.digest } satisfies RequestBody),
          expiresAt: clock.now() + KEPT_MS,
        };
        await records.insert(record, { durability: 'full' });
        ctx.note.subject = record.subject;
        ctx.note.reason = reason;
        ctx.note.after = { requestId, action: name };
        return withDeciders(shown(record, ctx.actor, ctx.domains), record.domains);
      },
    }),
    defineAction({
      name: 'requests.list',
      right: 'member',
      domain: 'filtered',
      text: { 'zh-CN': '自己的申请，及等自己决定的申请', en: 'One’s own requests, and those that wait for one’s decision' },
      input: Type.Object({}, closed),
      audited: false,
      async run({ actor, domains }): Promise<RequestList> {
        const [own, open, deciding] = await Promise.all([
          records.find({ by: actor.account }, { sort: ['-at'], limit: MOST_LISTED }),
          records.find({ status: 'open' }, { sort: ['at'], limit: MOST_LISTED }),
          records.find({ status: 'deciding' }, { sort: ['at'], limit: MOST_LISTED }),
        ]);
        const others = [...open, ...deciding].filter((record) => mayDecide(record, actor, domains));
        const mine = own.map((record) => withDeciders(shown(record, actor, domains), record.domains));
        return { items: [...others.map((record) => shown(record, actor, domains)), ...(await Promise.all(mine))] };
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
        const isSeen = record !== undefined && (record.by === actor.account || mayDecide(record, actor, domains));
        const found = existing(isSeen ? record : undefined, requestId);
        const { input } = requests.open(found, 'body') as RequestBody;
        const item = shown(found, actor, domains);
        const own = found.by === actor.account ? await withDeciders(item, found.domains) : item;
        return { ...own, input, isOutdated: isOpen(found, clock.now()) && (await isOutdated(found)) };
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
      async run({ actor }, { requestId }) {
        const set = { status: 'withdrawn', decidedAt: clock.now() };
        const result = await records.patchIf(requestId, { by: actor.account, status: 'open' }, { set }, { durability: 'full' });
        if (result.outcome !== 'patched') throw notOpen(requestId);
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
      async run(ctx, { requestId, accept, reason }): Promise<RequestItem> {
        const record = existing(await records.get(requestId), requestId);
        ctx.note.reason = reason;
        ctx.note.after = { action: record.action, subject: record.subject, by: record.by, accept };
        ctx.require(record.needs);
        if (ctx.actor.via !== 'session') throw takesPerson();
        if (record.by === ctx.actor.account) throw ownRequest();
        const decided = { decidedBy: ctx.actor.account, decidedAt: clock.now(), decision: requests.seal(requestId, 'decision', reason) };
        const taken = await take(record, { ...decided, status: accept ? 'deciding' : 'refused' });
        if (!accept) return shown(taken, ctx.actor, ctx.domains);
        const end = async (status: RequestStatus, outcome?: string) => {
          const set = { status, ...(outcome === undefined ? {} : { outcome }) };
          const match = { status: 'deciding', decidedAt: decided.decidedAt, decidedBy: ctx.actor.account };
          const result = await records.patchIf(requestId, match, { set }, { durability: 'full' });
          return result.outcome === 'patched' ? result.document : taken;
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

  /** REQUEST_NOT_OPEN (input) when somebody else decided it, or it was withdrawn. */
  async function take(record: RequestRecord, set: Partial<RequestRecord>): Promise<RequestRecord> {
    if (!isOpen(record, clock.now())) throw notOpen(record._id);
    const match = { status: record.status, ...(record.decidedAt === undefined ? {} : { decidedAt: record.decidedAt }) };
    const result = await records.patchIf(record._id, match, { set }, { durability: 'full' });
    if (result.outcome !== 'patched') throw notOpen(record._id);
    return result.document;
  }

  /** As the one who decides, with the roles of both for this act: neither could do it alone, and what the asker may no longer ask for is not done. */
  async function carryOut(record: RequestRecord, { actor, signal }: ActionContext, reason: string): Promise<void> {
    const { input, reason: why } = requests.open(record, 'body') as RequestBody;
    const asker = await services.accounts.get(record.by);
    const { asks } = actOf(record.action);
    if (asker === undefined || asker.disabled || !isAllowed({ roles: asker.roles, via: 'session' }, asks)) throw askerGone(record.by);
    const action = actionOf(record.action);
    await checkDomains(action.domain, input as never, scopeOf(asker.domains));
    if (await isOutdated(record)) throw outdated(record.action);
    const roles = [...new Set([...actor.roles, ...asker.roles])];
    await services.runAction(
      record.action,
      input,
      { ...actor, roles },
      { signal, reason: `${record._id} (${record.by}: ${why}) ${reason}` },
    );
  }

  /** The act itself refuses what is saved between this look and its own. */
  async function isOutdated(record: RequestRecord): Promise<boolean> {
    const { input, digest } = requests.open(record, 'body') as RequestBody;
    const sight = await actOf(record.action).look(input);
    return sight === undefined || (digest !== undefined && sight.digest !== digest);
  }

  /** An installation may lack the role that decides: who asks must hear of it. */
  async function withDeciders(item: RequestItem, domains: RequestRecord['domains']): Promise<RequestItem> {
    if (item.status !== 'open') return item;
    const accounts = await services.accounts.list();
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

function mayDecide(
  { needs, by, domains }: Pick<RequestRecord, 'needs' | 'by' | 'domains'>,
  actor: Pick<Actor, 'account' | 'roles' | 'via' | 'rights'>,
  scope: DomainScope,
): boolean {
  return by !== actor.account && isAllowed(actor, needs) && domains.every((domain) => scope.holds(domain ?? undefined));
}

function isOpen({ status, decidedAt = 0 }: RequestRecord, now: number): boolean {
  return status === 'open' || (status === 'deciding' && now - decidedAt > STUCK_MS);
}

/** How many wait for this person, and since when. */
export async function openRequests(
  { requests }: Pick<ControlServices, 'requests'>,
  actor: Actor,
  domains: DomainScope,
): Promise<{ readonly count: number; readonly oldestAt: number } | undefined> {
  const open = await requests.records.find({ status: 'open' }, { sort: ['at'], limit: MOST_LISTED, omit: ['body', 'decision'] });
  const mine = open.filter((record) => mayDecide(record, actor, domains));
  return mine[0] === undefined ? undefined : { count: mine.length, oldestAt: mine[0].at };
}
