/** Ten times more calls than a service can do, through a front with a concurrency limit. */
import { Pool } from 'undici';
import { startProgram, type Program } from '../measure/program.ts';
import { withStarted } from '../measure/with-started.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { BUS_AUTHORIZATION, busPlan } from './bus-plan.ts';

const WORKERS = 20;
/** Long enough that ten times the capacity is little work for the machine. */
const WORK_MS = 200;
const OVERLOAD = 10;
const CONNECTIONS = 500;
const TICK_MS = 5;
const PATH = '/bench/slots';

type Service = Program<{ readonly workers?: number }, number>;

export const overloadCases: readonly BenchCase[] = [{ name: 'overload', run: runOverload }];

async function runOverload(): Promise<readonly BenchLine[]> {
  return withStarted(async (keep) => {
    const service = keep(await startProgram<{ readonly workers?: number }, number>('workers', { workers: WORKERS, workMs: WORK_MS }));
    const target = { kind: 'upstream' as const, instances: [`http://127.0.0.1:${service.port}`] };
    const plan = await busPlan([{ method: 'GET', path: PATH, target, policies: { concurrency: { maxConcurrency: 1_000 } } }]);
    const gateway = keep(await startProgram('gateway', { front: 'bus', plan }));
    const pool = new Pool(`http://127.0.0.1:${gateway.port}`, { connections: CONNECTIONS, pipelining: 1 });
    keep({ stop: () => pool.destroy() });
    const capacity = (1_000 / WORK_MS) * WORKERS;
    const calm = await offer(pool, service, capacity / 2, 5_000);
    const unloadedMs = percentile(calm.okMs, 0.5);
    // What a refusal costs without load: the network and the pipeline, without the service.
    const bareMs = Math.max(0, unloadedMs - WORK_MS);
    await offer(pool, service, capacity * OVERLOAD, 5_000);
    const full = await offer(pool, service, capacity * OVERLOAD, 10_000);
    const half = await change(pool, service, WORKERS / 2);
    const again = await change(pool, service, WORKERS);
    const line = (name: string, share: number, { okMs, refusedMs, failed }: Offered): BenchLine => ({
      case: `overload ${name}`,
      goodputShare: Math.round(share * 1_000) / 1_000,
      target: 'goodputShare >= 0.9',
      isReached: share >= 0.9,
      okP50Ms: Math.round(percentile(okMs, 0.5)),
      okP99Ms: Math.round(percentile(okMs, 0.99)),
      refused: refusedMs.length,
      refusedP50Ms: Math.round(percentile(refusedMs, 0.5) * 10) / 10,
      refusedP99AboveUnloadedMs: Math.round((percentile(refusedMs, 0.99) - bareMs) * 10) / 10,
      failed,
    });
    return [
      line('10x', full.goodput / capacity, full),
      line('10x, 5 s after half of the workers are gone', half.goodput / (capacity / 2), half),
      line('10x, 5 s after they are back', again.goodput / capacity, again),
    ];
  });
}

/** Changes the workers, waits 5 s under overload, and measures. */
async function change(pool: Pool, service: Service, workers: number): Promise<Offered> {
  await service.ask({ workers });
  const perSecond = (1_000 / WORK_MS) * WORKERS * OVERLOAD;
  await offer(pool, service, perSecond, 5_000);
  return offer(pool, service, perSecond, 5_000);
}

interface Offered {
  readonly goodput: number;
  readonly okMs: number[];
  readonly refusedMs: number[];
  readonly failed: number;
}

/** Offers calls at a rate, whatever comes back. Returns what came back, and how many calls a second the service did. */
async function offer(pool: Pool, service: Service, perSecond: number, forMs: number): Promise<Offered> {
  const okMs: number[] = [];
  const refusedMs: number[] = [];
  let failed = 0;
  const call = async () => {
    const from = performance.now();
    try {
      const { statusCode, body } = await pool.request({ method: 'GET', path: PATH, headers: { authorization: BUS_AUTHORIZATION } });
      await body.dump();
      if (statusCode === 200) okMs.push(performance.now() - from);
      else if (statusCode === 503) refusedMs.push(performance.now() - from);
      else failed++;
    } catch {
      failed++;
    }
  };
  const before = await service.ask({});
  const from = performance.now();
  const calls: Promise<void>[] = [];
  let sent = 0;
  while (performance.now() - from < forMs) {
    const due = ((performance.now() - from) / 1_000) * perSecond;
    for (; sent < due; sent++) calls.push(call());
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  const done = (await service.ask({})) - before;
  const seconds = (performance.now() - from) / 1_000;
  await Promise.all(calls);
  return { goodput: done / seconds, okMs, refusedMs, failed };
}

function percentile(values: number[], share: number): number {
  return values.length === 0 ? 0 : values.sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;
}
