/** How each database writes rows. Names are quoted, and values are placeholders. */
import { quoteName, type SqlSyntax } from '../sql/syntax.ts';
import { JSON_ARRAY, ZONED_TIMESTAMP, type ColumnForm } from './column-forms.ts';
import type { SqlValue, Statement } from '../drivers/driver.ts';

export interface Table {
  /** Absent: the default schema of the user. */
  readonly schema?: string | undefined;
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly isKey: boolean }[];
}

/** The values of a row, by column in the order of the table's columns. */
export type Values = readonly SqlValue[];

export interface WriteDialect {
  /** Maximum number of rows, and of values, of one INSERT. */
  readonly maxRows: number;
  readonly maxValues: number;
  /** `conflict`: ON CONFLICT; `duplicate`: ON DUPLICATE KEY UPDATE; `merge`: MERGE. */
  readonly upsert: 'conflict' | 'duplicate' | 'merge';
  /** How an INSERT returns columns of its rows; absent if it cannot. */
  readonly returning?: 'returning' | 'output';
  /**
   * Returns a condition that is true if the column has this value, or both are NULL. Numbers, dates and so on are compared
   * as values of the column's type, text character by character: its collation may count different text as equal.
   * Each call of `value` returns the placeholder of the value. `table` and `column` are quoted names.
   */
  same(column: string, value: () => string, table: string): string;
  /**
   * Lists the columns of all unique indexes, as `index_name` and `column_name`, which is NULL for a part that is no whole
   * column. Its values are schema and table. Absent if the statements name the key columns, so that the database checks them.
   */
  readonly uniqueIndexes?: string;
  /** Values that the database takes in another form than `Row` has them. Absent if there are none. */
  readonly columnForm?: ColumnForm;
  /** Returns the start of a SELECT that returns at most so many rows, and its end. */
  limit(count: number): readonly [start: string, end: string];
  /** Returns the time so many days ago, by the clock of the database. */
  daysAgo(days: number): string;
}

const POSTGRESQL: WriteDialect = {
  maxRows: 500,
  maxValues: 30_000,
  upsert: 'conflict',
  returning: 'returning',
  // The union gives the parameter the type of the column. S: types of text, also citext and domains. The types json and xml
  // cannot be compared, but their values in jsonb can.
  same: (column, value) =>
    `(SELECT CASE (SELECT typcategory FROM pg_catalog.pg_type WHERE oid = pg_catalog.pg_typeof(${column}))
      WHEN 'S' THEN ${column}::text COLLATE "C" IS NOT DISTINCT FROM kq_given.kq_value::text
      ELSE to_jsonb(${column}) IS NOT DISTINCT FROM to_jsonb(kq_given.kq_value) END
      FROM (SELECT ${column} AS kq_value WHERE false UNION ALL SELECT ${value()}) AS kq_given)`,
  limit: (count) => ['', ` LIMIT ${count}`],
  daysAgo: (days) => `CURRENT_TIMESTAMP - INTERVAL '${days} days'`,
};
const MYSQL: WriteDialect = {
  maxRows: 500,
  maxValues: 30_000,
  upsert: 'duplicate',
  columnForm: ZONED_TIMESTAMP,
  // Coercibility 5: numbers, dates and other types that have a collation in name only. BINARY compares trailing spaces too.
  same: (column, value) =>
    `${column} <=> ${value()} AND (COERCIBILITY(${column}) = 5 OR COLLATION(${column}) = 'binary'
      OR CAST(CONVERT(${column} USING utf8mb4) AS BINARY) <=> CAST(CONVERT(${value()} USING utf8mb4) AS BINARY))`,
  uniqueIndexes: `SELECT INDEX_NAME AS index_name, IF(SUB_PART IS NULL, COLUMN_NAME, NULL) AS column_name
    FROM information_schema.statistics
    WHERE TABLE_SCHEMA = COALESCE(?, DATABASE()) AND TABLE_NAME = ? AND NON_UNIQUE = 0`,
  limit: (count) => ['', ` LIMIT ${count}`],
  daysAgo: (days) => `CURRENT_TIMESTAMP - INTERVAL ${days} DAY`,
};

