/**
 * Collections whose documents decide something: who may log in, who may call what, where messages go, which version of
 * a flow runs. A change by another program that writes to the database must not go unnoticed, so each document has a
 * mark (`create-marker.ts`).
 *
 * Not in the list: collections that are protected in another way (encrypted data keys and drafts, the audit trail with
 * its chain of hashes), and collections that only record the past.
 */
export const MARKED_COLLECTIONS: ReadonlySet<string> = new Set([
  'accounts',
  'sessions',
  'apps',
  'app_keys',
  'grants',
  'bus_consumers',
  'user_token_keys',
  'interfaces',
  'services',
  'manual_states',
  'ip_lists',
  'object_rules',
  'blocked_callers',
  'safe_sites',
  'platform_keys',
  'gateway_plans',
  'adapters',
  'secrets',
  'tables',
  'table_contents',
  'table_snapshots',
  'flow_pointers',
  'flow_versions',
  'alarm_settings',
  'alarm_silences',
  'requests',
  'request_inputs',
  'outbound_exceptions',
  'outbound_seeded',
  'extensions',
  'extension_packages',
  'publisher_keys',
]);
