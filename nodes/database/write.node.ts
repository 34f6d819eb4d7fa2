import { AppError, toErrorRecord } from '../../engine/contract/values/errors.ts';
import { withData } from '../../engine/contract/values/message.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  type BuildContext,
  type NodeContext,
  type RunNode,
  type Scope,
} from '../../engine/contract/node/node.ts';
import type { SqlValue } from './drivers/driver.ts';
import { inTransaction } from './in-transaction.ts';
import { toColumnValues } from './statements/column-values.ts';
import { deleteOld, oncePerKey, requireKnown } from './statements/ledger.ts';
import { writeOffers } from './offers.ts';
import { probeDatabase } from './probe.ts';
import { bindStatement, compileParameters, type ReadValues } from './sql-parameters.ts';
import { TableWriter } from './statements/write-dialects.ts';
import { useConnection, type Database } from './use-connection.ts';
import { checkWrite, WriteConfig } from './write-config.ts';
import { writeRows, type Written } from './statements/write-rows.ts';
import { compileInput } from '../shared/compile-input.ts';

/** Writes to a table, or runs an SQL statement that writes, in one transaction. */
export default defineNode({
  type: 'database.write',
  major: 1,
  kind: 'action',
  category: 'call',
  icon: 'database-zap',
  text: {
    label: { 'zh-CN': '数据库写入', en: 'Database write' },
    help: {
      'zh-CN': '在适配器的数据库中新增、更新或删除行，或执行一条写入语句；一次调用在一个事务中。',
      en: 'Inserts, updates or deletes rows in the database of its adapter, or runs a statement that writes, in one transaction.',
    },
  },
  ports: { in: [inPort], out: [okPort, errorPort] },
  adapter: 'database',
  effect: ({ idempotency }) => (idempotency === 'none' ? 'write' : 'idempotent-write'),
  config: WriteConfig,
  expressions: ['/columns/*/value/expression', '/parameters/*/value/expression', '/rows/expression'],
  check: checkWrite,
  prepare: prepareWrite,
  probe: probeDatabase,
  offers: writeOffers,
});

function prepareWrite(config: WriteConfig, build: BuildContext): RunNode<WriteConfig> {
  const readScopes = compileRows(config, build);
  const readValues = config.sql === undefined ? compileColumns(config, build) : compileParameters(config.parameters, build);
  return async (ctx, message) => {
    const all: RowValues[] = [];
    for (const scope of await readScopes(ctx.scope)) all.push(await readValues(scope));
    const written = all.length === 0 ? NOTHING : await useConnection(ctx, (database) => write(ctx, database, all));
    const { charset: _request, ...rest } = withData(message, written, 'application/json');
    return { emit: { ok: [rest] } };
  };
}

/** The values of one row, by column or parameter. */
type RowValues = ReadonlyMap<string, SqlValue>;

const NOTHING: Written = { affected: 0 };

/** Returns the scope of each row. Rejects with DATABASE_ROWS (input) if the value is neither rows nor a row. */
function compileRows({ rows, maxRows }: WriteConfig, build: BuildContext): (scope: Scope) => Promise<readonly Scope[]> {
  if (rows === undefined) return async (scope) => [scope];
  const read = compileInput('/rows', rows, build);
  return async (scope) => {
    const value = await read(scope);
    if (typeof value !== 'object' || value === null || value instanceof Uint8Array) {
      throw new AppError('DATABASE_ROWS', 'input', 'The value of rows is neither an array nor an object.', {
        fix: 'Let it give an array with one item per row; an empty one writes nothing.',
      });
    }
    const items: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (items.length > maxRows) {
      throw new AppError('DATABASE_ROWS', 'input', `There are ${items.length} rows to write, more than ${maxRows}.`, {
        values: { problem: 'many', count: items.length, maxRows },
        fix: 'Write fewer rows at once, or raise the limit of the node.',
      });
    }
    const outer = scope.loop === undefined ? {} : { outer: scope.loop };
    return items.map((item, index) => ({ ...scope, loop: { item, index, ...outer } }));
  };
}

