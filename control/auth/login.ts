/**
 * Checks a login without revealing whether the account exists. Known and unknown names cost the same work and get the
 * same response and lockout.
 * An attempt is counted before the password is checked, so of a hundred guesses sent at once only five are checked.
 * Attempts with the same counters are checked one after another (`LoginTurns`), so right passwords sent at once do not
 * count as wrong ones.
 * Each attempt is counted three times, in this order:
 * - for its address: a locked address must not use up the counters of accounts;
 * - for the account from this address, so that strangers lock out only themselves;
 * - for the account from all addresses (NIST SP 800-63B, 5.2.2: at most 100).
 * Networks from which the owner has logged in before have a separate counter of the last kind. So a hundred attempts of
 * strangers do not lock the owner out, and a colleague at the same address cannot guess without limit. A new password
 * resets the counters of the account.
 * If a session asks for the password again, the attempt is not counted for its address. Other people at the same
 * address neither delay it nor lock it.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../engine/contract/values/clock.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { networkOf } from '../../engine/contract/calls/ip-range.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Account, AccountStore } from './account-store.ts';
import type { KnownNetworks } from './known-networks.ts';
import { LoginTurns } from './login-turns.ts';
import { verifyPassword, type PasswordHash } from './passwords.ts';
import type { SecondFactors } from './second-factor.ts';

/** This limit is high, because many people may share one address. */
const TRIES_PER_ADDRESS = 30;
const TRIES_AT_ACCOUNT_PER_ADDRESS = 5;
const TRIES_PER_ACCOUNT = 100;
export const LOCK_MS = 15 * 60_000;
/**
 * The longer lock for networks that the owner has used before: it allows a hundred attempts a day. Five attempts in 15
 * minutes would be 480 a day.
 */
const KNOWN_LOCK_MS = 86_400_000;
/**
 * Number of counters of each kind. Attackers can invent any number of names and addresses, so all names with the same
 * slot number share a counter.
 */
const SLOTS = 16_384;
/** Maximum number of logins per account; nobody needs more. Each login writes a session and two audit lines. */
const RIGHT_LOGINS_PER_MINUTE = 30;
const MINUTE_MS = 60_000;
/**
 * `running`: each check uses 32 MB. `waitingPerAddress`: the waiting checks of one address take about four seconds at
 * most.
 */
const TURNS = { running: 8, waiting: 256, waitingPerAddress: 64, waitingPerAccount: 2, waitMs: 10_000 } as const;

export interface LoginOptions {
  /** Code of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
  /** The session has already shown the second factor, so only the password is checked. */
  readonly hasCode?: boolean;
  /** A session of this account asks for the password again. */
  readonly ofSession?: boolean;
}

/**
 * Rejects with LOGIN_REFUSED, LOGIN_CODE_REQUIRED, LOGIN_CODE_REFUSED or LOGIN_LOCKED (input), or with LOGIN_BUSY
 * (transient).
 */
export type CheckLogin = (name: string, password: string, from: string, options?: LoginOptions) => Promise<Account>;

export interface CheckLoginDeps {
  readonly accounts: AccountStore;
  readonly shared: SharedState;
  readonly secondFactors: Pick<SecondFactors, 'isRight'>;
  readonly known: KnownNetworks;
  readonly clock: Pick<Clock, 'after'>;
  /** Replaces `verifyPassword` in tests. */
  readonly verify?: typeof verifyPassword;
}

export function createCheckLogin({ accounts, shared, secondFactors, known, clock, verify = verifyPassword }: CheckLoginDeps): CheckLogin {
  const turns = new LoginTurns(TURNS, clock);

  /** Checks one login; runs when its turn comes. */
  async function check(
    { name, password, network, isKnown }: Try,
    { code, hasCode = false, ofSession = false }: LoginOptions,
  ): Promise<Account> {
    const addressKey = addressKeyOf(network);
    if (!ofSession) await countTry(shared, addressKey, TRIES_PER_ADDRESS, 'address');
    // Read the password only now: it may have been changed while this check waited.
    const stored = await accounts.passwordOf(name);
    const target = targetOf(name, stored);
    const pairKey = `login:pair:${slotOf(`${target} ${network}`)}`;
    const accountKey = `login:${isKnown ? 'known' : 'account'}:${slotOf(target)}`;
    const tries = await countTry(shared, pairKey, TRIES_AT_ACCOUNT_PER_ADDRESS, 'account');
    await countTry(shared, accountKey, TRIES_PER_ACCOUNT, isKnown ? 'known' : 'account');
    // For the address, take back only this attempt. A successful login to one account must not clear wrong attempts at
    // other accounts.
    const takeBackTries = (count: number) =>
      Promise.all([
        takeBack(shared, pairKey, count),
        takeBack(shared, accountKey, count, isKnown ? KNOWN_LOCK_MS : LOCK_MS),
        ...(ofSession ? [] : [takeBack(shared, addressKey, 1)]),
      ]);
    const isRight = await verify(password, stored);
    const account = await accounts.get(name);
    if (!isRight || account === undefined || account.disabled) throw loginRefused();
    if (!ofSession) await countRight(shared, name);
    if (account.hasSecondFactor && !hasCode) {
      if (code === undefined) {
        // Take back only this attempt: a right password without a code must not clear the count of wrong codes.
        await takeBackTries(1);
        throw codeRequired();
      }
      const isRightCode = await secondFactors.isRight(name, code).catch(async (error: unknown) => {
        // The code could not be checked, so this attempt does not count as a wrong one.
        await takeBackTries(1);
        throw error;
      });
      if (!isRightCode) throw codeRefused();
    }
    await known.remember(target, network);
    await takeBackTries(tries);
    return account;
  }

  return async (name, password, from, options = {}) => {
    const network = networkOf(from);
    const { ofSession = false } = options;
    if (!ofSession) await refuseTooOften(shared, name);
    const isKnown = await known.isKnown(targetOf(name, await accounts.passwordOf(name)), network);
    const place = {
      address: ofSession ? `session:${name}` : addressKeyOf(network),
      // Use the same groups as the counters of attempts, so that attempts of strangers do not delay the owner.
      account: `${isKnown ? 'known' : 'account'}:${name}`,
      isKnown: ofSession || isKnown,
    };
    return turns.run(place, () => check({ name, password, network, isKnown }, options));
  };
}

