/** What happened to a message, laid over the flow that it went through. Pure. */
import type { FlowDocument } from '../../../../engine/contract/flow-document.ts';
import type { StepRecord } from '../../../../engine/run/execution-document.ts';
import type { PayloadAnswer } from '../../../../control/actions/execution-payload.ts';
import type { ShownMessage } from '../../../../control/actions/shown-message.ts';
import type { ExecutionDetails } from '../../../../engine/services.ts';
import type { NodeRun, Overlay } from '../../editor/editor-store.ts';

/** A node inside of a loop shows its latest step. */
export function overlayOf(details: ExecutionDetails, { nodes, edges }: FlowDocument): Overlay {
  const emitted = new Set(details.steps.flatMap(({ node, ports }) => ports.map((port) => `${node} ${port}`)));
  const runs = Object.fromEntries(nodes.map(({ id }) => [id, runOf(id, details)]));
  const taken = edges.filter(({ from }) => emitted.has(`${from.node} ${from.port}`)).map(({ id }) => id);
  return { nodes: runs, edges: new Set(taken) };
}

export function stepsOf(details: ExecutionDetails, nodeId: string): readonly StepRecord[] {
  return details.steps.filter(({ node }) => node === nodeId);
}

function runOf(nodeId: string, details: ExecutionDetails): NodeRun {
  const step = stepsOf(details, nodeId).at(-1);
  const isHeldHere = details.status === 'held' && details.held?.node === nodeId;
  if (step === undefined) return isHeldHere ? { status: 'held', errorCode: details.held.reason } : { status: 'not-reached' };
  const { durationMs, attempt, error } = step;
  return {
    status: isHeldHere ? 'held' : step.status,
    ...{ durationMs, attempt },
    ...(error === undefined ? {} : { errorCode: error.code }),
  };
}

export interface Labelled {
  readonly from: string;
  readonly message: ShownMessage;
}

/** What came out of a node, by port; of a loop's iterations, each. */
export function outputsOf({ outputs }: PayloadAnswer, nodeId: string): readonly Labelled[] {
  return ofNode(outputs, nodeId).flatMap(([round, ports]) =>
    Object.entries(ports).map(([port, message]) => ({ from: round === '' ? port : `${round} · ${port}`, message })),
  );
}

/** What went into a node; of a loop's iterations, into each. */
export function inputsOf({ inputs }: PayloadAnswer, nodeId: string): readonly Labelled[] {
  return ofNode(inputs, nodeId).map(([round, message]) => ({ from: round, message }));
}

/** Entries of one node with the iteration that they belong to (`''` outside of a loop). */
function ofNode<T>(bySteps: Readonly<Record<string, T>>, nodeId: string): readonly (readonly [string, T])[] {
  return Object.entries(bySteps)
    .filter(([key]) => key === nodeId || key.endsWith(`/${nodeId}`))
    .map(([key, value]) => [key.slice(0, -nodeId.length).replace(/\/$/, ''), value] as const);
}
