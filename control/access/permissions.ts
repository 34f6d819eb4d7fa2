/** What each role may do (`role-rights.ts`), and which roles exclude each other. */
import { PERMISSIONS, type Permission, type Role } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { ROLE_RIGHTS } from '../../engine/contract/access/role-rights.ts';

const EXCLUSIVE: readonly Role[] = ['system-admin', 'security-admin', 'audit-admin'];

/**
 * The process itself may do everything, except reading the audit trail, revealing a secret and deciding about changes
 * that were made outside Kangqiao.
 */
const SYSTEM: ReadonlySet<Permission> = new Set(
  PERMISSIONS.filter((name) => !['audit.read', 'secrets.reveal', 'integrity.decide'].includes(name)),
);

/** Returns every permission that at least one of these roles gives. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => ROLE_RIGHTS[role]));
}

/**
 * Returns true if the actor has the permission. A token with named rights has only those that the roles of its owner
 * still give.
 */
export function isAllowed(
  { roles, via, rights }: { readonly roles: readonly Role[]; readonly via: string; readonly rights?: readonly Permission[] },
  permission: Permission,
): boolean {
  if (via === 'system') return SYSTEM.has(permission);
  return (rights?.includes(permission) ?? true) && roles.some((role) => ROLE_RIGHTS[role].includes(permission));
}

/** Throws ACCOUNT_ROLES_EXCLUSIVE (input) if one person would hold two of the three administrator roles. */
export function checkRoles(roles: readonly Role[]): void {
  const both = roles.filter((role) => EXCLUSIVE.includes(role));
  if (new Set(both).size < 2) return;
  throw new AppError('ACCOUNT_ROLES_EXCLUSIVE', 'input', `One person cannot be ${both.join(' and ')} at once (三权分立).`, {
    values: { roles: both.join('、') },
    fix: 'Give these roles to different accounts.',
  });
}
