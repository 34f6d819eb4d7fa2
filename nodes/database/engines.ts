/** The databases that an adapter can choose. A driver and its client library are loaded when they are first used. */
import { MYSQL, ORACLE, POSTGRESQL, SQLITE, SQLSERVER, type SqlSyntax } from './sql/syntax.ts';
import type { WireFormat } from '../shared/probe/wire-formats.ts';
import type { Driver } from './drivers/driver.ts';

export interface DatabaseEngine {
  /** Absent for a database in a file. */
  readonly port?: number;
  readonly syntax: SqlSyntax;
  /** How a login looks on the wire. */
  readonly wire: WireFormat;
  load(): Promise<Driver>;
}

const ALL = {
  postgresql: { port: 5432, syntax: POSTGRESQL, wire: 'postgresql', load: async () => (await import('./drivers/postgresql.ts')).default },
  mysql: { port: 3306, syntax: MYSQL, wire: 'binary', load: async () => (await import('./drivers/mysql.ts')).default },
  mariadb: { port: 3306, syntax: MYSQL, wire: 'binary', load: async () => (await import('./drivers/mysql.ts')).default },
  sqlserver: {
    port: 1433,
    syntax: SQLSERVER,
    wire: 'binary',
    load: async () => (await import('./drivers/sqlserver/sqlserver.ts')).default,
  },
  oracle: { port: 1521, syntax: ORACLE, wire: 'binary', load: async () => (await import('./drivers/oracle/oracle.ts')).default },
  sqlite: { syntax: SQLITE, wire: 'binary', load: async () => (await import('./drivers/sqlite.ts')).default },
} as const satisfies Readonly<Record<string, DatabaseEngine>>;
export type EngineName = keyof typeof ALL;

export const ENGINES: Readonly<Record<EngineName, DatabaseEngine>> = ALL;
