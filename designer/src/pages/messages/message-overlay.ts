/** What happened to a message, laid over the flow that it went through. Pure. */
import type { FlowDocument } from '../../../../engine/contract/flow-document.ts';
import type { Message } from '../../../../engine/contract/message.ts';
import type { StepRecord } from '../../../../engine/run/execution-document.ts';
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
  readonly message: Message;
}

/** What came out of a node, by port; of a loop's iterations, each. */
export function outputsOf(details: ExecutionDetails, nodeId: string): readonly Labelled[] {
  return Object.entries(details.outputs ?? {})
    .filter(([key]) => key === nodeId || key.endsWith(`/${nodeId}`))
    .flatMap(([key, ports]) =>
      Object.entries(ports).flatMap(([port, messages]) =>
        messages.map((message) => ({ from: key === nodeId ? port : `${key.slice(0, -nodeId.length - 1)} · ${port}`, message })),
      ),
    );
}

/** What went into a node: what its wires brought, or the message itself where the flow begins. */
export function inputsOf(details: ExecutionDetails, nodeId: string, document: FlowDocument): readonly Labelled[] {
  const wires = document.edges.filter(({ to }) => to.node === nodeId);
  if (wires.length === 0) return details.input === undefined ? [] : [{ from: '', message: details.input }];
  return wires.flatMap(({ from }) => {
    const label = document.nodes.find(({ id }) => id === from.node)?.label ?? from.node;
    return Object.entries(details.outputs ?? {})
      .filter(([key]) => key === from.node || key.endsWith(`/${from.node}`))
      .flatMap(([, ports]) => (ports[from.port] ?? []).map((message) => ({ from: `${label} · ${from.port}`, message })));
  });
}
