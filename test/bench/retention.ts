/** `node test/bench/retention.ts [executions]`: one JSON line; exit code 1 if the folder keeps growing or a listing takes over 300 ms. */
import { runFastMotion } from '../support/fast-motion.ts';
import { makeScratch, removeScratch } from '../support/platform-process.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const scratch = await makeScratch();
try {
  const result = await runFastMotion(scratch, count, (text) => process.stderr.write(`${text}\n`));
  const isBounded = result.sizesMb.at(-1)! <= Math.max(...result.sizesMb.slice(2, 5)) * 1.25;
  const slowest = Math.max(...Object.values(result.listings));
  process.stdout.write(`${JSON.stringify({ case: 'retention', executions: count, isBounded, slowestListingMs: slowest, ...result })}\n`);
  process.exitCode = isBounded && slowest <= 300 ? 0 : 1;
} finally {
  await removeScratch(scratch);
}
