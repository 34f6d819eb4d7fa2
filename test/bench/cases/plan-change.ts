/** What a change of one interface among 10,000 costs the calls that run meanwhile. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchCase } from '../measure/case.ts';
import { median } from '../measure/compare.ts';

const PROGRAM = fileURLToPath(new URL('../programs/plan-change.ts', import.meta.url));
const MOST_DELAY_MS = 20;
const MOST_HEAP_BYTES = 20_000;

export const planChangeCases: readonly BenchCase[] = [
  {
    name: 'plan-change',
    limitMs: 300_000,
    async run() {
      const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', '--disable-warning=ExperimentalWarning', PROGRAM]);
      const [{ heapPerInterface }, ...changes] = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, number>) as [Record<string, number>, ...Record<string, number>[]];
      const of = (name: string) => median(changes.map((change) => change[name]!));
      const delayMs = of('mostMs');
      return [
        {
          ...{ case: 'plan-change', interfaces: 10_000, delayMs, appliedMs: of('appliedMs'), cpuMs: of('cpuMs'), heapPerInterface },
          target: `delayMs < ${MOST_DELAY_MS}, heapPerInterface <= ${MOST_HEAP_BYTES}`,
          isReached: delayMs < MOST_DELAY_MS && heapPerInterface! <= MOST_HEAP_BYTES,
        },
      ];
    },
  },
];