interface Try {
  readonly name: string;
  readonly password: string;
  readonly network: string;
  /** True if the owner has logged in from this network before. */
  readonly isKnown: boolean;
}

function addressKeyOf(network: string): string {
  return `login:address:${slotOf(network)}`;
}

function targetOf(name: string, stored: PasswordHash | undefined): string {
  return `${name} ${stored?.salt ?? ''}`;
}

/**
 * Counts an attempt and returns the count. Throws LOGIN_LOCKED (input) above the limit. The attempt that reaches the
 * limit starts the time of the lock, so that a lock always lasts its full time.
 */
async function countTry(shared: SharedState, key: string, limit: number, problem: keyof typeof LOCKED): Promise<number> {
  const ttlMs = problem === 'known' ? KNOWN_LOCK_MS : LOCK_MS;
  const isLocked = (await shared.get(`${key}:lock`)) !== undefined;
  const tries = isLocked ? limit + 1 : await shared.increment(key, 1, ttlMs);
  if (tries === limit) await shared.set(`${key}:lock`, '1', { ttlMs });
  if (tries <= limit) return tries;
  throw new AppError('LOGIN_LOCKED', 'input', LOCKED[problem].message, {
    values: { problem },
    fix: LOCKED[problem].fix,
    retryAfterMs: ttlMs,
  });
}

const LOCKED = {
  account: {
    message: 'Too many wrong logins to this account. It is locked for 15 minutes.',
    fix: 'Wait, or ask an administrator for a new password, which removes the lock.',
  },
  known: {
    message: 'Too many wrong logins to this account from an address where it is normally used. It is locked for that address for a day.',
    fix: 'Ask an administrator for a new password, which removes the lock. Find out who tried to log in.',
  },
  address: {
    message: 'Too many wrong logins from this address. It is locked for 15 minutes.',
    fix: 'Wait, or log in from another machine.',
  },
} as const;

async function takeBack(shared: SharedState, key: string, tries: number, ttlMs = LOCK_MS): Promise<void> {
  await Promise.all([shared.increment(key, -tries, ttlMs), shared.delete(`${key}:lock`)]);
}

/**
 * Counts logins with the right password. They never lock the account. But each check takes capacity from everyone, so
 * their number per minute is limited.
 */
async function countRight(shared: SharedState, name: string): Promise<void> {
  const key = rightKeyOf(name);
  const logins = await shared.increment(key, 1, MINUTE_MS);
  if (logins === RIGHT_LOGINS_PER_MINUTE) await shared.set(`${key}:pause`, '1', { ttlMs: MINUTE_MS });
}

async function refuseTooOften(shared: SharedState, name: string): Promise<void> {
  if ((await shared.get(`${rightKeyOf(name)}:pause`)) === undefined) return;
  throw new AppError('LOGIN_BUSY', 'transient', `This account logged in ${RIGHT_LOGINS_PER_MINUTE} times within a minute.`, {
    values: { problem: 'often' },
    fix: 'Try again in a minute; programs should use a token.',
    retryAfterMs: MINUTE_MS,
  });
}

function rightKeyOf(name: string): string {
  return `login:right:${slotOf(name)}`;
}

function loginRefused(): AppError {
  return new AppError('LOGIN_REFUSED', 'input', 'The name or the password is wrong.', {
    fix: 'Check both; after five wrong tries the login is locked for 15 minutes.',
  });
}

function codeRequired(): AppError {
  return new AppError('LOGIN_CODE_REQUIRED', 'input', 'This account needs a second factor to log in, and its code is missing.', {
    fix: 'Send the code that the authenticator app shows, or a recovery code, as `code` together with name and password.',
  });
}

function codeRefused(): AppError {
  return new AppError('LOGIN_CODE_REFUSED', 'input', 'The code is wrong or was already used.', {
    fix: 'Enter the current code of the authenticator app; each code can be used once. Five wrong tries lock the login for 15 minutes.',
  });
}

export function slotOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() % SLOTS;
}
