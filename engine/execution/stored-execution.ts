import type { ExecutionDocument } from './execution-document.ts';
import { AppError } from '../contract/values/errors.ts';
/** The stored place of an execution's field, for those who open it. */
export function executionPlace(id: string, field: string) {
  return { collection: 'executions', id, field };
}

/** Refuses what no store should be asked. */
export function assertStored(document: ExecutionDocument | undefined, id: string): ExecutionDocument {
  if (document) return document;
  throw new AppError('EXECUTION_UNKNOWN', 'input', `There is no execution ${id}.`, {
    values: { id },
    fix: 'Look at the list of executions; old ones are removed by retention.',
  });
}
