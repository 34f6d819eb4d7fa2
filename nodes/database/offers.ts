/** Offers the tables of the database to the nodes: to one that reads also views, to one that writes their columns. */
import type { Offer } from '../../engine/contract/node/node.ts';
import type { ProbeContext } from '../../engine/contract/node/probe.ts';
import type { Column, ColumnForm } from './drivers/driver.ts';
import { quoteName, type SqlSyntax } from './sql/syntax.ts';
import { useConnection } from './use-connection.ts';

export async function readOffers(ctx: ProbeContext): Promise<readonly Offer[]> {
  return useConnection(ctx, async ({ connection, syntax }) =>
    byTable(await connection.columns()).map((columns) => ({ ...nameOf(columns), ...readOffer(columns, syntax) })),
  );
}

export async function writeOffers(ctx: ProbeContext): Promise<readonly Offer[]> {
  return useConnection(ctx, async ({ connection }) =>
    byTable((await connection.columns()).filter(({ kind }) => kind === 'table')).map((columns) => ({
      ...nameOf(columns),
      ...writeOffer(columns),
    })),
  );
}

function byTable(columns: readonly Column[]): readonly (readonly Column[])[] {
  return [...Map.groupBy(columns, ({ schema, table }) => JSON.stringify([schema, table])).values()];
}

function nameOf([first]: readonly Column[]): Pick<Offer, 'name' | 'about'> {
  const { schema, table, about } = first!;
  return { name: schema === '' ? table : `${schema}.${table}`, ...(about === undefined ? {} : { about }) };
}

type Described = Pick<Offer, 'config' | 'takes' | 'gives'>;

/** The columns are taken from the fields of the same names. */
function writeOffer(columns: readonly Column[]): Described {
  const { schema, table } = columns[0]!;
  return {
    config: {
      ...(schema === '' ? {} : { schema }),
      table,
      columns: columns.map(({ name, isKey, form }) => ({
        name,
        value: { path: `data.${pathOf(name)}` },
        isKey,
        isBase64: form === 'bytes',
      })),
    },
    takes: { ...rowSchema(columns), required: columns.filter(({ isNullable }) => !isNullable).map(({ name }) => name) },
    gives: { type: 'object', properties: { affected: { type: 'integer' } }, required: ['affected'] },
  };
}

/** A path names a field with other characters in backquotes. */
function pathOf(name: string): string {
  return /^[^.[\]`\s]+$/.test(name) ? name : `\`${name}\``;
}

function readOffer(columns: readonly Column[], syntax: SqlSyntax): Described {
  const { schema, table } = columns[0]!;
  const quoted = (name: string) => quoteName(name, syntax);
  const names = columns.map(({ name }) => `  ${quoted(name)}`);
  return {
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
