/** Lists and searches as the console asks for them, over a history on PostgreSQL. */
import { Client } from 'pg';
import { silentLogger } from '../../../engine/contract/values/observe.ts';
import { systemClock } from '../../../engine/host/system-clock.ts';
import { executionsSpec } from '../../../engine/execution/execution-document.ts';
import { listExecutions } from '../../../engine/operate/list-executions.ts';
import type { ExecutionQuery } from '../../../engine/execution/execution-query.ts';
import { postgresBackend } from '../../../storage/postgres/postgres-backend.ts';
import { preparePostgres, startPostgres } from '../../servers/postgres.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { rounded } from '../measure/compare.ts';
import {
  connectionOf,
  fillHistory,
  historyExecution,
  historyShape,
  historyToken,
  patientOf,
  type HistoryShape,
} from '../programs/fill-history.ts';

const ROWS = 100_000;
const TIMES = 200;
const MOST_MS = 300;
const PAGE = 50;
const HOUR_MS = 3_600_000;

export const historyCases: readonly BenchCase[] = [{ name: 'history', run: runHistory }];

async function runHistory(): Promise<readonly BenchLine[]> {
  const reason = preparePostgres();
  if (reason !== undefined) throw new Error(reason);
  const server = await startPostgres();
  try {
    const shape = historyShape(ROWS, Date.now());
    await fillHistory(server.address, shape, ROWS, () => undefined);
    return [await measureHistory(server.address, shape)];
  } finally {
    await server.stop();
  }
}

export async function measureHistory(address: string, shape: HistoryShape): Promise<BenchLine> {
  const store = await postgresBackend.open(address, { clock: systemClock, logger: silentLogger });
  try {
    const executions = await store.documents.open(executionsSpec);
    const list = (query: Omit<ExecutionQuery, 'limit'>) =>
      listExecutions({ ...query, limit: PAGE }, { executions, seal: { token: historyToken }, clock: systemClock });
    const anywhere = () => Math.floor(Math.random() * shape.rows);
    const flow = () => historyExecution(anywhere(), shape).flowId;
    const spanAt = (index: number, lengthMs = HOUR_MS) => {
      const { acceptedAt } = historyExecution(index, shape);
      return { from: acceptedAt - lengthMs, to: acceptedAt };
    };
    const asked: Readonly<Record<string, () => Promise<{ readonly length: number }>>> = {
      key: async () => (await list({ key: { name: 'patientId', value: patientOf(anywhere(), shape) } })).found,
      keyOfOne: async () => (await list({ key: { name: 'visit', value: String(anywhere()) } })).found,
      keyOfFlowAndTime: async () => {
        const index = anywhere();
        return (
          await list({
            key: { name: 'patientId', value: patientOf(index, shape) },
            flowIds: [historyExecution(index, shape).flowId],
            ...spanAt(index),
          })
        ).found;
      },
      id: async () => (await list({ text: historyExecution(anywhere(), shape)._id })).found,
      newest: async () => (await list({})).found,
      hour: async () => (await list(spanAt(anywhere()))).found,
      nextPage: async () => (await list({ after: historyExecution(anywhere(), shape)._id })).found,
      flow: async () => (await list({ flowIds: [flow()] })).found,
      failed: async () => (await list({ status: ['failed'], ...spanAt(anywhere(), 24 * HOUR_MS) })).found,
    };
    const figures: Record<string, { readonly p50Ms: number; readonly p95Ms: number }> = {};
    for (const [name, ask] of Object.entries(asked)) figures[name] = await timed(name, ask);
    const unknown = await timed('unknown', async () => {
      const { found } = await list({ key: { name: 'patientId', value: `none ${anywhere()}` } });
      return { length: found.length === 0 ? 1 : 0 };
    });
    const slowestP95Ms = Math.max(...Object.values(figures).map(({ p95Ms }) => p95Ms), unknown.p95Ms);
    return {
      case: 'history',
      ...{ executions: shape.rows, ...(await sizeOf(address, shape.rows)), ...figures, unknownKey: unknown, slowestP95Ms },
      target: `p95 <= ${MOST_MS} ms`,
      isReached: slowestP95Ms <= MOST_MS,
    };
  } finally {
    await store.close();
  }
}

async function timed(name: string, ask: () => Promise<{ readonly length: number }>) {
  const times: number[] = [];
  for (let count = 0; count < TIMES; count++) {
    const startedAt = performance.now();
    const { length } = await ask();
    times.push(performance.now() - startedAt);
    if (length === 0) throw new Error(`"${name}" found nothing`);
  }
  times.sort((a, b) => a - b);
  return { p50Ms: rounded(times[TIMES / 2]!), p95Ms: rounded(times[TIMES * 0.95]!) };
}

async function sizeOf(address: string, rows: number) {
  const client = new Client(connectionOf(address));
  await client.connect();
  const { rows: found } = await client.query<{ heap: string; total: string }>(
    `SELECT pg_table_size('kangqiao.executions') AS heap, pg_total_relation_size('kangqiao.executions') AS total`,
  );
  await client.end();
  const { heap, total } = found[0]!;
  return { bytesAnExecution: Math.round(Number(total) / rows), ofWhichIndexes: Math.round((Number(total) - Number(heap)) / rows) };
}
