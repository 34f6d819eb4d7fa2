/**
 * Checks a login without revealing whether the account exists: known and unknown names cost the same work and get the
 * same response and lockout.
 * A try counts before the password is checked, so a hundred guesses sent at once are still five. Tries that count
 * together take turns (`LoginTurns`), so right ones sent at once do not fill the count of wrong ones.
 * A try counts first for its address: a locked address must neither fill nor lock the counters of accounts. Then it
 * counts for the account from that address, so that strangers lock out no one else. Then it counts for the account
 * from anywhere (NIST SP 800-63B, 5.2.2: at most 100).
 * Networks from which the owner has logged in before have a count of their own. A hundred tries of strangers must not
 * lock the owner out, and a colleague behind the same address must not guess without end. Counts of an account belong
 * to its password: a new password starts again.
 * A password that a session enters again concerns only its own account. It has turns of its own, and others at its
 * address neither delay nor lock it.
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

/** Many people may share one address. */
const TRIES_PER_ADDRESS = 30;
const TRIES_AT_ACCOUNT_PER_ADDRESS = 5;
const TRIES_PER_ACCOUNT = 100;
export const LOCK_MS = 15 * 60_000;
/** Five tries in a quarter of an hour would be 480 a day. This long lock allows a hundred in all. */
const KNOWN_LOCK_MS = 86_400_000;
/**
 * Attackers can invent names and addresses without end. Names of one slot share their tries, which bounds the number
 * of counters of each kind.
 */
const SLOTS = 16_384;
/** Nobody needs more; each login writes a session and two audit lines. */
const RIGHT_LOGINS_PER_MINUTE = 30;
const MINUTE_MS = 60_000;
/** Each running check holds 32 MB. At most about four seconds' work of one address may wait. */
const TURNS = { running: 8, waiting: 256, waitingPerAddress: 64, waitingPerAccount: 2, waitMs: 10_000 } as const;

export interface LoginOptions {
  /** Code of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
  /** The session has already shown the second factor: only the password is checked. */
  readonly hasCode?: boolean;
  /** The account's own session enters the password again. */
  readonly ofSession?: boolean;
}

/** LOGIN_REFUSED, LOGIN_CODE_REQUIRED, LOGIN_CODE_REFUSED, LOGIN_LOCKED (input), LOGIN_BUSY (transient). */
export type CheckLogin = (name: string, password: string, from: string, options?: LoginOptions) => Promise<Account>;

export interface CheckLoginDeps {
  readonly accounts: AccountStore;
  readonly shared: SharedState;
  readonly secondFactors: Pick<SecondFactors, 'isRight'>;
  readonly known: KnownNetworks;
  readonly clock: Pick<Clock, 'after'>;
  /** Replaces `verifyPassword`. */
  readonly verify?: typeof verifyPassword;
}

export function createCheckLogin({ accounts, shared, secondFactors, known, clock, verify = verifyPassword }: CheckLoginDeps): CheckLogin {
  const turns = new LoginTurns(TURNS, clock);

  /** Runs when its turn comes. */
  async function check(
    { name, password, network, isKnown }: Try,
    { code, hasCode = false, ofSession = false }: LoginOptions,
  ): Promise<Account> {
    const addressKey = addressKeyOf(network);
    if (!ofSession) await countTry(shared, addressKey, TRIES_PER_ADDRESS, 'address');
    // Read it during the turn: the password may have been changed while this waited.
    const stored = await accounts.passwordOf(name);
    const target = targetOf(name, stored);
    const pairKey = `login:pair:${slotOf(`${target} ${network}`)}`;
    const accountKey = `login:${isKnown ? 'known' : 'account'}:${slotOf(target)}`;
    const tries = await countTry(shared, pairKey, TRIES_AT_ACCOUNT_PER_ADDRESS, 'account');
    await countTry(shared, accountKey, TRIES_PER_ACCOUNT, isKnown ? 'known' : 'account');
    // For the address, take back only this try: a right login to one's own account must not clear wrong tries at
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
        // A right password alone takes back only its own try: otherwise it would clear the count of wrong codes.
        await takeBackTries(1);
        throw codeRequired();
      }
      const isRightCode = await secondFactors.isRight(name, code).catch(async (error: unknown) => {
        // The code could not be checked, so this is not a wrong try.
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
      // Same grouping as the counters: tries of strangers must not delay the owner.
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
  /** The owner has logged in from this network before. */
  readonly isKnown: boolean;
}

function addressKeyOf(network: string): string {
  return `login:address:${slotOf(network)}`;
}

function targetOf(name: string, stored: PasswordHash | undefined): string {
  return `${name} ${stored?.salt ?? ''}`;
}

/** The last allowed try restarts the lock, so that the lock always lasts its full time. */
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
    fix: 'Wait, or ask an administrator for a new password: it lifts the lock.',
  },
  known: {
    message: 'Too many wrong logins to this account from where it is used. It is locked there for a day.',
    fix: 'Ask an administrator for a new password: it lifts the lock. Find out who tried.',
  },
  address: {
    message: 'Too many wrong logins from this address. It is locked for 15 minutes.',
    fix: 'Wait, or log in from another machine.',
  },
} as const;

async function takeBack(shared: SharedState, key: string, tries: number, ttlMs = LOCK_MS): Promise<void> {
  await Promise.all([shared.increment(key, -tries, ttlMs), shared.delete(`${key}:lock`)]);
}

/** Right passwords sent without end never lock the account, but each check takes capacity from everyone. */
async function countRight(shared: SharedState, name: string): Promise<void> {
  const key = rightKeyOf(name);
  const logins = await shared.increment(key, 1, MINUTE_MS);
  if (logins === RIGHT_LOGINS_PER_MINUTE) await shared.set(`${key}:pause`, '1', { ttlMs: MINUTE_MS });
}

async function refuseTooOften(shared: SharedState, name: string): Promise<void> {
  if ((await shared.get(`${rightKeyOf(name)}:pause`)) === undefined) return;
  throw new AppError('LOGIN_BUSY', 'transient', `This account logged in ${RIGHT_LOGINS_PER_MINUTE} times within a minute.`, {
    values: { problem: 'often' },
    fix: 'Try again in a minute; give programs a token.',
    retryAfterMs: MINUTE_MS,
  });
}

function rightKeyOf(name: string): string {
  return `login:right:${slotOf(name)}`;
}

function loginRefused(): AppError {
  return new AppError('LOGIN_REFUSED', 'input', 'Name or password is wrong.', {
    fix: 'Check both; after five wrong tries the login is locked for 15 minutes.',
  });
}

function codeRequired(): AppError {
  return new AppError('LOGIN_CODE_REQUIRED', 'input', 'This account logs in with a second factor: its code is missing.', {
    fix: 'Send the code that the authenticator app shows, or a recovery code, as `code` beside name and password.',
  });
}

function codeRefused(): AppError {
  return new AppError('LOGIN_CODE_REFUSED', 'input', 'The code is wrong, or was used already.', {
    fix: 'Enter the code that the authenticator app shows now; each is good once. Five wrong tries lock the login for 15 minutes.',
  });
}

export function slotOf(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32BE() % SLOTS;
}
