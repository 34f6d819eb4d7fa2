import { MAX_COLUMNS, type Column, type ColumnForm, type Row } from '../driver.ts';

/** Tables and views of the database that the user may read, with what MS_Description says of the table. */
export const COLUMNS = `SELECT TOP (${MAX_COLUMNS}) s.name AS [schema], o.name AS [table], o.type AS kind,
    CAST(e.value AS nvarchar(1000)) AS about, c.name AS name, t.name AS type, c.precision AS digits, c.scale AS scale,
    c.max_length AS size, c.is_nullable AS nullable,
    CASE WHEN EXISTS (SELECT 1 FROM sys.indexes i
      JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id
      WHERE i.object_id = o.object_id AND i.is_primary_key = 1 AND k.column_id = c.column_id) THEN 1 ELSE 0 END AS [key]
  FROM sys.columns c
  JOIN sys.objects o ON o.object_id = c.object_id AND o.type IN ('U', 'V') AND o.is_ms_shipped = 0
  JOIN sys.schemas s ON s.schema_id = o.schema_id
  JOIN sys.types t ON t.user_type_id = c.user_type_id
  LEFT JOIN sys.extended_properties e ON e.class = 1 AND e.major_id = o.object_id AND e.minor_id = 0 AND e.name = 'MS_Description'
  ORDER BY s.name, o.name, c.column_id`;

export function toColumns(rows: readonly Row[]): readonly Column[] {
  return rows.map(({ schema, table, kind, about, name, type, digits, scale, size, nullable, key }) => ({
    schema: String(schema),
    table: String(table),
    kind: String(kind).trim() === 'V' ? 'view' : 'table',
    ...(typeof about === 'string' && about !== '' ? { about } : {}),
    name: String(name),
    type: typeOf(String(type), Number(digits), Number(scale), Number(size)),
    form: formOf(String(type)),
    isNullable: nullable === true,
    isKey: key === 1,
  }));
}

function typeOf(type: string, digits: number, scale: number, size: number): string {
  if (/^(decimal|numeric)$/.test(type)) return `${type}(${digits},${scale})`;
  if (/^(var)?(char|binary)$/.test(type)) return `${type}(${size === -1 ? 'max' : size})`;
  if (/^n(var)?char$/.test(type)) return `${type}(${size === -1 ? 'max' : size / 2})`;
  return type;
}

const FORMS: readonly (readonly [RegExp, ColumnForm])[] = [
  [/^bit$/, 'boolean'],
  [/^(tinyint|smallint|int|bigint)$/, 'integer'],
  [/^(decimal|numeric|money|smallmoney)$/, 'decimal'],
  [/^(float|real)$/, 'number'],
  [/^date$/, 'date'],
  [/^(smalldatetime|datetime|datetime2|datetimeoffset)$/, 'timestamp'],
  [/^(binary|varbinary|image|timestamp|rowversion|geometry|geography|hierarchyid)$/, 'bytes'],
];

function formOf(type: string): ColumnForm {
  return FORMS.find(([pattern]) => pattern.test(type))?.[1] ?? 'text';
}
