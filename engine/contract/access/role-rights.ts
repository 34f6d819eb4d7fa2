/**
 * The rights of each role. The system, security and audit administrator roles exclude each other (三权分立). The system
 * administrator can neither give callers access nor read the audit log. The security administrator cannot edit or
 * publish flows. The audit administrator reads the audit log and changes nothing except accounts. Each of the three
 * edits accounts; `account-keepers.ts` says which ones. Only the security administrator edits credentials: flow
 * authors use them through adapters and cannot send them to other systems.
 */
import type { Permission, Role } from './access.ts';

const READING: readonly Permission[] = [
  'flows.read',
  'adapters.read',
  'interfaces.read',
  'callers.read',
  'brokers.read',
  'executions.read',
  'tables.read',
  'system.read',
];

export const ROLE_RIGHTS: Readonly<Record<Role, readonly Permission[]>> = {
  'system-admin': [
    ...READING,
    'accounts.read',
    'accounts.edit',
    'system.edit',
    'brokers.edit',
    'brokers.purge',
    'extensions.edit',
    'gateways.drain',
    'archive.run',
    'alarms.acknowledge',
    'alarms.edit',
  ],
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
    'extensions.approve',
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
    'brokers.edit',
    'executions.payload',
  ],
  operator: [
    ...READING,
    'adapters.test',
    'interfaces.publish',
    'gateways.drain',
    'brokers.edit',
    'executions.payload',
    'executions.retry',
    'executions.cancel',
    'archive.run',
    'alarms.acknowledge',
  ],
  viewer: READING,
};

/** Returns the roles that include this right. */
export function rolesWith(right: Permission): readonly Role[] {
  return (Object.keys(ROLE_RIGHTS) as Role[]).filter((role) => ROLE_RIGHTS[role].includes(right));
}
