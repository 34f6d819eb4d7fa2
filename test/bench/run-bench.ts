/**
 * `npm run bench [-- name-part]`: one JSON line a case on standard output, each a ratio to a baseline measured in turns in the same run.
 * Whole bench: under six minutes on two cores. What the figures mean: docs/benchmarks.md.
 */
import type { BenchCase } from './measure/case.ts';
import { bombCases } from './cases/bombs.ts';
import { brokerCases } from './cases/brokers.ts';
import { chaosCases } from './cases/chaos.ts';
import { designerCases } from './cases/designer-canvas.ts';
import { designerSpeedCases } from './cases/designer-speed.ts';
import { detectorCases } from './cases/detectors.ts';
import { durableCases } from './cases/durable-feed.ts';
import { durableServerCases } from './cases/durable-servers.ts';
import { frontCases } from './cases/fronts.ts';
import { gatewayCases } from './cases/gateways.ts';
import { historyCases } from './cases/history.ts';
import { overloadCases } from './cases/overload.ts';
import { planChangeCases } from './cases/plan-change.ts';
import { planSoakCases } from './cases/plan-soak.ts';
import { syncFlowCases } from './cases/sync-flow.ts';

const CASE_LIMIT_MS = 150_000;

const wanted = process.argv[2] ?? '';
const cases: readonly BenchCase[] = [
  ...gatewayCases,
  ...frontCases,
  ...overloadCases,
  ...syncFlowCases,
  ...durableCases,
  ...durableServerCases,
  ...brokerCases,
  ...historyCases,
  ...detectorCases,
  ...designerCases,
  ...designerSpeedCases,
  ...chaosCases,
  ...bombCases,
  ...planChangeCases,
  ...planSoakCases,
];
const chosen = cases.filter(({ name, limitMs }) => (wanted === '' ? limitMs === undefined : name.includes(wanted)));
if (chosen.length === 0) {
  process.stderr.write(`No case is named like "${wanted}". There are: ${cases.map(({ name }) => name).join(', ')}\n`);
  process.exitCode = 2;
}
for (const { name, run, limitMs } of chosen) {
  process.stderr.write(`${name} …\n`);
  try {
    for (const line of await bounded(run(), limitMs)) process.stdout.write(`${JSON.stringify(line)}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ case: name, error: error instanceof Error ? error.message : String(error) })}\n`);
    process.exitCode = 1;
  }
}

function bounded<Result>(work: Promise<Result>, limitMs = CASE_LIMIT_MS): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not done within ${limitMs} ms`)), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
