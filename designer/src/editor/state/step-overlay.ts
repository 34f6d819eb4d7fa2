/** Converts the finished steps of a trial or a real message for the canvas. */
import type { FlowEdge } from '../../../../engine/contract/flow/flow-document.ts';
import type { StepRecord } from '../../api/operations.ts';
import type { NodeRun, RunStatus } from './editor-store.ts';

/** Returns the ids of the wires along which the steps sent a message. */
export function wiresTaken(steps: readonly Pick<StepRecord, 'node' | 'ports'>[], edges: readonly FlowEdge[]): readonly string[] {
  const emitted = new Set(steps.flatMap(({ node, ports }) => ports.map((port) => `${node} ${port}`)));
  return edges.filter(({ from }) => emitted.has(`${from.node} ${from.port}`)).map(({ id }) => id);
}

export function runOfStep(
  { durationMs, attempt, error }: Pick<StepRecord, 'durationMs' | 'attempt' | 'error'>,
  status: RunStatus,
): NodeRun {
  return { status, durationMs, attempt, ...(error === undefined ? {} : { errorCode: error.code }) };
}
