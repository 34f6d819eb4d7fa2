/**
 * Login without telling who exists: the same work, the same answer, the same lockout for names known and unknown.
 * A try counts before the password is looked at, so that a hundred guesses sent at once are still five. It counts for its address first:
 * an address that is locked must not fill, or lock, what is counted of accounts.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../engine/contract/errors.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Account, AccountStore } from './account-store.ts';
import { verifyPassword } from './passwords.ts';

const TRIES_PER_ACCOUNT = 5;
/** Many people may sit behind one address. */
const TRIES_PER_ADDRESS = 30;
const LOCK_MS = 15 * 60_000;
/** Names and addresses can be invented without end. Those of one slot share their tries, so that all of them hold at most this many counters each. */
const SLOTS = 16_384;
/** Each check holds 32 MB for its time. */
const CHECKS_AT_ONCE = 8;

export type CheckLogin = (name: string, password: string, from: string) => Promise<Account>;

/** `verify` as `verifyPassword`. */
export function createCheckLogin(accounts: AccountStore, shared: SharedState, verify = verifyPassword): CheckLogin {
  let checks = 0;
  return async (name, password, from) => {
    const accountKey = `login:account:${slotOf(name)}`;
    const addressKey = `login:address:${slotOf(from)}`;
    await countTry(shared, addressKey, TRIES_PER_ADDRESS);
    const tries = await countTry(shared, accountKey, TRIES_PER_ACCOUNT);
    if (checks >= CHECKS_AT_ONCE)
      throw new AppError('LOGIN_BUSY', 'transient', 'Too many logins at once.', { fix: 'Try again in a second.', retryAfterMs: 1000 });
    checks += 1;
    try {
      const isRight = await verify(password, await accounts.passwordOf(name));
      const account = await accounts.get(name);
      if (!isRight || account === undefined || account.disabled) throw loginRefused();
      // Of the address only this one: an own account must not wash away the wrong tries at others from there.
      await Promise.all([takeBack(shared, accountKey, tries), takeBack(shared, addressKey, 1)]);
      return account;
    } finally {
      checks -= 1;
    }
  };
}

/** The last allowed try starts the lock anew, so that it always lasts its whole time. */
async function countTry(shared: SharedState, key: string, limit: number): Promise<number> {
  const isLocked = (await shared.get(`${key}:lock`)) !== undefined;
  const tries = isLocked ? limit + 1 : await shared.increment(key, 1, LOCK_MS);
  if (tries === limit) await shared.set(`${key}:lock`, '1', { ttlMs: LOCK_MS });
  if (tries <= limit) return tries;
  throw new AppError('LOGIN_LOCKED', 'input', 'Too many wrong logins. This login is locked for 15 minutes.', {
    fix: 'Wait, or ask the system administrator for a new password.',
    retryAfterMs: LOCK_MS,
  });
}

async function takeBack(shared: SharedState, key: string, tries: number): Promise<void> {
  await Promise.all([shared.increment(key, -tries, LOCK_MS), shared.delete(`${key}:lock`)]);
}

function loginRefused(): AppError {
  return new AppError('LOGIN_REFUSED', 'input', 'Name or password is wrong.', {
    fix: 'Check both; after five wrong tries the login is locked for 15 minutes.',
  });
}

function slotOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() % SLOTS;
}
