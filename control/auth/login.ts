/**
 * Login without telling who exists: the same work, the same answer, the same lockout for names known and unknown.
 * A try counts before the password is looked at, so that a hundred guesses sent at once are still five. It counts for its address first:
 * an address that is locked must not fill, or lock, what is counted of accounts. Then for the account from that address, so that strangers lock
 * nobody out; then for the account from anywhere (NIST SP 800-63B, 5.2.2: at most 100). What is counted of an account is counted of its
 * password: a new one begins anew.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../engine/contract/errors.ts';
import { networkOf } from '../../engine/contract/ip-range.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Account, AccountStore } from './account-store.ts';
import { verifyPassword } from './passwords.ts';

/** Many people may sit behind one address. */
const TRIES_PER_ADDRESS = 30;
const TRIES_AT_ACCOUNT_PER_ADDRESS = 5;
const TRIES_PER_ACCOUNT = 100;
export const LOCK_MS = 15 * 60_000;
/** Names and addresses can be invented without end. Those of one slot share their tries, so that there are at most this many counters of a kind. */
const SLOTS = 16_384;
/** Each check holds 32 MB for its time. */
const CHECKS_AT_ONCE = 8;

export type CheckLogin = (name: string, password: string, from: string) => Promise<Account>;

/** `verify` as `verifyPassword`. */
export function createCheckLogin(accounts: AccountStore, shared: SharedState, verify = verifyPassword): CheckLogin {
  let checks = 0;
  return async (name, password, from) => {
    const network = networkOf(from);
    const addressKey = `login:address:${slotOf(network)}`;
    await countTry(shared, addressKey, TRIES_PER_ADDRESS, 'address');
    const stored = await accounts.passwordOf(name);
    const target = `${name} ${stored?.salt ?? ''}`;
    const pairKey = `login:pair:${slotOf(`${target} ${network}`)}`;
    const tries = await countTry(shared, pairKey, TRIES_AT_ACCOUNT_PER_ADDRESS, 'account');
    const accountKey = `login:account:${slotOf(target)}`;
    await countTry(shared, accountKey, TRIES_PER_ACCOUNT, 'account');
    if (checks >= CHECKS_AT_ONCE)
      throw new AppError('LOGIN_BUSY', 'transient', 'Too many logins at once.', { fix: 'Try again in a second.', retryAfterMs: 1000 });
    checks += 1;
    try {
      const isRight = await verify(password, stored);
      const account = await accounts.get(name);
      if (!isRight || account === undefined || account.disabled) throw loginRefused();
      // Of the address only this one: an own account must not wash away the wrong tries at others from there.
      await Promise.all([takeBack(shared, pairKey, tries), takeBack(shared, accountKey, tries), takeBack(shared, addressKey, 1)]);
      return account;
    } finally {
      checks -= 1;
    }
  };
}

/** The last allowed try starts the lock anew, so that it always lasts its whole time. */
async function countTry(shared: SharedState, key: string, limit: number, problem: keyof typeof LOCKED): Promise<number> {
  const isLocked = (await shared.get(`${key}:lock`)) !== undefined;
  const tries = isLocked ? limit + 1 : await shared.increment(key, 1, LOCK_MS);
  if (tries === limit) await shared.set(`${key}:lock`, '1', { ttlMs: LOCK_MS });
  if (tries <= limit) return tries;
  throw new AppError('LOGIN_LOCKED', 'input', LOCKED[problem].message, {
    values: { problem },
    fix: LOCKED[problem].fix,
    retryAfterMs: LOCK_MS,
  });
}

const LOCKED = {
  account: {
    message: 'Too many wrong logins to this account. It is locked for 15 minutes.',
    fix: 'Wait, or ask an administrator for a new password: it lifts the lock.',
  },
  address: {
    message: 'Too many wrong logins from this address. It is locked for 15 minutes.',
    fix: 'Wait, or log in from another machine.',
  },
} as const;

async function takeBack(shared: SharedState, key: string, tries: number): Promise<void> {
  await Promise.all([shared.increment(key, -tries, LOCK_MS), shared.delete(`${key}:lock`)]);
}

function loginRefused(): AppError {
  return new AppError('LOGIN_REFUSED', 'input', 'Name or password is wrong.', {
    fix: 'Check both; after five wrong tries the login is locked for 15 minutes.',
  });
}

export function slotOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() % SLOTS;
}
