/** The databases that an adapter can choose. A driver and its client library are loaded when they are first used. */
import { MYSQL, POSTGRESQL, type SqlSyntax } from '../sql/syntax.ts';
import type { Driver } from './driver.ts';

export interface DatabaseEngine {
  readonly port: number;
  readonly syntax: SqlSyntax;
  load(): Promise<Driver>;
}

export const ENGINES = {
  postgresql: { port: 5432, syntax: POSTGRESQL, load: async () => (await import('./postgresql.ts')).default },
  mysql: { port: 3306, syntax: MYSQL, load: async () => (await import('./mysql.ts')).default },
  mariadb: { port: 3306, syntax: MYSQL, load: async () => (await import('./mysql.ts')).default },
} as const satisfies Readonly<Record<string, DatabaseEngine>>;
export type EngineName = keyof typeof ENGINES;
