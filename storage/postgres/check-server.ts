import type { ClientBase } from 'pg';
import type { Logger } from '../../engine/contract/values/observe.ts';
import { incompatible } from '../shared/server-address.ts';

const OLDEST = 120_000;
/** Servers that use the protocol of PostgreSQL, but have other version numbers. */
const RELATIVES = /openGauss|Kingbase/i;

export interface ServerTraits {
  /**
   * The value of `synchronous_commit` for a durable commit: the setting of the server, but `on` instead of `off` or
   * `local`.
   */
  readonly fullCommit: string;
  /** openGauss has a different clause for skipping existing rows, and does not report which rows were skipped. */
  readonly hasOnConflict: boolean;
  /**
   * Whether the server's jsonb can remove fields from a document. openGauss and KingbaseES have different versions of
   * jsonb.
   */
  readonly cutsJson: boolean;
}

/** Checks the server. Rejects with STORE_INCOMPATIBLE (input) if its version or settings cannot be used. */
export async function checkServer(client: ClientBase, logger: Logger): Promise<ServerTraits> {
  const { rows } = await client.query<{
    version: string;
    number: string;
    encoding: string;
    commit: string;
    fsync: string;
    standby: boolean;
  }>(
    `SELECT version() AS version, current_setting('server_version_num') AS number, current_setting('server_encoding') AS encoding,
       current_setting('synchronous_commit') AS commit, current_setting('fsync') AS fsync, pg_is_in_recovery() AS standby`,
  );
  const { version, number, encoding, commit, fsync, standby } = rows[0]!;
  if (Number(number) < OLDEST && !RELATIVES.test(version)) {
    throw incompatible('PostgreSQL', `version ${version.split(' ')[1] ?? number}`, 'version 12 or newer', 'Upgrade the server.');
  }
  if (encoding !== 'UTF8') {
    throw incompatible('PostgreSQL', `a database in ${encoding}`, 'one in UTF8', "Create the database with ENCODING 'UTF8'.");
  }
  if (standby) throw incompatible('PostgreSQL', 'a read-only standby', 'the primary', 'Point the address to the primary server.');
  if (fsync === 'off') logger.warn('postgres.fsync-off', { fix: 'A power cut may damage the database: set fsync = on.' });
  return {
    fullCommit: ['off', 'local'].includes(commit) ? 'on' : 'DEFAULT',
    hasOnConflict: !/openGauss/i.test(version),
    cutsJson: !RELATIVES.test(version),
  };
}
