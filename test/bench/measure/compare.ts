/** Two servers under the same load in turn (A/B, B/A, …), so that what else the machine does meets both alike. Figures are medians. */
import type { LoadOrder, LoadProgram } from './load.ts';
import type { Program } from './program.ts';

export interface Side {
  readonly program: Pick<Program, 'port' | 'cpuMs'>;
  readonly order: Omit<LoadOrder, 'port' | 'durationMs'>;
}

export interface Comparison {
  readonly perSecond: number;
  readonly baselinePerSecond: number;
  /** Median over the rounds of (requests a second / those of the baseline in the same round). */
  readonly ratio: number;
  /** The same by CPU time of the server's process: requests per CPU second. Other load on the machine hardly touches it. */
  readonly cpuRatio: number;
  readonly cpuMicros: number;
  readonly baselineCpuMicros: number;
  readonly p99Ms: number;
}

const ROUNDS = 7;
const ROUND_MS = 1000;
const WARM_UP_MS = 5000;

export async function compare(load: LoadProgram, subject: Side, baseline: Side): Promise<Comparison> {
  for (const side of [subject, baseline]) await measure(load, side, WARM_UP_MS);
  const rounds: { readonly own: Measured; readonly base: Measured }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const isOwnFirst = round % 2 === 0;
    const first = await measure(load, isOwnFirst ? subject : baseline, ROUND_MS);
    const second = await measure(load, isOwnFirst ? baseline : subject, ROUND_MS);
    rounds.push(isOwnFirst ? { own: first, base: second } : { own: second, base: first });
  }
  const of = (read: (round: (typeof rounds)[number]) => number) => median(rounds.map(read));
  return {
    perSecond: Math.round(of(({ own }) => own.perSecond)),
    baselinePerSecond: Math.round(of(({ base }) => base.perSecond)),
    ratio: rounded(of(({ own, base }) => own.perSecond / base.perSecond)),
    cpuRatio: rounded(of(({ own, base }) => base.cpuMicros / own.cpuMicros)),
    cpuMicros: Math.round(of(({ own }) => own.cpuMicros)),
    baselineCpuMicros: Math.round(of(({ base }) => base.cpuMicros)),
    p99Ms: rounded(of(({ own }) => own.p99Ms)),
  };
}

interface Measured {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** CPU time of the server's process for one request. */
  readonly cpuMicros: number;
}

/** A load of which any answer is not 200 is no measurement. */
export async function measure(load: LoadProgram, { program, order }: Side, durationMs: number): Promise<Measured> {
  const before = await program.cpuMs();
  const result = await load.ask({ ...order, port: program.port, durationMs });
  const cpuMs = (await program.cpuMs()) - before;
  const wrong = result.statuses.filter(([status]) => status !== 200);
  if (wrong.length > 0 || result.requests === 0) throw new Error(`answers under load: ${JSON.stringify(result.statuses)}`);
  return { perSecond: result.perSecond, p99Ms: result.p99Ms, cpuMicros: (cpuMs / result.requests) * 1000 };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
