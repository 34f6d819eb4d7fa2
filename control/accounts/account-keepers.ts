/**
 * Who may do what to an account (decision 0027). Only security administrators give their own role, and only they
 * change, re-enable or reset the password of an account that has it. The same holds for audit administrators. The
 * system administrator keeps all other accounts. Keeping accounts requires all domains, so the first holder of such a
 * role gets them; otherwise no one could create a second.
 */
import { ROLES, type Role } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { Account } from '../auth/account-store.ts';
import type { Actor } from '../access/actor.ts';

const KEEP_THEMSELVES: readonly Role[] = ['security-admin', 'audit-admin'];

export type Holder = Pick<Account, 'name' | 'roles' | 'domains' | 'disabled'>;

/** What the acting person may do to one account. */
export interface MayChange {
  /** Change name, domains and password, enable it again, and remove any role. */
  readonly account: boolean;
  /** Roles that may be given or removed. */
  readonly roles: readonly Role[];
  readonly disable: boolean;
}

export function mayChange(actor: Actor, account: Holder, all: readonly Holder[]): MayChange {
  if (actor.account === account.name) return { account: false, roles: [], disable: false };
  const isKept = isKeeper(actor, keeperOf(account.roles));
  const given = rolesToGive(actor, all);
  const canBeGiven = (role: Role) => given.includes(role) && (isKept || keeperOf(account.roles) === 'system-admin');
  return {
    account: isKept,
    roles: ROLES.filter((role) => (account.roles.includes(role) ? isKept : canBeGiven(role))),
    disable: isKeeper(actor, 'system-admin'),
  };
}

/**
 * Roles that the acting person may give: those they keep; for the system administrator also those that have no first
 * holder yet.
 */
export function rolesToGive(actor: Actor, all: readonly Holder[]): readonly Role[] {
  const isFirst = (role: Role) => isKeeper(actor, 'system-admin') && hasNoKeeper(role, all);
  return ROLES.filter((role) => isKeeper(actor, keeperOf([role])) || isFirst(role));
}

/** No holder could give the role to others: a holder with only some domains keeps no accounts. */
function hasNoKeeper(role: Role, all: readonly Holder[]): boolean {
  return !all.some(({ roles, domains }) => roles.includes(role) && domains === 'all');
}

/** ACCOUNT_KEPT, ACCOUNT_FIRST_DOMAINS unless these roles may be given to a new account with these domains. */
export function checkCreate(actor: Actor, { roles, domains }: Pick<Account, 'roles' | 'domains'>, all: readonly Holder[]): void {
  const given = rolesToGive(actor, all);
  for (const role of roles) if (!given.includes(role)) throw kept(keeperOf([role]));
  if (roles.length === 0 && !isKeeper(actor, 'system-admin')) throw kept('system-admin');
  requireAllOfFirst(roles, domains, all);
}

function requireAllOfFirst(given: readonly Role[], domains: Account['domains'], all: readonly Holder[]): void {
  const first = given.find((role) => KEEP_THEMSELVES.includes(role) && hasNoKeeper(role, all));
  if (first === undefined || domains === 'all') return;
  throw new AppError('ACCOUNT_FIRST_DOMAINS', 'input', `The first ${first} has all domains: nobody else could make another.`, {
    values: { role: first },
    fix: 'Give this account all domains; the ones that it makes may have some.',
  });
}

type Change = Pick<Account, 'displayName' | 'roles' | 'domains' | 'disabled'>;

/** ACCOUNT_OWN, ACCOUNT_KEPT, ACCOUNT_FIRST_DOMAINS unless this change of an account may be made. */
export function checkChange(actor: Actor, before: Account, after: Change, all: readonly Holder[]): void {
  refuseOneself(actor, before.name);
  const may = mayChange(actor, before, all);
  const keeper = keeperOf(before.roles);
  for (const role of ROLES.filter((name) => before.roles.includes(name) !== after.roles.includes(name))) {
    if (may.roles.includes(role)) continue;
    if (keeper === 'system-admin') throw kept(keeperOf([role]));
    throw may.account ? noFurtherRole(role) : kept(keeper);
  }
  const isLetIn = before.disabled && !after.disabled;
  const isMoved = canonicalJson(before.domains) !== canonicalJson(after.domains);
  if ((isLetIn || isMoved || before.displayName !== after.displayName) && !may.account) throw kept(keeper);
  if (!before.disabled && after.disabled && !may.disable) throw kept('system-admin');
  requireAllOfFirst(
    after.roles.filter((role) => !before.roles.includes(role)),
    after.domains,
    all,
  );
}

/** ACCOUNT_OWN, ACCOUNT_KEPT unless a new password may be given. */
export function checkReset(actor: Actor, account: Pick<Account, 'name' | 'roles'>): void {
  refuseOneself(actor, account.name);
  const keeper = keeperOf(account.roles);
  if (!isKeeper(actor, keeper)) throw kept(keeper);
}

/**
 * ACCOUNT_OWN, ACCOUNT_KEPT unless the person may end sessions of the account: its keeper may, and so may anyone who
 * could disable it.
 */
export function checkEnd(actor: Actor, account: Pick<Account, 'name' | 'roles'>): void {
  refuseOneself(actor, account.name);
  const keeper = keeperOf(account.roles);
  if (!isKeeper(actor, keeper) && !isKeeper(actor, 'system-admin')) throw kept(keeper);
}

function keeperOf(roles: readonly Role[]): Role {
  return roles.find((role) => KEEP_THEMSELVES.includes(role)) ?? 'system-admin';
}

/** The process itself keeps every account: the person who starts it controls the machine and the keys. */
function isKeeper({ via, roles }: Actor, keeper: Role): boolean {
  return via === 'system' || roles.includes(keeper);
}

/** People cannot give themselves a role or lock themselves out: that takes a second person. */
function refuseOneself({ account }: Actor, name: string): void {
  if (account !== name) return;
  throw new AppError('ACCOUNT_OWN', 'input', 'Nobody changes his own account here.', {
    fix: 'Ask another administrator of the same kind.',
  });
}

function kept(keeper: Role): AppError {
  const message =
    keeper === 'system-admin'
      ? 'This is done by a system administrator.'
      : `The role ${keeper}, and accounts that hold it, are in the hands of those who hold it themselves (三员分立).`;
  const lost =
    keeper === 'system-admin' ? '' : ' When nobody of them can log in: `kangqiao start --reset-password ACCOUNT` at the machine.';
  return new AppError('ACCOUNT_KEPT', 'input', message, {
    values: { problem: keeper },
    fix: `Ask somebody who holds the role ${keeper}.${lost}`,
  });
}

function noFurtherRole(role: Role): AppError {
  return new AppError('ACCOUNT_KEPT', 'input', `An account of a security or audit administrator is given no further role (${role}).`, {
    values: { problem: 'further', role },
    fix: 'Take its role of administrator away, let the system administrator give it the other one, and give it back.',
  });
}
