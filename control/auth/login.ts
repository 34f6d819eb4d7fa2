/**
 * Login without telling who exists: the same work, the same answer, the same lockout for names known and unknown.
 * A try counts before the password is looked at, so that a hundred guesses sent at once are still five. Tries that count together take turns, so that
 * right ones sent at once do not fill the count of wrong ones. A try counts for its address first:
 * an address that is locked must not fill, or lock, what is counted of accounts. Then for the account from that address, so that strangers lock
 * nobody out; then for the account from anywhere (NIST SP 800-63B, 5.2.2: at most 100). Networks from which its owner has logged in before
 * have a count of their own: a hundred tries of strangers must not lock the owner out, and a colleague behind the same address must not guess
 * without end. What is counted of an account is counted of its password: a new one begins again.
 */
import { createHash } from 'node:crypto';
import { AppError } from '../../engine/contract/errors.ts';
import { networkOf } from '../../engine/contract/ip-range.ts';
import type { SharedState } from '../../engine/contract/ports/shared-state.ts';
import type { Account, AccountStore } from './account-store.ts';
import { createKeyTurns } from './create-key-turns.ts';
import type { KnownNetworks } from './known-networks.ts';
import { verifyPassword, type PasswordHash } from './passwords.ts';
import type { SecondFactors } from './second-factor.ts';

/** Many people may sit behind one address. */
const TRIES_PER_ADDRESS = 30;
const TRIES_AT_ACCOUNT_PER_ADDRESS = 5;
const TRIES_PER_ACCOUNT = 100;
export const LOCK_MS = 15 * 60_000;
/** Five tries in a quarter of an hour would be 480 a day; over so long they are a hundred in all. */
const KNOWN_LOCK_MS = 86_400_000;
/** Names and addresses can be invented without end. Those of one slot share their tries, so that there are at most this many counters of a kind. */
const SLOTS = 16_384;
/** Each check holds 32 MB for its time. */
const CHECKS_AT_ONCE = 8;
/** Of one address, or for one account: at most about four seconds. */
const WAITING_PER_KEY = 64;

export interface LoginOptions {
  /** Of the authenticator app, or a recovery code. */
  readonly code?: string | undefined;
  /** The session has shown the second factor before: only the password is asked for. */
  readonly hasCode?: boolean;
}

/** LOGIN_REFUSED, LOGIN_CODE_REQUIRED, LOGIN_CODE_REFUSED, LOGIN_LOCKED (input), LOGIN_BUSY (transient). */
export type CheckLogin = (name: string, password: string, from: string, options?: LoginOptions) => Promise<Account>;

export interface CheckLoginDeps {
  readonly accounts: AccountStore;
  readonly shared: SharedState;
  readonly secondFactors: Pick<SecondFactors, 'isRight'>;
  readonly known: KnownNetworks;
  /** As `verifyPassword`. */
  readonly verify?: typeof verifyPassword;
}

export function createCheckLogin({ accounts, shared, secondFactors, known, verify = verifyPassword }: CheckLoginDeps): CheckLogin {
  const turns = createKeyTurns(WAITING_PER_KEY);
  const inTurn = (key: string, check: () => Promise<Account>) => turns.run(key, check) ?? Promise.reject<Account>(loginBusy());
  let checks = 0;

  /** In the turn of what counts it: the account from everywhere, or from where it is used. */
  async function checkCounted(
    { name, password, network, addressKey, accountKey, isKnown, stored }: Try,
    { code, hasCode = false }: LoginOptions,
  ): Promise<Account> {
    const target = targetOf(name, stored);
    const pairKey = `login:pair:${slotOf(`${target} ${network}`)}`;
    const tries = await countTry(shared, pairKey, TRIES_AT_ACCOUNT_PER_ADDRESS, 'account');
    await countTry(shared, accountKey, TRIES_PER_ACCOUNT, isKnown ? 'known' : 'account');
    const takeBackOne = () => Promise.all([takeBack(shared, pairKey, 1), takeBackAccount(1), takeBack(shared, addressKey, 1)]);
    const takeBackAccount = (count: number) => takeBack(shared, accountKey, count, isKnown ? KNOWN_LOCK_MS : LOCK_MS);
    const isRight = await verify(password, stored);
    const account = await accounts.get(name);
    if (!isRight || account === undefined || account.disabled) throw loginRefused();
    if (account.hasSecondFactor && !hasCode) {
      if (code === undefined) {
        // The password alone takes back its own try only: otherwise it would clear the count of wrong codes.
        await takeBackOne();
        throw codeRequired();
      }
      const isRightCode = await secondFactors.isRight(name, code).catch(async (error: unknown) => {
        // Nobody could tell: it was no wrong try.
        await takeBackOne();
        throw error;
      });
      if (!isRightCode) throw codeRefused();
    }
    await known.remember(target, network);
    // Of the address only this one: an own account must not wash away the wrong tries at others from there.
    await Promise.all([takeBack(shared, pairKey, tries), takeBackAccount(tries), takeBack(shared, addressKey, 1)]);
    return account;
  }

  return (name, password, from, options = {}) => {
    const network = networkOf(from);
    const addressKey = `login:address:${slotOf(network)}`;
    return inTurn(addressKey, async () => {
      await countTry(shared, addressKey, TRIES_PER_ADDRESS, 'address');
      const stored = await accounts.passwordOf(name);
      const target = targetOf(name, stored);
      const isKnown = await known.isKnown(target, network);
      const accountKey = `login:${isKnown ? 'known' : 'account'}:${slotOf(target)}`;
      return inTurn(accountKey, async () => {
        if (checks >= CHECKS_AT_ONCE) throw loginBusy();
        checks += 1;
        return checkCounted({ name, password, network, addressKey, accountKey, isKnown, stored }, options).finally(() => (checks -= 1));
      }).catch(async (error: unknown) => {
        // Nothing was looked at.
        if (error instanceof AppError && error.code === 'LOGIN_BUSY') await takeBack(shared, addressKey, 1);
        throw error;
      });
    });
  };
}

interface Try {
  readonly name: string;
  readonly password: string;
  readonly network: string;
  readonly addressKey: string;
  readonly accountKey: string;
  readonly isKnown: boolean;
  readonly stored: PasswordHash | undefined;
}

function targetOf(name: string, stored: PasswordHash | undefined): string {
  return `${name} ${stored?.salt ?? ''}`;
}

/** The last allowed try starts the lock anew, so that it always lasts its whole time. */
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

/** Nothing was looked at, and nothing counts. */
function loginBusy(): AppError {
  return new AppError('LOGIN_BUSY', 'transient', 'Too many logins at once.', { fix: 'Try again in a second.', retryAfterMs: 1000 });
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
