/**
 * Computes what the canvas shows about a message: the state of each node, and the wires along which the message was
 * sent. Pure.
 */
import type { FlowDocument } from '../../../../../engine/contract/flow/flow-document.ts';
import type { ExecutionDetails, PayloadAnswer, ShownMessage, Standstill, StepRecord } from '../../../api/operations.ts';
import type { NodeRun, Overlay } from '../../../editor/state/editor-store.ts';
import { runOfStep, wiresTaken } from '../../../editor/state/step-overlay.ts';

/** Returns the states of the nodes and the wires that were used. A node inside a loop shows its latest step. */
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

/**
 * Finds the trigger, for which no step is recorded. It is a node without steps and without an incoming wire, with a
 * wire to a node that has steps. Returns undefined if several nodes fit.
 */
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

/**
 * Returns the state of a node. If the message has stopped at the node, this state is shown, even if the node finished
 * in another iteration of a loop.
 */
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

/** Returns a node's outputs by port. For a node in a loop, returns those of each iteration. */
export function outputsOf({ outputs }: PayloadAnswer, nodeId: string): readonly Labelled[] {
  return ofNode(outputs, nodeId).flatMap(([round, ports]) =>
    Object.entries(ports).map(([port, message]) => ({ from: round === '' ? port : `${round} · ${port}`, message })),
  );
}

/** Returns a node's inputs. For a node in a loop, returns those of each iteration. */
export function inputsOf({ inputs }: PayloadAnswer, nodeId: string): readonly Labelled[] {
  return ofNode(inputs, nodeId).map(([round, message]) => ({ from: round, message }));
}

/** Returns the entries of one node with their iteration (`''` outside a loop). */
function ofNode<T>(bySteps: Readonly<Record<string, T>>, nodeId: string): readonly (readonly [string, T])[] {
  return Object.entries(bySteps)
    .filter(([key]) => key === nodeId || key.endsWith(`/${nodeId}`))
    .map(([key, value]) => [key.slice(0, -nodeId.length).replace(/\/$/, ''), value] as const);
}
