/** Offers the tables and views of the database, each with a statement that reads it and the schema of its rows. */
import type { Offer, ProbeContext } from '../../engine/contract/node/node.ts';
import type { Column, ColumnForm } from './drivers/driver.ts';
import { quoteName, type SqlSyntax } from './sql/syntax.ts';
import { useConnection } from './use-connection.ts';

export async function readOffers(ctx: ProbeContext): Promise<readonly Offer[]> {
  return useConnection(ctx, async ({ connection, syntax }) => {
    const columns = await connection.columns();
    const byTable = Map.groupBy(columns, ({ schema, table }) => JSON.stringify([schema, table]));
    return [...byTable.values()].map((ofTable) => toOffer(ofTable, syntax));
  });
}

function toOffer(columns: readonly Column[], syntax: SqlSyntax): Offer {
  const { schema, table, about } = columns[0]!;
  const quoted = (name: string) => quoteName(name, syntax);
  const names = columns.map(({ name }) => `  ${quoted(name)}`);
  return {
    name: schema === '' ? table : `${schema}.${table}`,
    ...(about === undefined ? {} : { about }),
    config: {
      sql: `SELECT\n${names.join(',\n')}\nFROM ${schema === '' ? '' : `${quoted(schema)}.`}${quoted(table)}`,
      parameters: [],
      result: 'rows',
    },
    takes: { type: 'object', properties: {} },
    gives: { type: 'array', items: rowSchema(columns) },
  };
}

function rowSchema(columns: readonly Column[]): Readonly<Record<string, unknown>> {
  const properties = Object.fromEntries(columns.map((column) => [column.name, schemaOf(column)]));
  return { type: 'object', properties, required: columns.map(({ name }) => name) };
}

const SCHEMAS: Readonly<Record<ColumnForm, Readonly<Record<string, unknown>>>> = {
  integer: { type: 'integer' },
  decimal: { type: 'string' },
  number: { type: 'number' },
  boolean: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  timestamp: { type: 'string' },
  bytes: { type: 'string', contentEncoding: 'base64' },
  json: {},
  text: { type: 'string' },
};

function schemaOf({ form, isNullable, type }: Column): Readonly<Record<string, unknown>> {
  const schema = SCHEMAS[form];
  const nullable = isNullable && 'type' in schema ? { type: [schema['type'], 'null'] } : {};
  return { ...schema, ...nullable, description: type };
}
