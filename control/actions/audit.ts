/** The audit trail, read. */
import { Type } from 'typebox';
import type { Text } from '../../engine/contract/texts.ts';
import type { AuditLine } from '../audit/audit-line.ts';
import type { ChainReport } from '../audit/walk-chain.ts';
import type { IntegrityReport } from '../integrity/guard-store.ts';
import { closed, defineAction, type Action } from './action.ts';
import type { ControlServices } from './services.ts';

/** The chain, and beside it the documents that decide something. */
export type VerifyReport = ChainReport & { readonly marks?: Omit<IntegrityReport, 'chain'> };

const Name = Type.Optional(Type.String({ maxLength: 100 }));

export interface AuditPage {
  readonly items: readonly AuditLine[];
  /** Hand it in as `after` to read on; absent at the end. */
  readonly next?: string | undefined;
}

/** What the trail calls an act, in words. */
export interface AuditedAction {
  readonly name: string;
  readonly text: Text;
}

export interface AuditedActions {
  readonly items: readonly AuditedAction[];
}

/** Acts that leave lines without being actions. */
const OTHERS: readonly AuditedAction[] = [
  { name: 'login', text: { 'zh-CN': '登录', en: 'Log in' } },
  { name: 'integrity.enforce', text: { 'zh-CN': '启用数据完整性校验', en: 'Enforce marks' } },
  { name: 'system.restore', text: { 'zh-CN': '从备份恢复', en: 'Restore a backup' } },
];

/** `actions`: all others, whose names stand in the trail. */
export function auditActions({ audit, guard }: ControlServices, actions: readonly Action[]): readonly Action[] {
  const own = ownActions(audit, guard);
  const named = [...actions, ...own].filter(({ audited }) => audited).map(({ name, text }) => ({ name, text }));
  return [
    ...own,
    defineAction({
      name: 'audit.actions',
      right: 'audit.read',
      domain: 'all',
      text: { 'zh-CN': '会留下审计记录的操作', en: 'Acts that leave audit lines' },
      input: Type.Object({}, closed),
      audited: false,
      run: async (): Promise<AuditedActions> => ({ items: [...OTHERS, ...named] }),
    }),
  ];
}

function ownActions(audit: ControlServices['audit'], guard: ControlServices['guard']): readonly Action[] {
  return [
    defineAction({
      name: 'audit.list',
      right: 'audit.read',
      domain: 'all',
      text: { 'zh-CN': '审计记录，最新在前', en: 'Audit lines, newest first' },
      input: Type.Object(
        {
          actor: Name,
          action: Name,
          subject: Type.Optional(Type.String({ maxLength: 200, description: 'Begin of what the act was about' })),
          outcome: Type.Optional(Type.String({ maxLength: 100, description: '`done`, `failed` (anything else), or the code of an error' })),
          from: Type.Optional(Type.Integer()),
          to: Type.Optional(Type.Integer()),
          limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
          after: Name,
        },
        closed,
      ),
      audited: true,
      run: (_ctx, { limit = 100, ...query }): Promise<AuditPage> => audit.list({ ...query, limit }),
    }),
    defineAction({
      name: 'audit.verify',
      right: 'audit.read',
      domain: 'all',
      text: { 'zh-CN': '校验审计链与数据完整性', en: 'Verify the audit chain and the marks of what decides something' },
      input: Type.Object({}, closed),
      audited: true,
      async run({ signal }): Promise<VerifyReport> {
        if (guard === undefined) return audit.verify(signal);
        const { chain, ...marks } = await guard.verify(signal);
        return { ...chain, marks };
      },
    }),
  ];
}