/** By engine of the adapter. */
export const WRITE_DIALECTS: Readonly<Record<string, WriteDialect>> = {
  postgresql: { ...POSTGRESQL, columnForm: JSON_ARRAY },
  mysql: MYSQL,
  mariadb: { ...MYSQL, returning: 'returning' },
  sqlite: {
    ...POSTGRESQL,
    same: (column, value) => `${column} IS ${value()} COLLATE BINARY`,
    daysAgo: (days) => `datetime('now', '-${days} days')`,
  },
  sqlserver: {
    maxRows: 500,
    maxValues: 2000,
    upsert: 'merge',
    returning: 'output',
    // Also a binary collation ignores trailing spaces. 175 and 239: CHAR and NCHAR, which are filled up with them.
    same(column, value, table) {
      const given = value();
      const [stored, text] = [column, given].map((name) => `CONVERT(nvarchar(max), ${name})`) as [string, string];
      return `EXISTS (SELECT ${column} INTERSECT SELECT ${given}) AND (${column} IS NULL OR EXISTS (SELECT 1 FROM sys.columns
      WHERE object_id = OBJECT_ID(${literal(table)}) AND QUOTENAME(name) = ${literal(column)}
      AND (collation_name IS NULL OR ${stored} COLLATE Latin1_General_BIN2 = ${text}
        AND (system_type_id IN (175, 239) OR DATALENGTH(${stored}) = DATALENGTH(${text})))))`;
    },
    uniqueIndexes: `SELECT i.name AS index_name, c.name AS column_name
    FROM sys.indexes i
    JOIN sys.index_columns k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.is_included_column = 0
    JOIN sys.columns c ON c.object_id = k.object_id AND c.column_id = k.column_id
    WHERE i.object_id = OBJECT_ID(QUOTENAME(COALESCE(@kq1, SCHEMA_NAME())) + N'.' + QUOTENAME(@kq2))
      AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0`,
    limit: (count) => [`TOP (${count}) `, ''],
    daysAgo: (days) => `DATEADD(day, -${days}, SYSUTCDATETIME())`,
  },
  // One row per INSERT. It returns columns by variables only, not as rows.
  oracle: {
    maxRows: 1,
    maxValues: 1000,
    upsert: 'merge',
    // Oracle compares text character by character, unless the column was created with a collation of its own.
    same: (column, value) => `DECODE(${column}, ${value()}, 1, 0) = 1`,
    uniqueIndexes: `SELECT c.index_name AS "index_name", CASE WHEN e.index_name IS NULL THEN c.column_name END AS "column_name"
    FROM all_indexes i
    JOIN all_ind_columns c ON c.index_owner = i.owner AND c.index_name = i.index_name
    LEFT JOIN all_ind_expressions e
      ON e.index_owner = c.index_owner AND e.index_name = c.index_name AND e.column_position = c.column_position
    WHERE i.table_owner = COALESCE(:kq1, SYS_CONTEXT('userenv', 'current_schema')) AND i.table_name = :kq2
      AND i.uniqueness = 'UNIQUE' AND i.status = 'VALID'`,
    limit: (count) => ['', ` FETCH FIRST ${count} ROWS ONLY`],
    daysAgo: (days) => `SYSTIMESTAMP - NUMTODSINTERVAL(${days}, 'DAY')`,
  },
};

/** A quoted name as the text of SQL Server. */
function literal(name: string): string {
  return `N'${name.replaceAll("'", "''")}'`;
}

/** Writes the statements for one table of one database. */
export class TableWriter {
  readonly #table: Table;
  readonly #syntax: SqlSyntax;
  readonly #dialect: WriteDialect;

