import type { ExecutionDocument } from './execution-document.ts';
import { AppError } from '../contract/values/errors.ts';
/** Returns the place to which a sealed field of an execution is bound. */
export function executionPlace(id: string, field: string) {
  return { collection: 'executions', id, field };
}

/** Returns the document. Throws EXECUTION_UNKNOWN (input) if it is undefined, because the execution does not exist. */
export function assertStored(document: ExecutionDocument | undefined, id: string): ExecutionDocument {
  if (document) return document;
  throw new AppError('EXECUTION_UNKNOWN', 'input', `There is no execution ${id}.`, {
    values: { id },
    fix: 'Look at the list of executions; old ones are removed by retention.',
  });
}
