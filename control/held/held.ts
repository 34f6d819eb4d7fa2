/** Held executions: lists of what waits for a person, by cause, and bulks that continue or end many of them. */
import { Type, type Static } from 'typebox';
import { AppError } from '../../engine/contract/values/errors.ts';
import type { HeldSelection } from '../../engine/execution/execution-query.ts';
import type { FlowScope } from '../../engine/execution/scope-filters.ts';
import { shownSelection, type Bulk, type BulkKind } from './bulk-store.ts';
import type { BulkPreview, Bulks } from './create-bulks.ts';
import { type Action, type ActionContext, closed, defineAction, FlowId } from '../action/action.ts';
import { type Page, pageFields } from '../action/pages.ts';
import { Tables } from '../executions/executions.ts';
import { type DomainScope, existing, requireTouched, scopesIn } from '../access/domains.ts';
import { BULK_RIGHTS, createBulkJudge, type BulkJudgeDeps } from './judge-bulk-item.ts';
import { nameHeldGroups, type NamedHeldGroups } from './held-groups.ts';
import { all, type Owners } from '../action/owners.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { ExecutionCatalog } from '../../engine/operate/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { AccountStore } from '../auth/account-store.ts';
import type { SessionStore } from '../auth/session-store.ts';

export interface HeldServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly executions: ExecutionCatalog;
  readonly bulks: Bulks;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly owners: Owners;
}

/**
 * Result of `retry-many`, `resend-many`, `conclude-many` and `cancel-many`, and each line of their progress. With
 * `dryRun` it is a `BulkPreview`.
 */
export type BulkAnswer = Bulk | BulkPreview;

/**
 * A business key usually identifies a patient. It therefore requires the right to see payloads and is sent in the body.
 */
const BusinessKey = Type.Object(
  { name: Type.String({ minLength: 1, maxLength: 64 }), value: Type.String({ minLength: 1, maxLength: 500 }) },
  { ...closed, description: 'Business key; requires the right `executions.payload`' },
);
const BulkId = Type.String({ pattern: '^blk_[A-Za-z0-9_-]{8,60}$' });
const byBulk = Type.Object({ bulkId: BulkId }, closed);
const Selection = {
  flowId: Type.Optional(FlowId),
  node: Type.Optional(Type.String({ maxLength: 64 })),
  code: Type.Optional(Type.String({ maxLength: 100, description: 'Error code' })),
  outcome: Type.Optional(
    Type.Enum(['known', 'unknown', 'any'] as const, {
      description:
        'Whether the outcome of the write is known; every kind except cancelling uses `known` unless this is given. Ending the others as done confirms that the other side was asked and did them',
    }),
  ),
  ofBulk: Type.Optional({ ...BulkId, description: 'Retried or resent by this bulk, and held again' }),
  key: Type.Optional(BusinessKey),
  ids: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 10_000 })),
  all: Type.Optional(Type.Literal(true, { description: 'Everything that is held' })),
};
const Manner = {
  bulkId: Type.Optional({
    ...BulkId,
    description:
      'The id of an earlier bulk: it continues with its remaining executions, without a new selection. A new bulk gets this id, so that the call can be repeated if the response is lost',
  }),
  dryRun: Type.Optional(Type.Boolean({ description: 'Only counts' })),
  perSecond: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 50 })),
};
const RetryMany = Type.Object({ ...Selection, ...Manner, tables: Tables }, closed);
const ManyWithReason = Type.Object(
  { ...Selection, ...Manner, reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })) },
  closed,
);

export function heldActions(services: HeldServices): readonly Action[] {
  return [
    listHeldGroups(services),
    retryMany(services),
    resendMany(services),
    concludeMany(services),
    cancelMany(services),
    listBulks(services),
    getBulk(services),
    stopBulk(services),
    closeBulk(services),
  ];
}

function listHeldGroups({ executions, catalog, bindingStore }: HeldServices): Action {
  return defineAction({
    name: 'held.groups',
    right: 'executions.read',
    domain: 'filtered',
    text: {
      'zh-CN': '需要人处理的执行，按流程、节点、错误码归组',
      en: 'Executions that wait for a decision, grouped by flow, node and error code',
    },
    input: Type.Object({}, closed),
    audited: false,
    async run({ domains }): Promise<NamedHeldGroups> {
      const groups = await executions.heldGroups(await scopesIn(domains, catalog));
      return nameHeldGroups(groups, { catalog, bindingStore, domains });
    },
  });
}

function retryMany(services: HeldServices): Action {
  return defineAction({
    name: 'executions.retry-many',
    right: BULK_RIGHTS.retry,
    domain: 'filtered',
    text: {
      'zh-CN': '批量原地重试：每条只重试一次，可中途停止并继续',
      en: 'Retry many in place: each exactly once; can be stopped and continued',
    },
    input: RetryMany,
    audited: true,
    subject: subjectOf,
    run: (ctx, input) => runBulk(services, ctx, 'retry', input),
  });
}