  constructor(table: Table, syntax: SqlSyntax, dialect: WriteDialect) {
    this.#table = table;
    this.#syntax = syntax;
    this.#dialect = dialect;
  }

  get dialect(): WriteDialect {
    return this.#dialect;
  }

  get columnNames(): readonly string[] {
    return this.#table.columns.map(({ name }) => name);
  }

  get keyNames(): readonly string[] {
    return this.#table.columns.filter(({ isKey }) => isKey).map(({ name }) => name);
  }

  /** `returning`: columns that the statement returns as rows, if the dialect can. */
  insert(rows: readonly Values[], returning: readonly string[] = []): Statement {
    const into = `INSERT INTO ${this.#name} (${this.#columns.join(', ')})`;
    const names = returning.map((name) => this.#quote(name));
    const output =
      names.length === 0 || this.#dialect.returning !== 'output' ? '' : ` OUTPUT ${names.map((name) => `INSERTED.${name}`).join(', ')}`;
    const end = names.length === 0 || this.#dialect.returning !== 'returning' ? '' : ` RETURNING ${names.join(', ')}`;
    const lists = rows.map((row, index) => `(${row.map((_, at) => this.#placeholder(index * row.length + at)).join(', ')})`);
    return { text: `${into}${output} VALUES ${lists.join(', ')}${end}`, values: rows.flat() };
  }

  /** Returns undefined if the dialect has no such statement. Then a plain INSERT violates the unique key. */
  insertUnlessKeyExists(row: Values): Statement | undefined {
    if (this.#dialect.upsert !== 'conflict') return undefined;
    const { text, values } = this.insert([row]);
    return { text: `${text} ON CONFLICT (${this.#keys.join(', ')}) DO NOTHING`, values };
  }

  upsert(row: Values): Statement {
    // Where all columns belong to the key, one is set to its own value, because the statement needs at least one.
    const changed = this.#others.length === 0 ? this.#keys.slice(0, 1) : this.#others;
    const { text, values } = this.insert([row]);
    switch (this.#dialect.upsert) {
      case 'conflict': {
        const set = changed.map((name) => `${name} = EXCLUDED.${name}`);
        return { text: `${text} ON CONFLICT (${this.#keys.join(', ')}) DO UPDATE SET ${set.join(', ')}`, values };
      }
      case 'duplicate':
        return { text: `${text} ON DUPLICATE KEY UPDATE ${changed.map((name) => `${name} = VALUES(${name})`).join(', ')}`, values };
      case 'merge':
        return this.#merge(row);
    }
  }

  update(row: Values): Statement {
    const [keys, others] = this.#split(row);
    const set = this.#others.map((name, at) => `${name} = ${this.#placeholder(at)}`);
    return { text: `UPDATE ${this.#name} SET ${set.join(', ')} WHERE ${this.#whereKey(others.length)}`, values: [...others, ...keys] };
  }

  delete(row: Values): Statement {
    return { text: `DELETE FROM ${this.#name} WHERE ${this.#whereKey(0)}`, values: this.#split(row)[0] };
  }

  /** Selects the columns of the row with this key. */
  select(row: Values, columns: readonly string[]): Statement {
    const names = columns.map((name) => this.#quote(name));
    return { text: `SELECT ${names.join(', ')} FROM ${this.#name} WHERE ${this.#whereKey(0)}${this.#lock}`, values: this.#split(row)[0] };
  }

  /** Selects one row if the row with this key has exactly these values (`all`), or exactly this key. */
  selectSame(row: Values, which: 'all' | 'key'): Statement {
    const values = [...this.#split(row)[0]];
    const same = this.#table.columns.flatMap(({ name, isKey }, at) => {
      if (which === 'key' && !isKey) return [];
      const place = () => this.#placeholder(values.push(row[at]!) - 1);
      return [`(${this.#dialect.same(this.#quote(name), place, this.#name)})`];
    });
    return {
      text: `SELECT 1 AS same FROM ${this.#name} WHERE ${[this.#whereKey(0), ...same].join(' AND ')}${this.#lock}`,
      values,
    };
  }

  /** Lists the unique indexes of the table; see `WriteDialect`. */
  uniqueIndexes(): Statement | undefined {
    const { uniqueIndexes: text } = this.#dialect;
    return text === undefined ? undefined : this.about(text);
  }

  /** A statement about the table, whose values are schema and table. */
  about(text: string): Statement {
    const { schema = '', name } = this.#table;
    return { text, values: [schema === '' ? null : schema, name] };
  }

  /** Selects the keys of some rows whose time lies before so many days. */
  selectOlder(column: string, days: number, count: number): Statement {
    const [start, end] = this.#dialect.limit(count);
    const isOlder = `${this.#quote(column)} < ${this.#dialect.daysAgo(days)}`;
    return { text: `SELECT ${start}${this.#keys.join(', ')} FROM ${this.#name} WHERE ${isOlder}${end}`, values: [] };
  }

  /** Deletes the rows with these keys, of a table with one key column. */
  deleteAll(keys: Values): Statement {
    const list = keys.map((_, at) => this.#placeholder(at));
    return { text: `DELETE FROM ${this.#name} WHERE ${this.#keys.join()} IN (${list.join(', ')})`, values: keys };
  }

  /** SQL Server and Oracle. The lock hint of SQL Server keeps others from inserting the same key meanwhile. */
  #merge(row: Values): Statement {
    const isOracle = this.#dialect.returning === undefined;
    const sources = this.#columns.map((name, at) => `${this.#placeholder(at)} AS ${name}`).join(', ');
    const source = isOracle ? `(SELECT ${sources} FROM DUAL) source` : `(SELECT ${sources}) AS source`;
    const on = this.#keys.map((name) => `target.${name} = source.${name}`).join(' AND ');
    const set = this.#others.map((name) => `target.${name} = source.${name}`).join(', ');
    return {
      text:
        [
          `MERGE INTO ${this.#name} ${isOracle ? 'target' : 'WITH (HOLDLOCK) AS target'} USING ${source} ON (${on})`,
          ...(set === '' ? [] : [`WHEN MATCHED THEN UPDATE SET ${set}`]),
          `WHEN NOT MATCHED THEN INSERT (${this.#columns.join(', ')}) VALUES (${this.#columns.map((name) => `source.${name}`).join(', ')})`,
        ].join(' ') + (isOracle ? '' : ';'),
      values: row,
    };
  }

  /** Without a lock, MySQL reads an older state of the row than the one that refused an insert. */
  get #lock(): string {
    return this.#dialect.upsert === 'duplicate' ? ' FOR UPDATE' : '';
  }

  get #name(): string {
    const { schema, name } = this.#table;
    return schema === undefined || schema === '' ? this.#quote(name) : `${this.#quote(schema)}.${this.#quote(name)}`;
  }

  get #columns(): readonly string[] {
    return this.#table.columns.map(({ name }) => this.#quote(name));
  }

  get #keys(): readonly string[] {
    return this.keyNames.map((name) => this.#quote(name));
  }

  get #others(): readonly string[] {
    return this.#table.columns.filter(({ isKey }) => !isKey).map(({ name }) => this.#quote(name));
  }

  #split(row: Values): readonly [keys: Values, others: Values] {
    const { columns } = this.#table;
    return [row.filter((_, at) => columns[at]!.isKey), row.filter((_, at) => !columns[at]!.isKey)];
  }

  #whereKey(before: number): string {
    return this.#keys.map((name, at) => `${name} = ${this.#placeholder(before + at)}`).join(' AND ');
  }

  #quote(name: string): string {
    return quoteName(name, this.#syntax);
  }

  #placeholder(index: number): string {
    return this.#syntax.placeholder(index + 1);
  }
}
