/** What the tests of `BoundedThreads` run: work that ends, refuses, runs away, eats memory or fails. */
import { pbkdf2Sync } from 'node:crypto';
import { getPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { AppError } from '../../../engine/contract/values/errors.ts';
import { serveTasks, taskData } from '../../../engine/threads/serve-tasks.ts';

export interface TrialTask {
  readonly what: 'double' | 'refuse' | 'compute' | 'spin' | 'call' | 'eat' | 'fail' | 'sleep' | 'thread' | 'data' | 'niceness';
  readonly value?: number;
}

serveTasks(async ({ what, value = 0 }: TrialTask, { step }) => {
  if (what === 'double') return value * 2;
  if (what === 'thread') return threadId;
  if (what === 'niceness') return getPriority(0);
  if (what === 'data') return taskData();
  if (what === 'refuse') throw new AppError('TRIAL_REFUSED', 'input', 'Refused.', { values: { value } });
  if (what === 'fail') throw new TypeError('a bug');
  if (what === 'sleep') return sleep(value, value);
  if (what === 'compute') return compute(value);
  // Nobody learns what a thread computed while it is in one long call.
  if (what === 'call') pbkdf2Sync('a', 'b', 400_000 * value, 64, 'sha512');
  step(value);
  const eaten: unknown[] = [];
  for (let turn = 0; ; turn++) if (what === 'eat') eaten.push({ turn });
});

function compute(ms: number): number {
  const { user } = process.threadCpuUsage();
  let sum = 0;
  while (process.threadCpuUsage().user - user < ms * 1000) for (let turn = 0; turn < 1_000_000; turn++) sum += turn;
  return sum;
}
