/** Finds flows with failed executions within the last hour, and counts failed and accepted executions. */
import type { Text } from '../../engine/contract/values/texts.ts';
import type { FlowSummary } from '../../engine/publish/interface.ts';
import type { ExecutionCounter } from '../executions/execution-counter.ts';

export interface FailingFlow {
  readonly flowId: string;
  readonly name: Text;
  readonly failed: number;
  /** Number of executions accepted in the last hour, failed ones included. */
  readonly of: number;
}

const MOST = 3;

/**
 * Returns up to three flows, the worst first: those with the highest product of the number of failures and their share
 * of all executions.
 */
export async function findFailingFlows(
  flows: readonly FlowSummary[],
  since: number,
  counter: Pick<ExecutionCounter, 'acceptedSince'>,
): Promise<readonly FailingFlow[]> {
  const failed = await counter.acceptedSince(
    flows.map(({ flowId }) => flowId),
    since,
    'failed',
  );
  const failing = flows.filter(({ flowId }) => (failed[flowId] ?? 0) > 0);
  const all = await counter.acceptedSince(
    failing.map(({ flowId }) => flowId),
    since,
  );
  return failing
    .map(({ flowId, name }) => ({ flowId, name, failed: failed[flowId] ?? 0, of: Math.max(all[flowId] ?? 0, failed[flowId] ?? 0) }))
    .sort((a, b) => badnessOf(b) - badnessOf(a))
    .slice(0, MOST);
}

function badnessOf({ failed, of }: FailingFlow): number {
  return (failed * failed) / of;
}
