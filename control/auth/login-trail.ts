/**
 * Writes audit lines for refused logins. Anyone may try to log in, and each line costs a write that survives a power
 * failure. Therefore each wrong attempt writes one line, and the lockout limits their number. Attempts that the lockout
 * refuses write one line per address and lock. Logins that failed before the password was checked go only to the log.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import { networkOf } from '../../engine/contract/calls/ip-range.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { LOCK_MS, slotOf } from './login.ts';

export type RecordRefusal = (error: unknown, from: string) => Promise<void>;

export function createRecordRefusal(audit: AuditLog, shared: SharedState): RecordRefusal {
  async function shouldRecord(code: string, from: string): Promise<boolean> {
    if (code === 'LOGIN_LOCKED') return (await shared.increment(`login:told:${slotOf(networkOf(from))}`, 1, LOCK_MS)) === 1;
    return code === 'LOGIN_REFUSED' || code === 'LOGIN_CODE_REFUSED';
  }

  return async (error, from) => {
    const code = error instanceof AppError ? error.code : '';
    if (!(await shouldRecord(code, from))) return;
    // Do not store the name that was typed: it may be a password.
    const intent = await audit.intent({ action: 'login', actor: { account: '-', roles: [], domains: 'all', via: 'session', from } });
    await audit.result(intent, { outcome: code, note: {} });
  };
}
