/** Puts the record of an execution into the store, as the engine would have left it. */
import type { Documents } from '../../engine/contract/ports/documents.ts';
import { executionsSpec, type ExecutionDocument } from '../../engine/execution/execution-document.ts';

let made = 0;

export async function putExecution(
  documents: Documents,
  fields: Pick<ExecutionDocument, 'flowId' | 'status' | 'acceptedAt'> & Partial<ExecutionDocument>,
): Promise<void> {
  const id = `exe_test${String(++made).padStart(6, '0')}`;
  const isOpen = !['completed', 'failed', 'cancelled'].includes(fields.status);
  const base = { _id: id, dedupe: id, origin: id, version: 1, part: 0, keys: [], legs: {}, epoch: 0, ...(isOpen ? { open: true } : {}) };
  const executions = await documents.open(executionsSpec);
  await executions.insert({ ...base, ...fields } as unknown as ExecutionDocument);
}
