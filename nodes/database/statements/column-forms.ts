/** Types whose values a database takes in another form than that in which rows are read (see `Row`). */
import type { SqlValue } from '../drivers/driver.ts';
import { utcTimestamp } from '../drivers/values.ts';

export interface ColumnForm {
  /** Lists the columns of such a type, as `column_name`, and what `convert` needs. Its values are schema and table. */
  readonly columns: string;
  /** Whether the database distinguishes upper and lower case in names of columns. */
  readonly hasCase: boolean;
  /** Returns whether a value has the form in which such a column is read. */
  isRead(value: SqlValue): value is string;
  convert(value: string, detail: unknown): SqlValue;
}

const ZONED = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/;

/** MySQL and MariaDB take a TIMESTAMP in the time zone of the session only. `detail` is that zone, such as +08:00. */
export const ZONED_TIMESTAMP: ColumnForm = {
  columns: `SELECT COLUMN_NAME AS column_name, @@session.time_zone AS detail FROM information_schema.columns
    WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? AND DATA_TYPE = 'timestamp'`,
  hasCase: false,
  isRead: (value): value is string => typeof value === 'string' && ZONED.test(value),
  convert(value, detail) {
    const zone = String(detail);
    const opposite = (zone.startsWith('-') ? '+' : '-') + zone.slice(1);
    return utcTimestamp(utcTimestamp(value).replace('Z', opposite)).replace('Z', '');
  },
};

/** PostgreSQL takes an array as `{1,2}`. */
export const JSON_ARRAY: ColumnForm = {
  columns: `SELECT attname AS column_name, '' AS detail FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass(COALESCE(quote_ident($1) || '.', '') || quote_ident($2)) AND attnum > 0
      AND (SELECT typcategory FROM pg_catalog.pg_type t WHERE t.oid = atttypid) = 'A'`,
  hasCase: true,
  isRead: (value): value is string => typeof value === 'string' && value.startsWith('['),
  convert(value) {
    try {
      return arrayLiteral(JSON.parse(value));
    } catch {
      return value;
    }
  },
};

function arrayLiteral(value: unknown): string {
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return `{${value.map(arrayLiteral).join(',')}}`;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
