/** What happened to a message, laid over the flow that it went through. Pure. */
import type { FlowDocument } from '../../../../../engine/contract/flow/flow-document.ts';
import type { StepRecord } from '../../../../../engine/execution/execution-document.ts';
import type { PayloadAnswer } from '../../../../../control/executions/execution-payload.ts';
import type { ShownMessage } from '../../../../../control/executions/shown-message.ts';
import type { Standstill } from '../../../../../engine/execution/standstill.ts';
import type { ExecutionDetails } from '../../../../../engine/operate/interface.ts';
import type { NodeRun, Overlay } from '../../../editor/state/editor-store.ts';
import { runOfStep, wiresTaken } from '../../../editor/state/step-overlay.ts';

/** A node inside of a loop shows its latest step. */
export function overlayOf(details: ExecutionDetails, document: FlowDocument): Overlay {
  const { nodes, edges } = document;
  const runs: Readonly<Record<string, NodeRun>> = Object.fromEntries(nodes.map(({ id }) => [id, runOf(id, details)]));
  const isReached = (nodeId: string) => !['not-reached', 'skipped'].includes(runs[nodeId]?.status ?? 'not-reached');
  const trigger = triggerOf(document, isReached);
  const begun = edges.filter(({ from, to }) => from.node === trigger && isReached(to.node)).map(({ id }) => id);
  return {
    nodes: trigger === undefined ? runs : { ...runs, [trigger]: { status: 'completed' } },
    edges: new Set([...begun, ...wiresTaken(details.steps, edges)]),
  };
}

/** A trigger is no step of the record: it is the one whose wire leads to what was reached. Of several such none is said to be it. */
function triggerOf({ nodes, edges }: FlowDocument, isReached: (nodeId: string) => boolean): string | undefined {
  const led = new Set(edges.map(({ to }) => to.node));
  const begun = nodes.filter(
    ({ id }) => !led.has(id) && !isReached(id) && edges.some(({ from, to }) => from.node === id && isReached(to.node)),
  );
  return begun.length === 1 ? begun[0]?.id : undefined;
}

export function stepsOf(details: ExecutionDetails, nodeId: string): readonly StepRecord[] {
  return details.steps.filter(({ node }) => node === nodeId);
}

/** Where it stands still says more than a step that settled before, in another round of a loop. */
function runOf(nodeId: string, details: ExecutionDetails): NodeRun {
  const standstill = standstillsOf(details, nodeId)[0];
  if (standstill !== undefined) return runOfStandstill(standstill);
  const step = stepsOf(details, nodeId).at(-1);
  return step === undefined ? { status: 'not-reached' } : runOfStep(step, step.status);
}

export function standstillsOf({ standstills }: ExecutionDetails, nodeId: string): readonly Standstill[] {
  return standstills.filter(({ node }) => node === nodeId);
}

function runOfStandstill({ state, attempt, error }: Standstill): NodeRun {
  return {
    status: state === 'retrying' ? 'waiting' : state,
    ...(attempt === undefined ? {} : { attempt }),
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
