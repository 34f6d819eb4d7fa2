/**
 * Roles and what they may do. System, security and audit administrator exclude each other (三权分立): the one who runs the system
 * neither grants access nor edits the trail; the one who grants access cannot publish; the one who reads the trail changes nothing.
 * Each of them edits accounts, and `account-keepers.ts` says which.
 * Secrets are the security administrator's: who draws flows uses them through adapters, and leads none elsewhere.
 */
import { PERMISSIONS, type Permission, type Role } from '../../engine/contract/access.ts';
import { AppError } from '../../engine/contract/errors.ts';

const READING: readonly Permission[] = [
  'flows.read',
  'adapters.read',
  'interfaces.read',
  'callers.read',
  'executions.read',
  'tables.read',
  'system.read',
];

const GRANTED: Readonly<Record<Role, readonly Permission[]>> = {
  'system-admin': [...READING, 'accounts.read', 'accounts.edit', 'system.edit', 'archive.run', 'alarms.acknowledge', 'alarms.edit'],
  'security-admin': [
    ...READING,
    'accounts.read',
    'accounts.edit',
    'callers.edit',
    'grants.edit',
    'secrets.edit',
    'secrets.reveal',
    'outbound.edit',
    'integrity.decide',
  ],
  'audit-admin': ['system.read', 'accounts.read', 'accounts.edit', 'audit.read'],
  analyst: [
    ...READING,
    'flows.edit',
    'flows.publish',
    'flows.delete',
    'adapters.edit',
    'adapters.test',
    'tables.edit',
    'interfaces.edit',
    'interfaces.publish',
    'executions.payload',
  ],
  operator: [
    ...READING,
    'adapters.test',
    'interfaces.publish',
    'executions.payload',
    'executions.retry',
    'executions.cancel',
    'archive.run',
    'alarms.acknowledge',
  ],
  viewer: READING,
};

const EXCLUSIVE: readonly Role[] = ['system-admin', 'security-admin', 'audit-admin'];

/** The process itself may do everything but read the trail and reveal a secret. */
const SYSTEM: ReadonlySet<Permission> = new Set(
  PERMISSIONS.filter((name) => !['audit.read', 'secrets.reveal', 'integrity.decide'].includes(name)),
);

/** Everything that these roles may do together. */
export function permissionsOf(roles: readonly Role[]): ReadonlySet<Permission> {
  return new Set(roles.flatMap((role) => GRANTED[role]));
}

/** A token with named rights has those of them that the roles of its owner give today. */
export function isAllowed(
  { roles, via, rights }: { readonly roles: readonly Role[]; readonly via: string; readonly rights?: readonly Permission[] },
  permission: Permission,
): boolean {
  if (via === 'system') return SYSTEM.has(permission);
  return (rights?.includes(permission) ?? true) && roles.some((role) => GRANTED[role].includes(permission));
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
