/**
 * Five hundred generated bombs, thrown by viewers, analysts and a hostile hospital at one process, all kinds at once: each gets a result or a
 * refusal that says why, the process lives, no turn of its event loop is long, its memory comes back, and every call of others succeeds.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openBombField, type BombField, type Outcome } from '../support/bombs/bomb-field.ts';
import { createTurnWatch, type TurnWatch } from '../support/bombs/read-turns.ts';
import { keepCalling, throwAll } from '../support/bombs/throw-all.ts';
import { until } from '../support/city.ts';
import { choosePorts, makeScratch, removeScratch, startPlatform, type Platform } from '../support/platform-process.ts';

const SEED = Number(process.env['KQ_TEST_SEED'] ?? 1);
/** Of computing in one turn of the event loop: generous, since what is meant are seconds. */
const LONGEST_TURN_MS = 600;
/** Above what it had before. What ended threads held is the allocator's to give back, in its own time. */
const MOST_MB = { heap: 150, rss: 2000 };

let scratch: string;
let platform: Platform;
let field: BombField;
let turns: TurnWatch;

before(async () => {
  scratch = await makeScratch();
  turns = createTurnWatch(scratch);
  platform = await startPlatform({ scratch, ports: await choosePorts(), example: true, environment: turns.environment });
  field = await openBombField(platform, SEED);
});
after(async () => {
  await field?.stop();
  platform?.process.kill('SIGKILL');
  await removeScratch(scratch);
});

test('five hundred bombs end in a result or a reason, and nobody else feels them', { timeout: 600_000 }, async (t) => {
  const before = await turns.read();
  const innocent = await keepCalling(field);
  const outcomes = await throwAll(t, field);
  const { tookMs, refused } = await innocent.stop();
  const during = await turns.read();
  t.diagnostic(`before ${JSON.stringify(before)}, meanwhile ${JSON.stringify(during)}; ${tookMs.length} calls of others`);
  for (const line of summary(outcomes)) t.diagnostic(line);
  const faults = outcomes.flatMap((outcome) => outcome.faults.map((fault) => `${outcome.bomb}: ${fault}`));
  if (faults.length > 0) for (const line of platform.output().match(/^\S+ error .*$/gm) ?? []) t.diagnostic(line);
  assert.deepEqual(faults, []);
  assert.equal(outcomes.length, 500);
  assert.equal(platform.process.exitCode, null, platform.output().slice(-2000));
  assert.deepEqual(refused, []);
  assert.ok(tookMs.length > 100, `${tookMs.length} calls of others`);
  assert.ok(during.longestTurnMs < LONGEST_TURN_MS, `a turn of ${during.longestTurnMs} ms`);
  const rested = await until('its memory back', async () => {
    const { heapMb, rssMb } = await turns.read();
    return heapMb - before.heapMb < MOST_MB.heap && rssMb - before.rssMb < MOST_MB.rss && { heapMb, rssMb };
  });
  t.diagnostic(`afterwards ${JSON.stringify(rested)}`);
});

/** How often each way ended how. */
function summary(outcomes: readonly Outcome[]): string[] {
  const counts = new Map<string, number>();
  for (const { bomb, ways } of outcomes)
    for (const way of ways) {
      const line = `${bomb.split(' ')[0]}: ${way}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
  return [...counts].map(([line, count]) => `${count} x ${line}`).sort();
}
