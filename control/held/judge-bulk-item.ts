/**
 * Decides whether the person who runs a bulk may still act on an execution. Called just before this execution is
 * processed.
 */
import type { Permission } from '../../engine/contract/access/access.ts';
import type { BulkKind } from './bulk-store.ts';
import type { BulkWatcher } from './bulk-run.ts';
import type { Actor } from '../access/actor.ts';
import { scopeOf } from '../access/domains.ts';
import { isAllowed } from '../access/permissions.ts';
import type { AccountStore } from '../auth/account-store.ts';
import type { SessionStore } from '../auth/session-store.ts';
import type { Owners } from '../action/owners.ts';

export interface JudgeBulkItemServices {
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly owners: Owners;
}

export type BulkJudgeDeps = JudgeBulkItemServices;

/** The right that each kind of bulk requires. */
export const BULK_RIGHTS: Readonly<Record<BulkKind, Permission>> = {
  retry: 'executions.retry',
  resend: 'executions.retry',
  conclude: 'executions.retry',
  cancel: 'executions.cancel',
};

export function createBulkJudge({ accounts, sessions, owners }: BulkJudgeDeps, actor: Actor, kind: BulkKind): BulkWatcher['judge'] {
  return async ({ executionId, epoch }) => {
    if (actor.via === 'system') return 'admitted';
    const account = await accounts.get(actor.account);
    if (account === undefined || account.disabled) return 'account-disabled';
    if (actor.sessionId !== undefined && !(await sessions.isLive(actor.sessionId))) return 'signed-out';
    if (!isAllowed({ ...actor, roles: account.roles }, BULK_RIGHTS[kind])) return 'right-lost';
    const scope = scopeOf(account.domains);
    // An `epoch` below 0 means that the execution belonged to another domain when it was chosen. Admit it: the action
    // then reports it as missing, while `refused` would reveal that it exists.
    if (scope.only === undefined || epoch < 0) return 'admitted';
    const touched = [await owners.execution(executionId)];
    // A resend uses the current flow, which may belong to another domain than the version that ran.
    if (kind === 'resend') touched.push(await owners.flowOf(executionId));
    // A removed execution has no domains and is admitted; the action reports it as missing.
    return touched.every(({ domains = [] }) => domains.every((domain) => scope.holds(domain))) ? 'admitted' : 'refused';
  };
}
