/** The names of rights, fronts and levels. Control, gateways and designer all use this one list. */

export const FRONTS = ['open', 'user', 'bus'] as const;
export type Front = (typeof FRONTS)[number];

/**
 * Which bodies an access log line contains besides its metadata: `in` the request (入参), `out` the response (出参), `full`
 * both (全参), `none` neither of the two (禁止).
 */
export const LOG_LEVELS = ['in', 'out', 'full', 'none'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The rights, named `area.action`. Only `control/action` checks them. */
export const PERMISSIONS = [
  'flows.read',
  'flows.edit',
  'flows.publish',
  'flows.delete',
  'adapters.read',
  'adapters.edit',
  'adapters.test',
  'secrets.edit',
  'secrets.reveal',
  'outbound.edit',
  'interfaces.read',
  'interfaces.edit',
  'interfaces.publish',
  'callers.read',
  'callers.edit',
  'grants.edit',
  'gateways.drain',
  'brokers.read',
  'brokers.edit',
  'brokers.purge',
  'executions.read',
  'executions.payload',
  'executions.retry',
  'executions.cancel',
  'archive.run',
  'tables.read',
  'tables.edit',
  'accounts.read',
  'accounts.edit',
  'audit.read',
  'system.read',
  'system.edit',
  'integrity.decide',
  'extensions.edit',
  'extensions.approve',
  'alarms.acknowledge',
  'alarms.edit',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** The roles. One account can have only one of the three administrator roles (三权分立). */
export const ROLES = ['system-admin', 'security-admin', 'audit-admin', 'analyst', 'operator', 'viewer'] as const;
export type Role = (typeof ROLES)[number];