function resendMany(services: HeldServices): Action {
  return defineAction({
    name: 'executions.resend-many',
    right: BULK_RIGHTS.resend,
    domain: 'filtered',
    text: {
      'zh-CN': '批量重发：按流程的当前版本从头走一遍，位置和键不变；须说明理由，每条只重发一次，可中途停止并继续',
      en: 'Resend many in place, from the start of the current flow; requires a reason; each exactly once; can be stopped and continued',
    },
    input: ManyWithReason,
    audited: true,
    subject: subjectOf,
    run: (ctx, input) => runBulk(services, ctx, 'resend', input),
  });
}

function concludeMany(services: HeldServices): Action {
  return defineAction({
    name: 'executions.conclude-many',
    right: BULK_RIGHTS.conclude,
    domain: 'filtered',
    text: {
      'zh-CN': '批量按已办理结束：对方已办成，后面的消息继续；须说明理由，可中途停止并继续',
      en: 'End many as done: the other side has done them, so the messages behind them can continue; requires a reason; can be stopped and continued',
    },
    input: ManyWithReason,
    audited: true,
    subject: subjectOf,
    run: (ctx, input) => runBulk(services, ctx, 'conclude', input),
  });
}

function cancelMany(services: HeldServices): Action {
  return defineAction({
    name: 'executions.cancel-many',
    right: BULK_RIGHTS.cancel,
    domain: 'filtered',
    text: { 'zh-CN': '批量取消：须说明理由，可中途停止并继续', en: 'Cancel many; requires a reason; can be stopped and continued' },
    input: ManyWithReason,
    audited: true,
    subject: subjectOf,
    run: (ctx, input) => runBulk(services, ctx, 'cancel', input),
  });
}

function listBulks({ bulks }: HeldServices): Action {
  return defineAction({
    name: 'bulks.list',
    right: 'executions.read',
    domain: 'filtered',
    text: { 'zh-CN': '批量操作，最新在前', en: 'Bulks, newest first' },
    // Smaller pages than in other lists: the outcome of each bulk may have to be read from its executions.
    input: Type.Object({ ...pageFields, limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })) }, closed),
    audited: false,
    run: async ({ domains }, { limit = 50, ...rest }): Promise<Page<Bulk>> => bulks.list({ limit, ...rest }, domains.only),
  });
}

function getBulk({ bulks, owners }: HeldServices): Action {
  return defineAction({
    name: 'bulks.get',
    right: 'executions.read',
    domain: ({ bulkId }) => all(owners.bulk(bulkId)),
    text: { 'zh-CN': '一次批量操作的进度', en: 'Progress of a bulk' },
    input: byBulk,
    audited: false,
    run: async (_ctx, { bulkId }): Promise<Bulk> => existing(await bulks.get(bulkId), bulkId),
  });
}

function stopBulk({ bulks, owners }: HeldServices): Action {
  return defineAction({
    name: 'bulks.cancel',
    right: 'executions.retry',
    domain: ({ bulkId }) => all(owners.bulk(bulkId)),
    text: { 'zh-CN': '停止批量操作；之后可继续', en: 'Stop a bulk; it can be continued later' },
    input: byBulk,
    audited: true,
    subject: ({ bulkId }) => bulkId,
    async run(ctx, { bulkId }): Promise<Bulk> {
      existing(await bulks.get(bulkId), bulkId);
      const bulk = await bulks.stop(bulkId, ctx.actor.account);
      ctx.note.after = { handled: bulk.handled, total: bulk.total };
      return bulk;
    },
  });
}

function closeBulk({ bulks, owners }: HeldServices): Action {
  return defineAction({
    name: 'bulks.close',
    right: 'executions.retry',
    domain: ({ bulkId }) => all(owners.bulk(bulkId)),
    text: {
      'zh-CN': '了结已停止的批量操作：其余保持挂起，不再继续',
      en: 'Close a stopped bulk: the rest stays held, and the bulk cannot be continued',
    },
    input: byBulk,
    audited: true,
    subject: ({ bulkId }) => bulkId,
    async run(ctx, { bulkId }): Promise<Bulk> {
      existing(await bulks.get(bulkId), bulkId);
      const bulk = await bulks.close(bulkId, ctx.actor.account);
      ctx.note.after = { handled: bulk.handled, total: bulk.total };
      return bulk;
    },
  });
}

type BulkInput = Static<typeof ManyWithReason> & Pick<Static<typeof RetryMany>, 'tables'>;

type BulkServices = Pick<HeldServices, 'bulks' | 'catalog'> & BulkJudgeDeps;

