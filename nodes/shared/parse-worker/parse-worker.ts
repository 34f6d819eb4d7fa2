/** Entry point of the parser thread. */
import { serveTasks } from '../../../engine/threads/serve-tasks.ts';
import { createTasks, type LargeTask, type ParseTask } from './parse-task.ts';

serveTasks<ParseTask | LargeTask, unknown>(createTasks());
