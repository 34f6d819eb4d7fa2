/**
 * Roles and their rights. System, security and audit administrator exclude each other (三权分立). The one who runs the
 * system neither grants access nor edits the trail. The one who grants access cannot publish. The one who reads the
 * trail changes nothing. Each of them edits accounts; `account-keepers.ts` says which. Credentials belong to the
 * security administrator: flow authors use them through adapters, and cannot send them elsewhere.
 */
import type { Permission, Role } from './access.ts';

const READING: readonly Permission[] = [
  'flows.read',
  'adapters.read',
  'interfaces.read',
  'callers.read',
  'executions.read',
  'tables.read',
  'system.read',
];

export const ROLE_RIGHTS: Readonly<Record<Role, readonly Permission[]>> = {
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

/** The roles that grant this right on their own. */
export function rolesWith(right: Permission): readonly Role[] {
  return (Object.keys(ROLE_RIGHTS) as Role[]).filter((role) => ROLE_RIGHTS[role].includes(right));
}
