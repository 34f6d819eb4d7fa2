/** The thread that fills templates. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import { fill, type FillTask } from './fill.ts';

serveTasks<FillTask, unknown>(fill);