async function runBulk(services: BulkServices, ctx: ActionContext, kind: BulkKind, input: BulkInput): Promise<BulkAnswer> {
  const { bulks, catalog, owners } = services;
  const { bulkId, dryRun, perSecond = 50, reason, tables = 'then' } = input;
  const selection = selectionOf(kind, input);
  if (input.key !== undefined) ctx.require('executions.payload');
  if (bulkId !== undefined) await requireBulk(owners, ctx.domains, bulkId);
  const within = await scopesOfBulk(catalog, ctx.domains, kind);
  const earlier = bulkId === undefined ? undefined : await bulks.get(bulkId);
  if (earlier === undefined) {
    if (!isChosen(input)) throw nothingChosen();
    if (kind !== 'retry' && dryRun !== true && reason === undefined) throw reasonMissing();
  }
  if (dryRun === true) ctx.note.after = { dryRun: true, selection: shownSelection(selection) };
  if (dryRun === true && earlier === undefined) return bulks.preview(selection, within);
  if (dryRun === true) return earlier!;
  if (reason !== undefined) ctx.note.reason = reason;
  const bulk = await bulks.run(
    {
      kind,
      selection,
      perSecond,
      ...withinOf(ctx.domains, within),
      ...(bulkId === undefined ? {} : { bulkId }),
      ...(reason === undefined ? {} : { reason }),
      ...(tables === 'now' ? { tables } : {}),
    },
    {
      actor: ctx.actor.account,
      signal: ctx.signal,
      judge: createBulkJudge(services, ctx.actor, kind),
      progress: (now) => ctx.progress({ ...now }),
    },
  );
  const { status, stopReason, total, handled, done, goneOn, missing, refused = 0 } = bulk;
  ctx.note.subject = bulk.bulkId;
  ctx.note.after = {
    status,
    total,
    handled,
    done,
    goneOn,
    missing,
    refused,
    selection: bulk.selection,
    ...(stopReason === undefined ? {} : { stopReason }),
    ...(bulk.tables === undefined ? {} : { tables: bulk.tables }),
  };
  return bulk;
}

function withinOf({ only }: DomainScope, within: readonly FlowScope[] | undefined) {
  return only === undefined || within === undefined ? {} : { domains: only, within };
}

/**
 * Returns the executions that a bulk may choose. A resend uses the current version, which may belong to another domain
 * than the version that ran.
 */
async function scopesOfBulk(
  catalog: BulkServices['catalog'],
  domains: DomainScope,
  kind: BulkKind,
): Promise<readonly FlowScope[] | undefined> {
  const within = await scopesIn(domains, catalog);
  if (within === undefined || kind !== 'resend') return within;
  const held = new Set(domains.keep(await catalog.list()).map(({ flowId }) => flowId));
  return within.filter(({ flowId }) => held.has(flowId));
}

/** Rejects with NOT_FOUND (input) if the bulk belongs to other domains. A new bulk may use any free id. */
async function requireBulk(owners: BulkServices['owners'], domains: DomainScope, bulkId: string): Promise<void> {
  requireTouched({ ...(await owners.bulk(bulkId)), mayBeNew: true }, domains);
}

/**
 * Returns the selection of a bulk. If a write may have been done, a retry or resend may do it twice, and marking it as
 * done may lose it. Such executions are chosen only by an explicit option.
 */
function selectionOf(
  kind: BulkKind,
  { flowId, node, code, ofBulk, key, ids, outcome = kind === 'cancel' ? 'any' : 'known' }: BulkInput,
): HeldSelection {
  return {
    ...(flowId === undefined ? {} : { flowId }),
    ...(node === undefined ? {} : { node }),
    ...(code === undefined ? {} : { code }),
    ...(ofBulk === undefined ? {} : { bulk: ofBulk }),
    ...(key === undefined ? {} : { key }),
    ...(ids === undefined ? {} : { ids }),
    ...(outcome === 'any' ? {} : { outcomeKnown: outcome === 'known' }),
  };
}

function isChosen({ flowId, node, code, ofBulk, key, ids, all }: BulkInput): boolean {
  return all === true || [flowId, node, code, ofBulk, key, ids].some((choice) => choice !== undefined);
}

function subjectOf({ bulkId, flowId, ids }: BulkInput): string {
  return bulkId ?? flowId ?? (ids === undefined ? 'held' : `${ids.length} executions`);
}

function nothingChosen(): AppError {
  return new AppError('BULK_NOTHING_CHOSEN', 'input', 'The request does not say which executions to select.', {
    fix: 'Give a flow, node, error code, earlier bulk, business key or ids; or `all`.',
  });
}

function reasonMissing(): AppError {
  return new AppError('BULK_REASON_MISSING', 'input', 'Resending, ending and cancelling many executions require a reason.', {
    fix: 'Give the reason in `reason`.',
  });
}
