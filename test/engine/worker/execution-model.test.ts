// @never-rerun: a single failure is a failure.
import { test } from 'node:test';
import { runModel } from './execution-model.ts';

/** More by hand: `node test/engine/worker/execution-model.ts 1 10000`. A seed that breaks is named in the error. */
const SEEDS = 1_000;

test('loses nothing, doubles nothing and keeps lanes in order while workers stall, die and take over from each other', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) await runModel(seed);
});
