/** A feed of 100,000 messages on PostgreSQL while everything fails that can. No rate is judged here: what counts is that nothing is lost, doubled or overtaken. */
import type { BenchCase } from '../measure/case.ts';
import { runChaos } from '../../support/chaos/run-chaos.ts';

const MESSAGES = 100_000;
const SEED = 20_261_125;
const LIMIT_MS = 1_200_000;

export const chaosCases: readonly BenchCase[] = [
  {
    name: 'chaos-postgres',
    limitMs: LIMIT_MS,
    async run() {
      const report = await runChaos({
        ...{ store: 'postgres', messages: MESSAGES, seed: SEED, isEndless: true },
        tell: (line) => void process.stderr.write(`${line}\n`),
      });
      return [
        {
          case: 'chaos-postgres',
          ...report,
          target: 'none lost, none doubled, order kept, late writes refused',
          isReached: report.lateEnds + report.lateWrites + report.lateOutcomes > 0,
        },
      ];
    },
  },
];
