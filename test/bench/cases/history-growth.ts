/** What a long history costs the work itself: the same durable feed on a PostgreSQL with few and with very many executions behind it, in turn. */
import { readdirSync, readFileSync } from 'node:fs';
import { Client } from 'pg';
import type { CollectionSpec, StoredDocument } from '../../../engine/contract/ports/documents.ts';
import { executionsSpec } from '../../../engine/execution/execution-document.ts';
import { parseAddress } from '../../../storage/postgres/parse-address.ts';
import { layoutTable } from '../../../storage/postgres/table-layout.ts';
import { startPostgres, type PostgresServer } from '../../servers/postgres.ts';
import { startRedis } from '../../servers/redis.ts';
import type { BenchLine } from '../measure/case.ts';
import { median, rounded } from '../measure/compare.ts';
import { connectionOf, fillHistory, historyShape } from '../programs/fill-history.ts';
import { withStarted } from '../measure/with-started.ts';
import { FEED_FLOW, runThroughput, withFeed, type Setting } from './durable-feed.ts';

const FEW = 10_000;
const ROUNDS = 5;
const TICK_MICROS = 10_000;
const MOST_COST = 0.2;

/** `big` has its history already. */
export async function measureGrowth(big: PostgresServer, rows: number, settings: Readonly<Record<string, string>>): Promise<BenchLine> {
  return withStarted(async (keep) => {
    const small = keep(await startPostgres({ settings, isDurable: true }));
    const smallRedis = keep(await startRedis());
    const bigRedis = keep(await startRedis());
    await forgetEngine(big);
    await fillHistory(small.address, historyShape(FEW, Date.now()), FEW, () => undefined);
    return await withFeed(
      (few) =>
        withFeed((many) => compare({ setting: few, server: small }, { setting: many, server: big }, rows), {
          ...{ address: big.address, sharedAddress: bigRedis.address },
        }),
      { address: small.address, sharedAddress: smallRedis.address },
    );
  });
}

/** An earlier measurement left its keys, definitions and executions in the folder: an engine with another key could not open it. */
async function forgetEngine({ address }: PostgresServer): Promise<void> {
  const { schema } = parseAddress(address);
  const client = new Client(connectionOf(address));
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = $1 AND tablename NOT IN ('executions', ':collections')`,
      [schema],
    );
    for (const { name } of rows) await client.query(`TRUNCATE ${schema}.${name} CASCADE`);
    const { table, paths } = layoutTable(schema, executionsSpec as CollectionSpec<StoredDocument>);
    await client.query(`DELETE FROM ${table} WHERE c${paths.indexOf('flowId')} = $1`, [FEED_FLOW]);
  } finally {
    await client.end();
  }
}

interface Side {
  readonly setting: Setting;
  readonly server: PostgresServer;
}

async function compare(few: Side, many: Side, rows: number): Promise<BenchLine> {
  const rounds: { readonly few: Measured; readonly many: Measured }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const name = `G${round}`;
    const isFewFirst = round % 2 === 0;
    const first = await measure(isFewFirst ? few : many, name);
    const second = await measure(isFewFirst ? many : few, name);
    rounds.push(isFewFirst ? { few: first, many: second } : { few: second, many: first });
  }
  const of = (read: (round: (typeof rounds)[number]) => number) => median(rounds.map(read));
  const ratio = rounded(of((round) => round.many.perSecond / round.few.perSecond));
  return {
    case: 'history-growth',
    executions: rows,
    perSecond: Math.round(of((round) => round.many.perSecond)),
    baselinePerSecond: Math.round(of((round) => round.few.perSecond)),
    ratio,
    serverCpuMicros: Math.round(of((round) => round.many.serverCpuMicros)),
    baselineServerCpuMicros: Math.round(of((round) => round.few.serverCpuMicros)),
    rounds: rounds.map((round) => [round.few.perSecond, round.many.perSecond]),
    target: `ratio >= ${1 - MOST_COST}`,
    isReached: ratio >= 1 - MOST_COST,
    baseline: `the same feed on a store with ${FEW} executions, in turn`,
  };
}

interface Measured {
  readonly perSecond: number;
  /** CPU of all processes of the database, a message. */
  readonly serverCpuMicros: number;
}

async function measure({ setting, server }: Side, name: string): Promise<Measured> {
  const before = cpuMicrosOf(server.pid);
  const { perSecond, messages } = await runThroughput(setting, name);
  return { perSecond, serverCpuMicros: (cpuMicrosOf(server.pid) - before) / messages };
}

/** Of all processes that the server started: each leaves its group (field 4 of stat is the parent, 14 and 15 are user and system time in ticks). */
function cpuMicrosOf(server: number): number {
  let ticks = 0;
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = statOf(pid);
    if (Number(fields[1]) === server) ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MICROS;
}

/** From the third field on: the second, the name, may hold blanks. */
function statOf(pid: string): readonly string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
