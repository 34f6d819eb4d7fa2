/** What the others feel of bombs: rounds with a part of the five hundred, and rounds without, in turn. */
import { setTimeout as pause } from 'node:timers/promises';
import { codeOf, openBombField, type BombField } from '../../support/bombs/bomb-field.ts';
import type { Refusal } from '../../support/bombs/call-innocent.ts';
import { createTurnWatch, type TurnWatch } from '../../support/bombs/read-turns.ts';
import { keepCalling, throwInTurn } from '../../support/bombs/throw-all.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform } from '../../support/platform-process.ts';
import type { BenchCase, BenchLine } from '../measure/case.ts';
import { median, rounded } from '../measure/compare.ts';

const ROUNDS = 5;
const CONTROL_MS = 15_000;
const SEED = Number(process.env['KQ_TEST_SEED'] ?? 1);

export const bombCases: readonly BenchCase[] = [{ name: 'bombs', limitMs: 900_000, run: runBombs }];

interface Round {
  readonly p99Ms: number;
  readonly calls: number;
  readonly refused: readonly Refusal[];
  readonly longestDelayMs: number;
  readonly longestTurnMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

async function runBombs(): Promise<readonly BenchLine[]> {
  const scratch = await makeScratch();
  const turns = createTurnWatch(scratch);
  const ends: (() => unknown)[] = [];
  const platform = await startPlatform({ scratch, ports: await choosePorts(), example: true, environment: turns.environment });
  try {
    const field = await openBombField(platform, SEED);
    ends.push(() => field.stop());
    const keep = { after: (end: unknown) => void ends.push(end as () => unknown) };
    await measure(field, turns, () => pause(CONTROL_MS));
    const controls: Round[] = [];
    const bombs: Round[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      controls.push(await measure(field, turns, () => pause(CONTROL_MS)));
      bombs.push(await measure(field, turns, () => throwInTurn(keep, partOf(field, round))));
    }
    return [lineOf(controls, bombs)];
  } finally {
    for (const end of ends.reverse()) await end();
    platform.process.kill('SIGKILL');
    await removeScratch(scratch);
  }
}

function lineOf(controls: readonly Round[], bombs: readonly Round[]): BenchLine {
  const of = (rounds: readonly Round[], read: (round: Round) => number) => median(rounds.map(read));
  const delayAboveMs = of(bombs, (round) => round.longestDelayMs) - of(controls, (round) => round.longestDelayMs);
  const p99Ratio = of(bombs, (round) => round.p99Ms) / of(controls, (round) => round.p99Ms);
  const refused = [...controls, ...bombs].flatMap((round) => round.refused);
  return {
    case: 'bombs',
    target: 'delayAboveMs <= 50, p99Ratio <= 1.5, no refusals',
    isReached: delayAboveMs <= 50 && p99Ratio <= 1.5 && refused.length === 0,
    delayAboveMs: rounded(delayAboveMs),
    p99Ratio: rounded(p99Ratio),
    p99Ms: rounded(of(bombs, (round) => round.p99Ms)),
    controlP99Ms: rounded(of(controls, (round) => round.p99Ms)),
    longestTurnMs: rounded(Math.max(...bombs.map((round) => round.longestTurnMs))),
    refusals: countByCode(refused),
    rssMb: bombs.map((round) => Math.round(round.rssMb)),
    heapMb: bombs.map((round) => Math.round(round.heapMb)),
  };
}

async function measure(field: BombField, turns: TurnWatch, work: () => Promise<unknown>): Promise<Round> {
  await turns.read();
  const innocent = await keepCalling(field, [field.asking]);
  await work();
  const { tookMs, refused } = await innocent.stop();
  const sorted = [...tookMs].sort((a, b) => a - b);
  return { p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? 0, calls: tookMs.length, refused, ...(await turns.read()) };
}

function countByCode(refused: readonly Refusal[]): Readonly<Record<string, number>> {
  const byCode = Map.groupBy(refused, ({ status, text }) => codeOf(text) ?? String(status));
  return Object.fromEntries([...byCode].map(([code, refusals]) => [code, refusals.length]));
}

/** Every fifth bomb of each kind. */
function partOf(field: BombField, round: number): BombField {
  const bombs = Object.fromEntries(
    Object.entries(field.bombs).map(([kind, all]) => [kind, (all as readonly unknown[]).filter((_, index) => index % ROUNDS === round)]),
  );
  return { ...field, bombs: bombs as unknown as BombField['bombs'] };
}