/** Rejects with DATABASE_PARAMETER (input) also if a key column has no value: NULL equals nothing, not even itself. */
function compileColumns({ columns }: WriteConfig, build: BuildContext): ReadValues {
  const read = compileParameters(columns, build, '/columns');
  const ofBytes = columns.filter(({ isBase64 }) => isBase64).map(({ name }) => name);
  return async (scope) => {
    const values = new Map(await read(scope));
    for (const name of ofBytes) values.set(name, toBytes(values.get(name)!, name));
    const empty = columns.find(({ name, isKey }) => isKey && values.get(name) === null);
    if (empty === undefined) return values;
    throw new AppError('DATABASE_PARAMETER', 'input', `The key column ${empty.name} has no value.`, {
      values: { problem: 'key', name: empty.name },
      fix: 'Set it before this node.',
    });
  };
}

function toBytes(value: SqlValue, name: string): SqlValue {
  if (value === null || value instanceof Uint8Array) return value;
  const bytes = Buffer.from(String(value), 'base64');
  if (bytes.toString('base64') === value) return bytes;
  throw new AppError('DATABASE_PARAMETER', 'input', `The value of ${name} is not Base64 text.`, {
    values: { problem: 'base64', name },
    fix: 'Correct the value before this node.',
  });
}

async function write(ctx: NodeContext<WriteConfig>, database: Database, rows: readonly RowValues[]): Promise<Written> {
  const { connection, syntax, dialect } = database;
  const { config } = ctx;
  if (config.idempotency === 'ledger') requireKnown(ctx.scope.now, ctx.clock.now());
  const work = config.sql === undefined ? writeTable(config, database, rows) : runEach(config.sql, database, rows);
  const written = await inTransaction(connection, 'write', async () => {
    ctx.beforeFirstByte();
    const ledger = { table: config.ledgerTable, key: ctx.idempotencyKey };
    const result = await (config.idempotency === 'ledger' ? oncePerKey(connection, ledger, [syntax, dialect], work) : work());
    // If another worker owns the execution by now, nothing must be committed.
    ctx.beforeFirstByte();
    return result;
  });
  if (config.idempotency === 'ledger') await cleanLedger(ctx, database);
  return written;
}

const CLEAN_EVERY_MS = 3_600_000;
/** When this process last cleaned a ledger, by adapter and table. */
const cleanedAt = new Map<string, number>();

/** The step is done by now, so a failure is only logged. */
async function cleanLedger({ adapter, config, clock, log }: NodeContext<WriteConfig>, database: Database): Promise<void> {
  const { connection, syntax, dialect } = database;
  const ledger = JSON.stringify([adapter!.adapterId, config.ledgerTable]);
  if (clock.now() - (cleanedAt.get(ledger) ?? -Infinity) < CLEAN_EVERY_MS) return;
  cleanedAt.set(ledger, clock.now());
  await deleteOld(connection, config.ledgerTable, [syntax, dialect]).catch((error: unknown) =>
    log.warn('database.ledger-not-cleaned', { table: config.ledgerTable, code: toErrorRecord(error).code }),
  );
}

function writeTable(config: WriteConfig, { connection, syntax, dialect }: Database, rows: readonly RowValues[]) {
  const { schema, table, columns, mode, returning, idempotency } = config;
  const writer = new TableWriter({ schema, name: table!, columns }, syntax, dialect);
  const values = rows.map((row) => columns.map(({ name }) => row.get(name)!));
  return async () => {
    const fitting = await toColumnValues(connection, writer, values);
    return writeRows(connection, writer, { mode, isRepeatable: idempotency === 'key', rows: fitting, returning });
  };
}

function runEach(sql: string, { connection, syntax }: Database, rows: readonly RowValues[]) {
  const statements = rows.map((row) => bindStatement(sql, row, syntax));
  return async () => {
    let affected = 0;
    for (const statement of statements) affected += (await connection.run(statement)).affected;
    return { affected };
  };
}
