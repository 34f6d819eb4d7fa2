/** A sync flow behind the bus front, compared with the same work written by hand; then its POST as a write, and one more code node. */
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { compare, rounded, type Side } from '../measure/compare.ts';
import { startLoad } from '../measure/load.ts';
import { startProgram } from '../measure/program.ts';
import { withStarted, type Keep } from '../measure/with-started.ts';
import { HOSPITAL_ANSWER, QUERY, queryFlow } from '../flows/query-flow.ts';
import { BUS_AUTHORIZATION, busPlan } from './bus-plan.ts';

const PATHS = { reads: '/bench/query', write: '/bench/book', script: '/bench/script' } as const;
const CONNECTIONS = 50;
const BY_HAND = 'the same by hand in fastify + undici';

export const syncFlowCases: readonly BenchCase[] = [{ name: 'sync-flow', run: () => withStarted(run) }];

async function run(keep: Keep): Promise<readonly BenchLine[]> {
  const service = keep(await startProgram('upstream', { text: JSON.stringify(HOSPITAL_ANSWER) }));
  const upstream = `http://127.0.0.1:${service.port}`;
  const byHand = keep(await startProgram('fastify-flow', { upstream, path: PATHS.reads }));
  const flows = keep(
    await startProgram('flows', {
      flows: [
        queryFlow('flw_reads', { reads: true }),
        queryFlow('flw_write', { reads: false }),
        queryFlow('flw_script', { reads: true, hasScript: true }),
      ],
      adapters: { adp_hospital: { protocol: 'http', settings: { baseUrl: upstream }, maxConcurrency: 64 } },
      plan: await busPlan(
        Object.entries(PATHS).map(([name, path]) => ({
          interfaceId: `ifc_${name}`,
          path,
          target: { kind: 'flow', flowId: `flw_${name}` },
        })),
      ),
    }),
  );
  const load = keep(await startLoad());
  const sideOf = (program: Side['program'], path: string, authorization: Readonly<Record<string, string>>, connections: number): Side => ({
    program,
    order: {
      method: 'POST',
      path,
      body: JSON.stringify(QUERY),
      connections,
      headers: { 'content-type': 'application/json', ...authorization },
    },
  });
  const flow = (path: string, connections = CONNECTIONS) => sideOf(flows, path, { authorization: BUS_AUTHORIZATION }, connections);
  const hand = sideOf(byHand, PATHS.reads, {}, CONNECTIONS);
  const reads = await compare(load, flow(PATHS.reads), hand);
  const write = await compare(load, flow(PATHS.write), hand);
  const alone = await compare(load, flow(PATHS.script, 1), flow(PATHS.reads, 1));
  const loaded = await compare(load, flow(PATHS.script), flow(PATHS.reads));
  const byLatency = rounded(1 / alone.ratio);
  return [
    { case: 'sync-flow', ...reads, target: 'ratio >= 0.6', isReached: reads.ratio >= 0.6, baseline: BY_HAND },
    { case: 'sync-flow-write', ...write, baseline: BY_HAND, note: 'each call stores its intent before the POST, and its outcome' },
    {
      case: 'sync-flow-code',
      ...alone,
      ...{ costRatio: byLatency, costRatioUnderFullLoad: rounded(1 / loaded.ratio), perSecondUnderFullLoad: loaded.perSecond },
      target: 'costRatio <= 1.5',
      isReached: byLatency <= 1.5,
      baseline: 'the same flow without the code node, one caller that asks again when answered',
    },
  ];
}
