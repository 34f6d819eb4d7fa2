/** What the tests of `BoundedThreads` run: work that ends, refuses, runs away, eats memory or fails. */
import { getPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { threadId } from 'node:worker_threads';
import { AppError } from '../../../engine/contract/errors.ts';
import { serveTasks, taskData } from '../../../engine/threads/serve-tasks.ts';

export interface TrialTask {
  readonly what: 'double' | 'refuse' | 'spin' | 'eat' | 'fail' | 'sleep' | 'thread' | 'data' | 'niceness';
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
  step(value);
  const eaten: unknown[] = [];
  for (let turn = 0; ; turn++) if (what === 'eat') eaten.push({ turn });
});
