/**
 * What the audit trail says of logins that are refused. Each line costs a write that survives a power cut, and anybody may try: so each wrong try leaves
 * one, which are bounded by the lockout; of what the lockout then refuses one an address and lock; what failed before anything was tried is the log's.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import { networkOf } from '../../engine/contract/calls/ip-range.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { LOCK_MS, slotOf } from './login.ts';

export type TellRefused = (error: unknown, from: string) => Promise<void>;

export function createTellRefused(audit: AuditLog, shared: SharedState): TellRefused {
  async function isTold(code: string, from: string): Promise<boolean> {
    if (code === 'LOGIN_LOCKED') return (await shared.increment(`login:told:${slotOf(networkOf(from))}`, 1, LOCK_MS)) === 1;
    return code === 'LOGIN_REFUSED' || code === 'LOGIN_CODE_REFUSED';
  }

  return async (error, from) => {
    const code = error instanceof AppError ? error.code : '';
    if (!(await isTold(code, from))) return;
    // The name that was typed may be a password: it is not kept.
    const intent = await audit.intent({ action: 'login', actor: { account: '-', roles: [], domains: 'all', via: 'session', from } });
    await audit.result(intent, { outcome: code, note: {} });
  };
}
