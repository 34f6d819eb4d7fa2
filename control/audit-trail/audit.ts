/** Actions that read the audit trail. */
import { Type } from 'typebox';
import type { Text } from '../../engine/contract/values/texts.ts';
import type { AuditLine } from '../audit/audit-line.ts';
import type { AuditAct } from '../audit/list-acts.ts';
import type { ChainReport } from '../audit/walk-chain.ts';
import type { IntegrityReport, StoreGuard } from '../integrity/store-guard.ts';
import { closed, defineAction, type Action } from '../action/action.ts';
import { onlyPage, type Page, pageOf } from '../action/pages.ts';
import { OBJECT_KINDS, objectNames, type NamedObject } from './object-names.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import type { BindingStore } from '../../engine/bindings/interface.ts';
import type { FlowCatalog } from '../../engine/publish/interface.ts';
import type { AccountStore } from '../auth/account-store.ts';
import type { Registry } from '../registry/registry.ts';

export interface AuditServices {
  readonly catalog: FlowCatalog;
  readonly bindingStore: BindingStore;
  readonly registry: Registry;
  readonly accounts: AccountStore;
  readonly audit: AuditLog;
  readonly guard?: StoreGuard;
}

/** The result of checking the chain and the marked documents. */
export type VerifyReport = ChainReport & { readonly marks?: Omit<IntegrityReport, 'chain'> };

const Outcome = Type.Optional(Type.String({ maxLength: 100, description: '`done`, `failed` (anything else), or an error code' }));
const Name = Type.Optional(Type.String({ maxLength: 100 }));

export interface AuditPage {
  readonly items: readonly AuditLine[];
  /** Value for `after` to get the next page; absent on the last page. */
  readonly next?: string | undefined;
}

/** A row of the audit trail with the name of its object, if the object still exists. */
export type NamedAct = AuditAct & { readonly object?: NamedObject };

export interface ActPage {
  readonly items: readonly NamedAct[];
  /** Value for `after` to get the next page; absent on the last page. */
  readonly next?: string | undefined;
}

/** An action that writes audit lines, and its name in both languages. */
export interface AuditedAction {
  readonly name: string;
  readonly text: Text;
}

export interface AuditedActions {
  readonly items: readonly AuditedAction[];
}

/** Operations that write audit lines but are not actions of control. */
const OTHERS: readonly AuditedAction[] = [
  { name: 'login', text: { 'zh-CN': '登录', en: 'Log in' } },
  { name: 'integrity.enforce', text: { 'zh-CN': '启用数据完整性校验', en: 'Enforce marks' } },
  { name: 'system.restore', text: { 'zh-CN': '从备份恢复', en: 'Restore a backup' } },
];

/**
 * Returns the actions that read the audit trail. `actions` are all other actions, whose names occur in the audit trail.
 */
export function auditActions(services: AuditServices, actions: readonly Action[]): readonly Action[] {
  const own = [listLines(services), listActs(services), listObjects(services), verifyTrail(services)];
  const audited = [...actions, ...own].filter((action) => action.audited !== false).map(({ name, text }) => ({ name, text }));
  return [...own, listAuditedActions(audited)];
}

function listLines({ audit }: AuditServices): Action {
  return defineAction({
    name: 'audit.list',
    right: 'audit.read',
    domain: 'all',
    text: { 'zh-CN': '审计记录，最新在前', en: 'Audit lines, newest first' },
    input: Type.Object(
      {
        actor: Name,
        action: Name,
        subject: Type.Optional(Type.String({ maxLength: 200, description: 'Beginning of the id of what the action was about' })),
        outcome: Outcome,
        from: Type.Optional(Type.Integer()),
        to: Type.Optional(Type.Integer()),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
        after: Name,
      },
      closed,
    ),
    audited: 'hourly',
    run: (_ctx, { limit = 100, ...query }): Promise<AuditPage> => audit.list({ ...query, limit }),
  });
}

function listActs(services: AuditServices): Action {
  const { audit } = services;
  return defineAction({
    name: 'audit.acts',
    right: 'audit.read',
    domain: 'all',
    text: { 'zh-CN': '审计：每次操作一行，最新在前', en: 'The audit trail, one row per action, newest first' },
    input: Type.Object(
      {
        actor: Name,
        action: Name,
        object: Type.Optional(Type.String({ maxLength: 200, description: 'Id of what the actions were about' })),
        outcome: Outcome,
        from: Type.Optional(Type.Integer()),
        to: Type.Optional(Type.Integer()),
        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
        after: Name,
      },
      closed,
    ),
    audited: 'hourly',
    async run(_ctx, { limit = 100, ...query }): Promise<ActPage> {
      const { items, next } = await audit.acts({ ...query, limit });
      const names = await objectNames(services);
      return { items: items.map((act) => ({ ...act, ...named(act, names) })), next };
    },
  });
}

function listObjects(services: AuditServices): Action {
  return defineAction({
    name: 'audit.objects',
    right: 'audit.read',
    domain: 'all',
    text: { 'zh-CN': '审计可按其筛选的对象及名称', en: 'Values by which the trail can be filtered, with their names' },
    input: onlyPage,
    audited: false,
    run: async (_ctx, wish): Promise<Page<NamedObject>> => {
      const objects = [...(await objectNames(services)).values()];
      return pageOf(objects, ({ kind, id }) => [OBJECT_KINDS.indexOf(kind), id], wish);
    },
  });
}

function verifyTrail({ audit, guard }: AuditServices): Action {
  return defineAction({
    name: 'audit.verify',
    right: 'audit.read',
    domain: 'all',
    text: { 'zh-CN': '校验审计链与数据完整性', en: 'Verify the audit chain and the marks of the protected documents' },
    input: Type.Object({}, closed),
    audited: true,
    async run({ signal }): Promise<VerifyReport> {
      if (guard === undefined) return audit.verify(signal);
      const { chain, ...marks } = await guard.verify(signal);
      return { ...chain, marks };
    },
  });
}

function listAuditedActions(audited: readonly AuditedAction[]): Action {
  return defineAction({
    name: 'audit.actions',
    right: 'audit.read',
    domain: 'all',
    text: { 'zh-CN': '会留下审计记录的操作', en: 'Actions that write audit lines' },
    input: Type.Object({}, closed),
    audited: false,
    run: async (): Promise<AuditedActions> => ({ items: [...OTHERS, ...audited] }),
  });
}

function named({ subject }: AuditAct, names: ReadonlyMap<string, NamedObject>): { readonly object?: NamedObject } {
  const object = subject === undefined ? undefined : names.get(/^[^@/ ]*/.exec(subject)![0]);
  return object === undefined ? {} : { object };
}
