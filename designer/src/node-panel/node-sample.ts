/** Derives the sample of a node's fields from what is known about the messages of the flow. Pure. */
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { nodesBefore } from '../model/flow/graph-walk.ts';
import { likelyOutput } from '../model/samples/likely-output.ts';
import { isErrorPort, type NodeTypes } from '../model/flow/node-types.ts';
import type { OfferedShapes } from '../model/samples/offered-shapes.ts';
import type { NodeName, ScopeSample } from './expression/scope-sample.ts';

/** Input and output (by port) of a node. */
export interface NodeData {
  readonly input?: unknown;
  readonly output?: Readonly<Record<string, unknown>>;
}
export type NodeSamples = Readonly<Record<string, NodeData>>;

export function namesOfNodesBefore(document: FlowDocument, nodeId: string): readonly NodeName[] {
  const before = nodesBefore(document, nodeId);
  return document.nodes.filter(({ id }) => id !== nodeId && before.has(id)).map(({ id, label }) => ({ id, label: label || id }));
}

export function namesOfNodesLeadingTo(document: FlowDocument, nodeId: string): readonly NodeName[] {
  const sources = new Set(document.edges.filter(({ to }) => to.node === nodeId).map(({ from }) => from.node));
  return document.nodes.filter(({ id }) => sources.has(id)).map(({ id, label }) => ({ id, label: label || id }));
}

/**
 * Returns the sample of a node. Its data is the recorded input of the node. If there is none, it is the output of a
 * node before it, at the port at which the wire starts.
 */
export function scopeSampleOf(
  document: FlowDocument,
  types: NodeTypes,
  offered: OfferedShapes,
  samples: NodeSamples,
  nodeId: string,
): ScopeSample {
  const data = inputOf(document, types, offered, samples, nodeId);
  const output = outputOf(document, types, offered, samples, nodeId);
  const nodes = Object.fromEntries(
    namesOfNodesBefore(document, nodeId).map(({ id }) => [id, outputOf(document, types, offered, samples, id)]),
  );
  return { ...(data === undefined ? {} : { data }), ...(output === undefined ? {} : { output }), nodes };
}

/** Returns the sample for the flow's expressions: the message that the trigger emits. */
export function triggerSampleOf(document: FlowDocument, types: NodeTypes, offered: OfferedShapes, samples: NodeSamples): ScopeSample {
  const trigger = document.nodes.find((node) => types.isTrigger(node));
  const data = trigger && outputOf(document, types, offered, samples, trigger.id);
  return data === undefined ? {} : { data };
}

function inputOf(document: FlowDocument, types: NodeTypes, offered: OfferedShapes, samples: NodeSamples, nodeId: string): unknown {
  const own = samples[nodeId]?.input;
  if (own !== undefined) return own;
  return document.edges
    .filter(({ to }) => to.node === nodeId)
    .map(({ from }) => outputOf(document, types, offered, samples, from.node, from.port))
    .find((data) => data !== undefined);
}

/**
 * Returns the output of a node at a port, or at its main port if `port` is absent. For a node that has never run,
 * returns a guess.
 */
function outputOf(
  document: FlowDocument,
  types: NodeTypes,
  offered: OfferedShapes,
  samples: NodeSamples,
  nodeId: string,
  port?: string,
): unknown {
  const node = document.nodes.find(({ id }) => id === nodeId);
  if (node === undefined) return undefined;
  const output = samples[nodeId]?.output;
  const name = port ?? types.mainOutPort(node) ?? '';
  if (output !== undefined) return output[name] ?? (port === undefined ? Object.values(output)[0] : undefined);
  return isErrorPort(name) ? undefined : likelyOutput(document, types, offered, nodeId);
}
