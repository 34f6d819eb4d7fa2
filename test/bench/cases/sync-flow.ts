/** A sync flow behind the bus front, beside the same work written by hand; then its POST as a write, and one code node more. */
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { compare, type Side } from '../measure/compare.ts';
import { startLoad } from '../measure/load.ts';
import { startProgram } from '../measure/program.ts';
import { HOSPITAL_ANSWER, QUERY, queryFlow } from '../flows/query-flow.ts';
import { BUS_AUTHORIZATION, busPlan } from './bus-plan.ts';

const PATHS = { reads: '/bench/query', write: '/bench/book', script: '/bench/script' } as const;
const CONNECTIONS = 50;

export const syncFlowCases: readonly BenchCase[] = [{ name: 'sync-flow', run }];

async function run(): Promise<readonly BenchLine[]> {
  const service = await startProgram('upstream', { text: JSON.stringify(HOSPITAL_ANSWER) });
  const upstream = `http://127.0.0.1:${service.port}`;
  const byHand = await startProgram('fastify-flow', { upstream, path: PATHS.reads });
  const flows = await startProgram('flows', {
    flows: [
      queryFlow('flw_reads', { reads: true }),
      queryFlow('flw_write', { reads: false }),
      queryFlow('flw_script', { reads: true, hasScript: true }),
    ],
    adapters: { adp_hospital: { protocol: 'http', settings: { baseUrl: upstream }, maxConcurrency: 64 } },
    plan: await busPlan(
      Object.entries(PATHS).map(([name, path]) => ({ interfaceId: `ifc_${name}`, path, target: { kind: 'flow', flowId: `flw_${name}` } })),
    ),
  });
  const load = await startLoad();
  const order = (path: string, extra = {}): Side['order'] => ({
    ...{ method: 'POST', path, body: JSON.stringify(QUERY), connections: CONNECTIONS },
    headers: { 'content-type': 'application/json', ...extra },
  });
  const flow = (path: string): Side => ({ program: flows, order: order(path, { authorization: BUS_AUTHORIZATION }) });
  const hand: Side = { program: byHand, order: order(PATHS.reads) };
  try {
    const reads = await compare(load, flow(PATHS.reads), hand);
    const write = process.env.ONLY ? reads : await compare(load, flow(PATHS.write), hand);
    const script = process.env.ONLY ? reads : await compare(load, flow(PATHS.script), flow(PATHS.reads));
    const baseline = 'the same by hand in fastify + undici';
    const costRatio = Math.round(1000 / script.ratio) / 1000;
    return [
      { case: 'sync-flow', ...reads, target: 'ratio >= 0.6', isReached: reads.ratio >= 0.6, baseline },
      { case: 'sync-flow-write', ...write, baseline, note: 'each call stores its intent before the POST, and its outcome' },
      {
        case: 'sync-flow-code',
        ...script,
        costRatio,
        target: 'costRatio <= 1.5',
        isReached: costRatio <= 1.5,
        baseline: 'the same flow without the code node',
      },
    ];
  } finally {
    await Promise.all([load, flows, byHand, service].map((program) => program.stop()));
  }
}
