/** The thread that transforms XML. */
import { serveTasks } from '../../../engine/threads/serve-tasks.ts';
import { transform, type XsltTask } from './transform.ts';

serveTasks<XsltTask, string>(transform);
