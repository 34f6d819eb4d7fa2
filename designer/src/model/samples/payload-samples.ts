/** Input and output of each node in a real message, as a sample for a mapping. */
import type { PayloadAnswer, ShownMessage } from '../../api/operations.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import type { NodeTypes } from '../flow/node-types.ts';

export interface NodeRecord {
  readonly input?: unknown;
  /** The outputs by port. */
  readonly output?: Readonly<Record<string, unknown>>;
}

export interface Envelope {
  readonly headers: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<string, string>>;
}

/**
 * Returns the data of all nodes. If a node ran several times, that of its first run is used. Data that is truncated or
 * not structured is left out.
 */
export function recordsOf(payload: PayloadAnswer, document: FlowDocument, types: NodeTypes): Readonly<Record<string, NodeRecord>> {
  const records: Record<string, NodeRecord> = {};
  for (const key of [...new Set([...Object.keys(payload.inputs), ...Object.keys(payload.outputs)])]) {
    const node = nodeOf(key);
    if (records[node] !== undefined) continue;
    const input = payload.inputs[key];
    records[node] = { ...(isWhole(input) ? { input: input.data } : {}), output: dataByPort(payload.outputs[key] ?? {}) };
  }
  const trigger = document.nodes.find((node) => types.isTrigger(node));
  if (trigger === undefined || !isWhole(payload.input)) return records;
  return { ...records, [trigger.id]: { output: { [types.mainOutPort(trigger) ?? 'out']: payload.input.data } } };
}

/**
 * Returns the headers and keys of the message that arrived at the node. If they are unknown, returns those of the
 * message that arrived at the flow.
 */
export function envelopeOf(payload: PayloadAnswer, nodeId: string): Envelope {
  const [, message = payload.input] = Object.entries(payload.inputs).find(([key]) => nodeOf(key) === nodeId) ?? [];
  return { headers: message?.headers ?? {}, keys: message?.keys ?? {} };
}

/** Returns the node of a step: `n_each[3]/n_send` is a step of `n_send`. */
function nodeOf(stepKey: string): string {
  return stepKey.slice(stepKey.lastIndexOf('/') + 1);
}

function isWhole(message: ShownMessage | undefined): message is ShownMessage {
  return message !== undefined && message.form === 'json' && message.truncated !== true;
}

function dataByPort(output: Readonly<Record<string, ShownMessage>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(output).flatMap(([port, message]) => (isWhole(message) ? [[port, message.data]] : [])));
}
