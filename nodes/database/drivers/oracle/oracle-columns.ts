import { MAX_COLUMNS, type Column, type ColumnForm, type Row } from '../driver.ts';

/** Tables and views that the user may read, without those of the database itself. */
export const COLUMNS = `SELECT c.owner AS "schema", c.table_name AS "table", o.object_type AS "kind", t.comments AS "about",
    c.column_name AS "name", c.data_type AS "type", c.data_precision AS "digits", c.data_scale AS "scale", c.char_length AS "size",
    c.nullable AS "nullable",
    CASE WHEN EXISTS (SELECT 1 FROM all_constraints k
      JOIN all_cons_columns kc ON kc.owner = k.owner AND kc.constraint_name = k.constraint_name
      WHERE k.constraint_type = 'P' AND k.owner = c.owner AND k.table_name = c.table_name AND kc.column_name = c.column_name)
      THEN 1 ELSE 0 END AS "key"
  FROM all_tab_columns c
  JOIN all_objects o ON o.owner = c.owner AND o.object_name = c.table_name AND o.object_type IN ('TABLE', 'VIEW')
  JOIN all_users u ON u.username = c.owner AND u.oracle_maintained = 'N'
  LEFT JOIN all_tab_comments t ON t.owner = c.owner AND t.table_name = c.table_name
  ORDER BY c.owner, c.table_name, c.column_id FETCH FIRST ${MAX_COLUMNS} ROWS ONLY`;

export function toColumns(rows: readonly Row[]): readonly Column[] {
  return rows.map(({ schema, table, kind, about, name, type, digits, scale, size, nullable, key }) => ({
    schema: String(schema),
    table: String(table),
    kind: kind === 'VIEW' ? 'view' : 'table',
    ...(typeof about === 'string' && about !== '' ? { about } : {}),
    name: String(name),
    type: typeOf(String(type), digits, scale, size),
    form: formOf(String(type), scale),
    isNullable: nullable === 'Y',
    isKey: key === 1,
  }));
}

function typeOf(type: string, digits: unknown, scale: unknown, size: unknown): string {
  if (type === 'NUMBER' && typeof digits === 'number') return `NUMBER(${digits},${Number(scale ?? 0)})`;
  return /CHAR/.test(type) && Number(size) > 0 ? `${type}(${Number(size)})` : type;
}

const FORMS: readonly (readonly [RegExp, ColumnForm])[] = [
  [/^BOOLEAN$/, 'boolean'],
  [/^(NUMBER|FLOAT)$/, 'decimal'],
  [/^BINARY_(FLOAT|DOUBLE)$/, 'number'],
  [/^(DATE|TIMESTAMP.*)$/, 'timestamp'],
  [/^(RAW|LONG RAW|BLOB)$/, 'bytes'],
  [/^JSON$/, 'json'],
];

function formOf(type: string, scale: unknown): ColumnForm {
  if (type === 'NUMBER' && scale === 0) return 'integer';
  return FORMS.find(([pattern]) => pattern.test(type))?.[1] ?? 'text';
}
