/** Load while the plan changes every second: no call may fail or reach the wrong instance, and memory must not grow. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { startProgram } from '../measure/program.ts';
import { withStarted } from '../measure/with-started.ts';
import type { ChangingOptions, ChangingQuestion } from '../programs/changing-gateway.ts';
import { BUS_AUTHORIZATION } from './bus-plan.ts';

/** `KQ_SOAK_MINUTES` sets another duration. */
const MINUTES = Number(process.env['KQ_SOAK_MINUTES'] ?? 30);
const INTERFACES = 40;
const CALLERS = 16;
const EVERY_MS = 1000;
const BODIES = ['{}', JSON.stringify({ note: 'x'.repeat(1000) }), JSON.stringify({ note: 'x'.repeat(200_000) })];
const MOST_GROWTH_IN_TEN_MINUTES = 1024 * 1024;

export const planSoakCases: readonly BenchCase[] = [{ name: 'plan-soak', limitMs: (MINUTES + 2) * 60_000, run: soak }];

function soak(): Promise<readonly BenchLine[]> {
  return withStarted(async (keep) => {
    const upstream = await startEcho();
    keep({ stop: () => upstream.stop() });
    const options: ChangingOptions = { upstream: upstream.address, interfaces: INTERFACES };
    const gateway = keep(await startProgram<ChangingQuestion, number>('changing-gateway', options, undefined, ['--expose-gc']));
    // A call may reach the revision that was in force when it began, and any that was asked for until it ended.
    const applied = Array.from({ length: INTERFACES }, () => 1);
    const asked = [...applied];
    const counts = { calls: 0, failed: 0, misrouted: 0 };
    const endsAt = performance.now() + MINUTES * 60_000;
    const call = createCall(gateway.port, applied, asked, counts);
    const callers = Array.from({ length: CALLERS }, async (_, i) => {
      while (performance.now() < endsAt) await call(i);
    });
    const heaps: { readonly at: number; readonly bytes: number }[] = [];
    let changes = 0;
    while (performance.now() < endsAt) {
      await pause(EVERY_MS);
      const changed = changes++ % INTERFACES;
      asked[changed]!++;
      applied[changed] = await gateway.ask({ change: changed });
      if (changes % 60 === 0) heaps.push({ at: performance.now(), bytes: await gateway.ask({ heap: true }) });
    }
    await Promise.all(callers);
    const growth = growthInTenMinutes(heaps);
    return [
      {
        ...{ case: 'plan-soak', minutes: MINUTES, changes, ...counts, heapGrowthInTenMinutes: growth },
        target: 'failed = 0, misrouted = 0, heapGrowthInTenMinutes <= 1 MB',
        isReached: counts.failed === 0 && counts.misrouted === 0 && growth <= MOST_GROWTH_IN_TEN_MINUTES,
      },
    ];
  });
}

function createCall(
  port: number,
  applied: readonly number[],
  asked: readonly number[],
  counts: { calls: number; failed: number; misrouted: number },
) {
  const agent = new Agent({ connections: CALLERS });
  let turn = 0;
  return async (caller: number): Promise<void> => {
    const number = turn++ % INTERFACES;
    const from = applied[number]!;
    const id = `${caller}-${turn}`;
    const path = `/bus/v1/things-${number}/${id}`;
    const method = number % 2 === 0 ? 'GET' : 'POST';
    const body = method === 'GET' ? null : BODIES[turn % BODIES.length]!;
    counts.calls++;
    try {
      const headers = { authorization: BUS_AUTHORIZATION, ...(body !== null && { 'content-type': 'application/json' }) };
      const answer = await request(`http://127.0.0.1:${port}${path}`, { method, headers, body, dispatcher: agent });
      const text = await answer.body.text();
      if (answer.statusCode !== 200) counts.failed++;
      else if (!isRight(text, `${path} ${body?.length ?? 0}`, from, asked[number]!)) counts.misrouted++;
    } catch {
      counts.failed++;
    }
  };
}

function isRight(text: string, wanted: string, from: number, to: number): boolean {
  for (let revision = from; revision <= to; revision++) if (text === `/r${revision}${wanted}`) return true;
  return false;
}

/** The slope of a straight line through the second half of the measurements. */
function growthInTenMinutes(heaps: readonly { readonly at: number; readonly bytes: number }[]): number {
  const points = heaps.slice(Math.floor(heaps.length / 2));
  if (points.length < 2) return 0;
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [at, bytes] = [mean(points.map((point) => point.at)), mean(points.map((point) => point.bytes))];
  const above = points.reduce((sum, point) => sum + (point.at - at) * (point.bytes - bytes), 0);
  const below = points.reduce((sum, point) => sum + (point.at - at) ** 2, 0);
  return Math.round((above / below) * 600_000);
}

/** Responds with the path and the length of the body that it got. */
async function startEcho() {
  const server = createServer((incoming, answer) => {
    let bytes = 0;
    incoming.on('data', (chunk: Buffer) => (bytes += chunk.length));
    incoming.on('end', () => answer.end(`${incoming.url} ${bytes}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
