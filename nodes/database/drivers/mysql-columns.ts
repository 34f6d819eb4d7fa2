import { MAX_COLUMNS, type Column, type ColumnForm } from './driver.ts';

/** Tables and views of all databases that the user may read; not the server's own. */
export const COLUMNS = `SELECT c.table_schema AS \`schema\`, c.table_name AS \`table\`, t.table_type AS kind, t.table_comment AS about,
    c.column_name AS name, c.column_type AS type, c.is_nullable AS nullable, c.column_key AS \`key\`
  FROM information_schema.columns c
  JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
  WHERE c.table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
  ORDER BY c.table_schema, c.table_name, c.ordinal_position LIMIT ${MAX_COLUMNS}`;

interface ColumnRow {
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly about: string;
  readonly name: string;
  readonly type: string;
  readonly nullable: string;
  readonly key: string;
}

export function toColumns(rows: unknown): readonly Column[] {
  return (rows as readonly ColumnRow[]).map(({ schema, table, kind, about, name, type, nullable, key }) => ({
    schema,
    table,
    kind: kind.includes('VIEW') ? 'view' : 'table',
    // A view has the comment VIEW.
    ...(about === '' || about === 'VIEW' ? {} : { about }),
    name,
    type,
    form: formOf(type),
    isNullable: nullable === 'YES',
    isKey: key === 'PRI',
  }));
}

const FORMS: readonly (readonly [RegExp, ColumnForm])[] = [
  [/^(tinyint|bit)\(1\)/, 'boolean'],
  [/^(tinyint|smallint|mediumint|int|bigint|year|bit)/, 'integer'],
  [/^decimal/, 'decimal'],
  [/^(float|double)/, 'number'],
  [/^date$/, 'date'],
  [/^(datetime|timestamp)/, 'timestamp'],
  [/^(var)?binary|blob$/, 'bytes'],
  [/^json/, 'json'],
];

function formOf(type: string): ColumnForm {
  return FORMS.find(([pattern]) => pattern.test(type))?.[1] ?? 'text';
}
