import type { Client } from 'pg';
import { MAX_COLUMNS, type Column, type ColumnForm } from './driver.ts';

/** Tables, views, materialised views, partitioned and foreign tables that the user may read; not the server's own. */
const COLUMNS = `SELECT n.nspname AS schema, c.relname AS table, c.relkind IN ('v', 'm') AS "isView",
    obj_description(c.oid, 'pg_class') AS about, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
    NOT a.attnotnull AS "isNullable", COALESCE(a.attnum = ANY(k.conkey), false) AS "isKey"
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'p'
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND has_column_privilege(c.oid, a.attnum, 'SELECT')
  ORDER BY n.nspname, c.relname, a.attnum LIMIT $1`;

interface ColumnRow {
  readonly schema: string;
  readonly table: string;
  readonly isView: boolean;
  readonly about: string | null;
  readonly name: string;
  readonly type: string;
  readonly isNullable: boolean;
  readonly isKey: boolean;
}

export async function readColumns(client: Client): Promise<readonly Column[]> {
  const { rows } = await client.query<ColumnRow>(COLUMNS, [MAX_COLUMNS]);
  return rows.map(({ isView, about, ...column }) => ({
    ...column,
    kind: isView ? 'view' : 'table',
    ...(about === null ? {} : { about }),
    form: formOf(column.type),
  }));
}

const FORMS: readonly (readonly [RegExp, ColumnForm])[] = [
  [/\[\]$/, 'json'],
  [/^(smallint|integer|bigint|oid)$/, 'integer'],
  [/^numeric/, 'decimal'],
  [/^(real|double precision)$/, 'number'],
  [/^boolean$/, 'boolean'],
  [/^date$/, 'date'],
  [/^timestamp/, 'timestamp'],
  [/^bytea$/, 'bytes'],
  [/^jsonb?$/, 'json'],
];

function formOf(type: string): ColumnForm {
  return FORMS.find(([pattern]) => pattern.test(type))?.[1] ?? 'text';
}
