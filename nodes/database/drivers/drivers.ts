/** The databases that an adapter can choose. A driver and its client library are loaded when they are first used. */
import { MYSQL, POSTGRESQL, SQLITE, type SqlSyntax } from '../sql/syntax.ts';
import type { WireFormat } from '../../shared/probe/wire-formats.ts';
import type { Driver } from './driver.ts';

export interface DatabaseEngine {
  /** Absent for a database in a file. */
  readonly port?: number;
  readonly syntax: SqlSyntax;
  /** How a login looks on the wire. */
  readonly wire: WireFormat;
  load(): Promise<Driver>;
}

const ALL = {
  postgresql: { port: 5432, syntax: POSTGRESQL, wire: 'postgresql', load: async () => (await import('./postgresql.ts')).default },
  mysql: { port: 3306, syntax: MYSQL, wire: 'binary', load: async () => (await import('./mysql.ts')).default },
  mariadb: { port: 3306, syntax: MYSQL, wire: 'binary', load: async () => (await import('./mysql.ts')).default },
  sqlite: { syntax: SQLITE, wire: 'binary', load: async () => (await import('./sqlite.ts')).default },
} as const satisfies Readonly<Record<string, DatabaseEngine>>;
export type EngineName = keyof typeof ALL;

export const ENGINES: Readonly<Record<EngineName, DatabaseEngine>> = ALL;
