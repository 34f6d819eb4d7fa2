import type { RowStatements } from './open-write-lane.ts';
import type { TableLayout } from './table-layout.ts';

export interface TableStatements {
  readonly insert: RowStatements;
  /** The values of a row are: id, old revision, then `columns` except the id. */
  readonly replace: RowStatements;
  readonly remove: RowStatements;
  /** The values of a row are: id, revision. */
  readonly removeAt: RowStatements;
}

/** Types of the columns of `TableLayout`; all other columns are text. */
const TYPES: Readonly<Record<string, string>> = { rev: 'bigint', past: 'bigint[]', old: 'bigint', e: 'text[]' };

/**
 * Returns the statements that write several rows of one table. Each statement is built once per number of rows. On a
 * server without ON CONFLICT, one existing row fails the whole insert; the write lane then finds that row.
 */
export function rowStatements({ name, table, columns }: TableLayout, hasOnConflict: boolean): TableStatements {
  const changed = columns.filter((column) => column !== 'id');
  const set = changed.map((column) => `${column} = v.${column}`).join(', ');
  const statements = (rank: number, kind: string, names: readonly string[], toText: (rows: string) => string): RowStatements => {
    const made = new Map<number, { readonly name: string; readonly text: string }>();
    return {
      rank,
      forRows(count) {
        let statement = made.get(count);
        if (!statement)
          made.set(count, (statement = { name: `${kind}${count} ${name}`.slice(0, 63), text: toText(placeholders(names, count)) }));
        return statement;
      },
    };
  };
  return {
    insert: statements(
      2,
      'i',
      columns,
      (rows) => `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${rows}${hasOnConflict ? ' ON CONFLICT DO NOTHING' : ''} RETURNING id`,
    ),
    replace: statements(
      1,
      'u',
      ['id', 'old', ...changed],
      (rows) =>
        `UPDATE ${table} AS t SET ${set} FROM (VALUES ${rows}) AS v (id, old, ${changed.join(', ')}) WHERE t.id = v.id AND t.rev = v.old RETURNING t.id`,
    ),
    remove: statements(
      0,
      'd',
      ['id'],
      (rows) => `DELETE FROM ${table} AS t USING (VALUES ${rows}) AS v (id) WHERE t.id = v.id RETURNING t.id`,
    ),
    removeAt: statements(
      0,
      'a',
      ['id', 'old'],
      (rows) => `DELETE FROM ${table} AS t USING (VALUES ${rows}) AS v (id, old) WHERE t.id = v.id AND t.rev = v.old RETURNING t.id`,
    ),
  };
}

/** Returns for example `($1::text, $2::bigint), ($3::text, $4::bigint)`. */
function placeholders(names: readonly string[], count: number): string {
  let at = 0;
  const row = () => `(${names.map((name) => `$${++at}::${TYPES[name] ?? 'text'}`).join(', ')})`;
  return Array.from({ length: count }, row).join(', ');
}
