/** What each role may do (`role-rights.ts`), and which roles exclude each other. */
import { PERMISSIONS, type Permission, type Role } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { ROLE_RIGHTS } from '../../engine/contract/access/role-rights.ts';

const EXCLUSIVE: readonly Role[] = ['system-admin', 'security-admin', 'audit-admin'];

/** The process itself may do everything except read the audit trail, reveal a secret and decide on integrity. */
const SYSTEM: ReadonlySet<Permission> = new Set(
  PERMISSIONS.filter((name) => !['audit.read', 'secrets.reveal', 'integrity.decide'].includes(name)),
);

/** Everything that these roles together may do. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => ROLE_RIGHTS[role]));
}

/** A token with named rights has those that its owner's roles still include today. */
export function isAllowed(
  { roles, via, rights }: { readonly roles: readonly Role[]; readonly via: string; readonly rights?: readonly Permission[] },
  permission: Permission,
): boolean {
  if (via === 'system') return SYSTEM.has(permission);
  return (rights?.includes(permission) ?? true) && roles.some((role) => ROLE_RIGHTS[role].includes(permission));
}

/** ACCOUNT_ROLES_EXCLUSIVE when one person would hold two of the three administrator roles. */
export function checkRoles(roles: readonly Role[]): void {
  const both = roles.filter((role) => EXCLUSIVE.includes(role));
  if (new Set(both).size < 2) return;
  throw new AppError('ACCOUNT_ROLES_EXCLUSIVE', 'input', `One person cannot be ${both.join(' and ')} at once (三权分立).`, {
    values: { roles: both.join('、') },
    fix: 'Give these roles to different accounts.',
  });
}
