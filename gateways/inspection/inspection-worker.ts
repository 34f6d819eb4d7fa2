/** Runs in the threads of `createInspector`. */
import { serveTasks } from '../../engine/threads/serve-tasks.ts';
import { inspectBody, type InspectionHit, type InspectionOrder } from './inspect-request.ts';

export interface InspectionTask {
  readonly body: Uint8Array;
  readonly contentType: string;
  readonly order: InspectionOrder;
}

serveTasks<InspectionTask, readonly InspectionHit[] | 'unreadable'>(({ body, contentType, order }) =>
  inspectBody(body, contentType, order, Infinity)!,
);
