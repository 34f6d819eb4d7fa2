import type { ClientBase, ClientConfig } from 'pg';
import type { PostgresTarget } from './parse-address.ts';

export interface Access {
  readonly target: PostgresTarget;
  readonly password: string | undefined;
  readonly ca: string | undefined;
}

const CONNECT_MS = 3000;
const KEEP_ALIVE_MS = 5000;
/**
 * Settings of every session. Rows are always found by an index, even if the table has grown since its statistics were
 * made. Waits for locks are short. The server rolls back unfinished transactions of broken connections.
 */
const SESSION = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
  random_page_cost: '1.1',
  lock_timeout: '3000',
  statement_timeout: '25000',
  idle_in_transaction_session_timeout: '5000',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
};

export function connectionSettings({ target, password, ca }: Access): ClientConfig {
  const { host, port, user, database, isEncrypted } = target;
  return {
    host,
    port,
    user,
    database,
    // Without a password, pass an empty one: otherwise the driver looks for a password in the environment and in
    // files of this machine.
    password: password ?? '',
    ssl: isEncrypted ? { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) } : false,
    application_name: 'kangqiao',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  };
}

/** Sets the session settings, except those that the server does not know (openGauss and KingbaseES lack some). */
export async function prepareSession(client: ClientBase): Promise<void> {
  const names = Object.keys(SESSION);
  const rows = names.map((_, i) => `($${2 * i + 1}, $${2 * i + 2})`).join(', ');
  await client.query(
    `SELECT set_config(s.name, v.value, false) FROM (VALUES ${rows}) AS v (name, value) JOIN pg_settings s ON s.name = v.name`,
    Object.entries(SESSION).flat(),
  );
}
