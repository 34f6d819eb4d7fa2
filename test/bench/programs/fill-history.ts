/**
 * Fills a PostgreSQL store with a history of executions as a city leaves it behind, far faster than it could happen: rows as the store lays
 * them out, by COPY, its indexes made afterwards. `node test/bench/programs/fill-history.ts ADDRESS ROWS` continues where an earlier call ended.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { argv } from 'node:process';
import { Client } from 'pg';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import type { CollectionSpec, StoredDocument } from '../../../engine/contract/ports/documents.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { executionsSpec, partitionOf, type ExecutionDocument } from '../../../engine/execution/execution-document.ts';
import { parseAddress } from '../../../storage/postgres/parse-address.ts';
import { postgresBackend } from '../../../storage/postgres/postgres-backend.ts';
import { createIndexSql, indexValues, layoutTable, quote, type TableLayout } from '../../../storage/postgres/table-layout.ts';

export interface HistoryShape {
  /** Begin of the history, epoch milliseconds. */
  readonly from: number;
  readonly spanMs: number;
  readonly flows: number;
  /** Each has some executions, evenly spread. */
  readonly patients: number;
  /** All rows that the history is going to have: times go by their share. */
  readonly rows: number;
}

export const historyShape = (rows: number, now: number): HistoryShape => ({
  from: now - 30 * 86_400_000,
  spanMs: 30 * 86_400_000,
  flows: 200,
  patients: Math.max(1, Math.floor(rows / 4)),
  rows,
});

const BATCH = 2_000;
/** As long as what a small HL7 message leaves behind in a flow that records its keys and steps. */
const SEALED = Buffer.alloc(330, 0x5a).toString('base64');

/** Token of a business key as the seal makes it, by a digest that costs less. */
export function historyToken(name: string, value: string): string {
  return createHash('sha256').update(`${name}\n${value}`).digest('base64url');
}

export function patientOf(index: number, { patients }: HistoryShape): string {
  return `P${(index * 7919) % patients}`;
}

/** The execution at this place of the history: the same each time. */
export function historyExecution(index: number, shape: HistoryShape): ExecutionDocument {
  const acceptedAt = Math.floor(shape.from + (index / shape.rows) * shape.spanMs);
  const random = (index * 2_654_435_761) % 4_294_967_296;
  const _id = `exe_${acceptedAt.toString(36).padStart(9, '0')}${random.toString(36).padStart(7, '0')}${index.toString(36).padStart(6, '0')}`;
  const status = random % 50 === 0 ? 'failed' : random % 200 === 1 ? 'cancelled' : 'completed';
  const patient = historyToken('patientId', patientOf(index, shape));
  return {
    _id,
    origin: _id,
    flowId: `flw_${(random >>> 8) % shape.flows}`,
    version: 1 + (random % 7),
    trigger: 'n_trigger',
    status,
    part: partitionOf(patient),
    lane: { key: patient, seq: `000000001:${index.toString(36).padStart(10, '0')}` },
    dedupe: `n_trigger|${historyToken('controlId', String(index))}`,
    digest: historyToken('digest', String(index)),
    keys: [patient, historyToken('visit', String(index))],
    tables: 'tbl_0',
    traceId: random.toString(16).padStart(8, '0').repeat(4),
    acceptedAt,
    finishedAt: acceptedAt + 40,
    expiresAt: acceptedAt + 60 * 86_400_000,
    epoch: 1,
    legs: { 0: { epoch: 1, payload: { sealed: SEALED } } },
    ...(status === 'failed' ? { error: { code: 'HTTP_STATUS', kind: 'transient' as const } } : {}),
  };
}

/**
 * Adds rows up to `until`, then, once all are there, makes the indexes one by one, beginning none after `budgetMs`. Answers whether all is there.
 */
export async function fillHistory(
  address: string,
  shape: HistoryShape,
  until: number,
  tell: (text: string) => void,
  budgetMs = Infinity,
): Promise<boolean> {
  const startedAt = performance.now();
  const layout = layoutTable(parseAddress(address).schema, executionsSpec as CollectionSpec<StoredDocument>);
  const client = new Client(connectionOf(address));
  await client.connect();
  try {
    const has = await countRows(address, client, layout);
    if (has < until) {
      for (const index of layout.indexes) await client.query(`DROP INDEX IF EXISTS ${quote(layout.schema)}.${quote(index.name)}`);
      await copy(address, `COPY ${layout.table} (${layout.columns.join(', ')}) FROM STDIN`, has, until, (index) => {
        const document = historyExecution(index, shape);
        return [document._id, String(index + 1), [], JSON.stringify(document), ...indexValues(layout, document)];
      });
      tell(`${until - has} rows copied in ${seconds(startedAt)} s`);
    }
    if (until < shape.rows) return false;
    await client.query(`SET maintenance_work_mem = '1GB'`);
    for (const index of layout.indexes) {
      if (performance.now() - startedAt > budgetMs) return false;
      await client.query(createIndexSql(layout, index).replace('INDEX', 'INDEX IF NOT EXISTS'));
      tell(`index ${index.name} after ${seconds(startedAt)} s`);
    }
    if (performance.now() - startedAt > budgetMs) return false;
    await client.query(`VACUUM (ANALYZE, INDEX_CLEANUP off) ${layout.table}`);
    return true;
  } finally {
    await client.end();
  }
}

/** Table and indexes are made as the product makes them. */
async function countRows(address: string, client: Client, { table }: TableLayout): Promise<number> {
  const { rows: known } = await client.query<{ name: string | null }>('SELECT to_regclass($1) AS name', [table]);
  if (known[0]!.name === null) {
    const store = await postgresBackend.open(address, { clock: systemClock, logger: silentLogger });
    await store.documents.open(executionsSpec);
    await store.close();
    return 0;
  }
  // Rows are numbered by their revisions.
  const { rows } = await client.query<{ most: string | null }>(`SELECT max(rev) AS most FROM ${table}`);
  return Number(rows[0]!.most ?? 0);
}

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}

export function connectionOf(address: string) {
  const { host, port, user, database } = parseAddress(address);
  return { host, port, user, database };
}

async function copy(
  address: string,
  statement: string,
  from: number,
  until: number,
  rowOf: (index: number) => readonly unknown[],
): Promise<void> {
  const { host, port, user, database } = connectionOf(address);
  const child = spawn(
    'psql',
    ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-h', host, '-p', String(port), '-U', user, '-d', database, '-c', statement],
    {
      stdio: ['pipe', 'ignore', 'inherit'],
    },
  );
  const ended = once(child, 'close');
  for (let at = from; at < until; at += BATCH) {
    let text = '';
    for (let index = at; index < Math.min(until, at + BATCH); index++) text += `${rowOf(index).map(copyText).join('\t')}\n`;
    if (!child.stdin.write(text)) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = (await ended) as [number];
  if (code !== 0) throw new Error(`psql ended with ${code}`);
}

/** A value in the text format of COPY. */
function copyText(value: unknown): string {
  if (value === null) return '\\N';
  if (Array.isArray(value)) return `{${value.map((item) => `"${String(item)}"`).join(',')}}`;
  return String(value).replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

const [, program = '', address, rows] = argv;
if (program.endsWith('fill-history.ts') && address !== undefined) {
  const shape = historyShape(Number(rows), Date.now());
  await fillHistory(address, shape, shape.rows, (text) => process.stderr.write(`${text}\n`));
}
