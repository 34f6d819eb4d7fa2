/**
 * Counts unknown tokens and session cookies per address, like wrong logins. Each wrong secret counts once, because a
 * browser whose session has ended sends the same cookie repeatedly without guessing. A right secret is always accepted,
 * so wrong guesses never lock out other people.
 */
import { AppError } from '../../engine/contract/values/errors.ts';
import { networkOf } from '../../engine/contract/calls/ip-range.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { LOCK_MS, slotOf } from './login.ts';

const WRONG_PER_ADDRESS = 30;

/** Counts a wrong secret and returns the error to send. */
export type CountWrongToken = (secret: string, from: string) => Promise<AppError>;

export function createCountWrongToken(shared: SharedState, audit: Pick<AuditLog, 'intent' | 'result'>): CountWrongToken {
  async function tell(outcome: string, from: string): Promise<void> {
    const intent = await audit.intent({ action: 'token', actor: { account: '-', roles: [], domains: 'all', via: 'token', from } });
    await audit.result(intent, { outcome, note: {} });
  }

  return async (secret, from) => {
    const network = networkOf(from);
    const isNew = (await shared.increment(`token:wrong:${slotOf(`${network} ${secret}`)}`, 1, LOCK_MS)) === 1;
    if (!isNew) return loginRequired();
    const wrong = await shared.increment(`token:address:${slotOf(network)}`, 1, LOCK_MS);
    if (wrong === 1) await tell('LOGIN_REQUIRED', from);
    if (wrong === WRONG_PER_ADDRESS + 1) await tell('TOKEN_LOCKED', from);
    return wrong <= WRONG_PER_ADDRESS ? loginRequired() : tokenLocked();
  };
}

export function loginRequired(): AppError {
  return new AppError('LOGIN_REQUIRED', 'input', 'You are not logged in.', {
    fix: 'Log in to the console, or with `kangqiao login` for the command line.',
  });
}

function tokenLocked(): AppError {
  return new AppError('TOKEN_LOCKED', 'input', 'Too many wrong tokens were sent from this address.', {
    fix: 'Use a valid token, or log in; wrong tokens are refused for 15 minutes.',
    retryAfterMs: LOCK_MS,
  });
}
