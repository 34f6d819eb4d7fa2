/**
 * Supports retries with the current code tables. An execution is pinned to the tables with which it was accepted. If
 * those lack a code, every retry fails for that code, and so do all executions behind it in its lane.
 */
import { AppError } from '../contract/values/errors.ts';
import type { Collection } from '../contract/ports/documents.ts';
import type { Bindings } from '../bindings/interface.ts';
import { PAYLOAD_FIELDS, type ExecutionDocument } from '../execution/execution-document.ts';
import { transition } from '../execution/transition.ts';

export interface TablesDeps {
  readonly executions: Pick<Collection<ExecutionDocument>, 'find' | 'patchIf'>;
  readonly bindings: Pick<Bindings, 'tables'>;
}

const PAGE = 500;

/**
 * Returns the fields to set on the held execution. Before the lane continues, never-started executions behind it get
 * the current tables too. Otherwise they would be held one after the other, because their old tables lack the same
 * code. A claim at the same time is safe, because it is refused if the tables changed.
 */
export async function useTablesOfNow(
  { _id, part, lane }: ExecutionDocument,
  { executions, bindings }: TablesDeps,
): Promise<{ readonly tables: string }> {
  const tables = bindings.tables().id;
  if (lane === null) return { tables };
  const behind = { part, open: true, 'lane.key': lane.key, 'lane.seq': { gte: lane.seq }, status: 'queued', epoch: 0 };
  for (let after: string | undefined; ;) {
    const options = { sort: ['lane.seq'], limit: PAGE, omit: PAYLOAD_FIELDS, ...(after === undefined ? {} : { after }) };
    const page = await executions.find(behind, options);
    for (const waiting of page) {
      if (waiting._id === _id || waiting.tables === tables) continue;
      const { match, patch } = transition(waiting, { kind: 'tables-moved', tables });
      await executions.patchIf(waiting._id, match, patch);
    }
    if (page.length < PAGE) return { tables };
    after = page.at(-1)!._id;
  }
}

/**
 * Creates the error for an execution that must keep its tables. The data that it sent, or may have sent, was built
 * with the old tables. A retry with new tables would show, and continue with, data that was never sent.
 */
export function tablesKept(id: string): AppError {
  return new AppError(
    'RETRY_TABLES_KEPT',
    'input',
    `Execution ${id} must keep its code tables, because one of its writes was or may have been done.`,
    {
      values: { id },
      fix: 'Retry it with the code tables as received, give the reply, or end it as done.',
    },
  );
}
