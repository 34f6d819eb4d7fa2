/** Names of rights, fronts and levels: one list for control, gateways and designer. */

export const FRONTS = ['open', 'user', 'bus'] as const;
export type Front = (typeof FRONTS)[number];

/** 入参 / 出参 / 全参 / 禁止: which bodies an access log line includes besides its metadata. */
export const LOG_LEVELS = ['in', 'out', 'full', 'none'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** `area.action`; checked in one place (`control/action`). */
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
  'alarms.acknowledge',
  'alarms.edit',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Roles; the three administrators are mutually exclusive (三权分立). */
export const ROLES = ['system-admin', 'security-admin', 'audit-admin', 'analyst', 'operator', 'viewer'] as const;
export type Role = (typeof ROLES)[number];
