/**
 * Rules for who may change an account (decision 0027). Only security administrators may give the role of security
 * administrator. Only they may change or re-enable an account that has this role, or reset its password. The same rule
 * applies to audit administrators. System administrators manage all other accounts.
 * Managing accounts requires all domains. The first security administrator and the first audit administrator must
 * therefore have all domains; otherwise nobody could create a second one.
 */
import { ROLES, type Role } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { canonicalJson } from '../audit/canonical-json.ts';
import type { Account } from '../auth/account-store.ts';
import type { Actor } from '../access/actor.ts';

const KEEP_THEMSELVES: readonly Role[] = ['security-admin', 'audit-admin'];

export type Holder = Pick<Account, 'name' | 'roles' | 'domains' | 'disabled'>;

/** The changes that the acting person may make to one account. */
export interface MayChange {
  /**
   * The person may change display name, domains and password, enable the account again, and remove any of its roles.
   */
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
 * Returns the roles that the acting person may give: those whose holders they manage. System administrators may also
 * give a role if nobody holds it with all domains.
 */
export function rolesToGive(actor: Actor, all: readonly Holder[]): readonly Role[] {
  const isFirst = (role: Role) => isKeeper(actor, 'system-admin') && hasNoKeeper(role, all);
  return ROLES.filter((role) => isKeeper(actor, keeperOf([role])) || isFirst(role));
}

/**
 * Returns true if no holder of the role has all domains. Only people with all domains may manage accounts, so no holder
 * of the role could give it to others.
 */
function hasNoKeeper(role: Role, all: readonly Holder[]): boolean {
  return !all.some(({ roles, domains }) => roles.includes(role) && domains === 'all');
}

/**
 * Throws ACCOUNT_KEPT or ACCOUNT_FIRST_DOMAINS (input) unless the actor may create an account with these roles and
 * domains.
 */
export function checkCreate(actor: Actor, { roles, domains }: Pick<Account, 'roles' | 'domains'>, all: readonly Holder[]): void {
  const given = rolesToGive(actor, all);
  for (const role of roles) if (!given.includes(role)) throw kept(keeperOf([role]));
  if (roles.length === 0 && !isKeeper(actor, 'system-admin')) throw kept('system-admin');
  requireAllOfFirst(roles, domains, all);
}

function requireAllOfFirst(given: readonly Role[], domains: Account['domains'], all: readonly Holder[]): void {
  const first = given.find((role) => KEEP_THEMSELVES.includes(role) && hasNoKeeper(role, all));
  if (first === undefined || domains === 'all') return;
  throw new AppError(
    'ACCOUNT_FIRST_DOMAINS',
    'input',
    `The first ${first} must have all domains, because otherwise no one could create a second one.`,
    {
      values: { role: first },
      fix: 'Give this account all domains; the accounts that it creates may have fewer.',
    },
  );
}

type Change = Pick<Account, 'displayName' | 'roles' | 'domains' | 'disabled'>;

/** Throws ACCOUNT_OWN, ACCOUNT_KEPT or ACCOUNT_FIRST_DOMAINS (input) unless the actor may make this change. */
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

/** Throws ACCOUNT_OWN or ACCOUNT_KEPT (input) unless the actor may set a new password for the account. */
export function checkReset(actor: Actor, account: Pick<Account, 'name' | 'roles'>): void {
  refuseOneself(actor, account.name);
  const keeper = keeperOf(account.roles);
  if (!isKeeper(actor, keeper)) throw kept(keeper);
}

/**
 * Throws ACCOUNT_OWN or ACCOUNT_KEPT (input) unless the actor may end sessions of the account. The administrators who
 * manage the account may do so. Every system administrator may do so too, because they could also disable the account.
 */
export function checkEnd(actor: Actor, account: Pick<Account, 'name' | 'roles'>): void {
  refuseOneself(actor, account.name);
  const keeper = keeperOf(account.roles);
  if (!isKeeper(actor, keeper) && !isKeeper(actor, 'system-admin')) throw kept(keeper);
}

function keeperOf(roles: readonly Role[]): Role {
  return roles.find((role) => KEEP_THEMSELVES.includes(role)) ?? 'system-admin';
}

/**
 * Returns true if the actor is the process itself or has the role `keeper`. The process may manage every account,
 * because the person who starts it controls the machine and the keys.
 */
function isKeeper({ via, roles }: Actor, keeper: Role): boolean {
  return via === 'system' || roles.includes(keeper);
}

/**
 * Throws ACCOUNT_OWN (input) if the account is the actor's own. Nobody can give themselves a role or lock themselves
 * out; another person must do it.
 */
function refuseOneself({ account }: Actor, name: string): void {
  if (account !== name) return;
  throw new AppError('ACCOUNT_OWN', 'input', 'You cannot change your own account here.', {
    fix: 'Ask another administrator of the same kind.',
  });
}

function kept(keeper: Role): AppError {
  const message =
    keeper === 'system-admin'
      ? 'Only a system administrator can do this.'
      : `The role ${keeper}, and accounts that hold it, are in the hands of those who hold it themselves (三员分立).`;
  const lost =
    keeper === 'system-admin' ? '' : ' If none of them can log in, run `kangqiao start --reset-password ACCOUNT` on the machine.';
  return new AppError('ACCOUNT_KEPT', 'input', message, {
    values: { problem: keeper },
    fix: `Ask someone who has the role ${keeper}.${lost}`,
  });
}

function noFurtherRole(role: Role): AppError {
  return new AppError('ACCOUNT_KEPT', 'input', `An account of a security or audit administrator cannot get another role (${role}).`, {
    values: { problem: 'further', role },
    fix: 'Remove its administrator role, let the system administrator give it the other role, then give the administrator role back.',
  });
}
