/** Who may do what, by their roles (`role-rights.ts`), and which roles exclude each other. */
import { PERMISSIONS, type Permission, type Role } from '../../engine/contract/access/access.ts';
import { AppError } from '../../engine/contract/values/errors.ts';
import { ROLE_RIGHTS } from '../../engine/contract/access/role-rights.ts';

const EXCLUSIVE: readonly Role[] = ['system-admin', 'security-admin', 'audit-admin'];

/** The process itself may do everything but read the trail and reveal a secret. */
const SYSTEM: ReadonlySet<Permission> = new Set(
  PERMISSIONS.filter((name) => !['audit.read', 'secrets.reveal', 'integrity.decide'].includes(name)),
);

/** Everything that these roles may do together. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => ROLE_RIGHTS[role]));
}

/** A token with named rights has those of them that the roles of its owner give today. */
export function isAllowed(
  { roles, via, rights }: { readonly roles: readonly Role[]; readonly via: string; readonly rights?: readonly Permission[] },
  permission: Permission,
): boolean {
  if (via === 'system') return SYSTEM.has(permission);
  return (rights?.includes(permission) ?? true) && roles.some((role) => ROLE_RIGHTS[role].includes(permission));
}

/** ACCOUNT_ROLES_EXCLUSIVE when two of the three administrators meet in one person. */
export function checkRoles(roles: readonly Role[]): void {
  const both = roles.filter((role) => EXCLUSIVE.includes(role));
  if (new Set(both).size < 2) return;
  throw new AppError('ACCOUNT_ROLES_EXCLUSIVE', 'input', `One person cannot be ${both.join(' and ')} at once (三权分立).`, {
    values: { roles: both.join('、') },
    fix: 'Give these roles to different accounts.',
  });
}
