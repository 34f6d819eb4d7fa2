/** Entry of the parser thread: one task in, one answer out. */
import { parentPort } from 'node:worker_threads';
import { AppError } from '../../../engine/contract/errors.ts';
import { createTasks, type LargeTask, type ParseTask } from './parse-task.ts';

export type ParseAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly refusal: Pick<AppError, 'code' | 'kind' | 'message' | 'values' | 'fix'> | undefined };

const run = createTasks();

parentPort?.on('message', ({ id, task }: { readonly id: number; readonly task: ParseTask | LargeTask }) => {
  void answer(id, task).then((answered) => parentPort?.postMessage(answered));
});

async function answer(id: number, task: ParseTask | LargeTask): Promise<ParseAnswer> {
  try {
    return { id, value: await run(task) };
  } catch (error) {
    if (!(error instanceof AppError)) return { id, refusal: undefined };
    const { code, kind, message, values, fix } = error;
    return { id, refusal: { code, kind, message, values, fix } };
  }
}
