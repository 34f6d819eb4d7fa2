/** How many executions a flow has had today, read from the store's index and remembered for a moment, since many pages may look at once. */
import type { Clock } from '../../engine/contract/clock.ts';
import type { Documents } from '../../engine/contract/ports/documents.ts';
import { executionsSpec } from '../../engine/run/execution-document.ts';

export interface ExecutionCounter {
  /** Recorded executions since local midnight, counted up to 10,000. */
  today(flowIds: readonly string[]): Promise<Readonly<Record<string, number>>>;
}

const REMEMBERED_MS = 5000;
const MOST = 10_000;

export async function createExecutionCounter(documents: Documents, clock: Clock): Promise<ExecutionCounter> {
  const executions = await documents.open(executionsSpec);
  const remembered = new Map<string, { readonly count: number; readonly at: number }>();

  async function count(flowId: string): Promise<number> {
    const known = remembered.get(flowId);
    if (known !== undefined && clock.monotonic() - known.at < REMEMBERED_MS) return known.count;
    const found = await executions.count({ flowId, acceptedAt: { gte: new Date(clock.now()).setHours(0, 0, 0, 0) } }, MOST);
    if (remembered.size > 5000) remembered.clear();
    remembered.set(flowId, { count: found, at: clock.monotonic() });
    return found;
  }

  return {
    today: async (flowIds) => Object.fromEntries(await Promise.all(flowIds.map(async (flowId) => [flowId, await count(flowId)] as const))),
  };
}
