import oracledb, { type BindParameter, type DbType, type FetchTypeResponse } from 'oracledb';
import type { SqlValue } from '../driver.ts';
import { base64, exactNumber, floatNumber, shortestFloat } from '../values.ts';

const AS_TEXT: ReadonlySet<unknown> = new Set([
  oracledb.DB_TYPE_NUMBER,
  oracledb.DB_TYPE_CLOB,
  oracledb.DB_TYPE_NCLOB,
  oracledb.DB_TYPE_LONG,
  oracledb.DB_TYPE_LONG_NVARCHAR,
]);

/** How the client fetches a column: numbers with all their digits, and long values whole. */
export function fetchedAs({ dbType }: { readonly dbType?: unknown }): FetchTypeResponse | undefined {
  if (AS_TEXT.has(dbType)) return { type: oracledb.STRING };
  return dbType === oracledb.DB_TYPE_BLOB ? { type: oracledb.BUFFER } : undefined;
}

/** What the database says of a column. */
export interface OracleColumn {
  readonly name: string;
  readonly dbType?: DbType | undefined;
}

type Read = (value: unknown) => unknown;

/** Returns how the values of a column are turned into the forms of `Row`. Times were made into text already. */
export function readerOf({ dbType }: Pick<OracleColumn, 'dbType'>): Read {
  switch (dbType) {
    case oracledb.DB_TYPE_NUMBER:
      return (value) => exactNumber(String(value));
    case oracledb.DB_TYPE_BINARY_DOUBLE:
      return (value) => floatNumber(value as number);
    case oracledb.DB_TYPE_BINARY_FLOAT:
      return (value) => (Number.isFinite(value) ? shortestFloat(value as number) : floatNumber(value as number));
    case oracledb.DB_TYPE_JSON:
      return (value) => value;
    default:
      return textOf;
  }
}

function textOf(value: unknown): unknown {
  if (value instanceof Uint8Array) return base64(value);
  if (typeof value === 'object' && value !== null) return JSON.stringify(value);
  return value;
}

/** Oracle before 23 has no booleans: they are 1 and 0. */
export function toBinds(values: readonly SqlValue[]): Record<string, BindParameter> {
  return Object.fromEntries(values.map((value, index) => [`kq${index + 1}`, toBind(value)]));
}

function toBind(value: SqlValue): BindParameter {
  if (typeof value === 'boolean') return { val: value ? 1 : 0, type: oracledb.NUMBER };
  if (typeof value === 'number') return { val: value, type: oracledb.NUMBER };
  if (value instanceof Uint8Array) return { val: Buffer.from(value), type: oracledb.BUFFER };
  return { val: value, type: oracledb.STRING };
}
