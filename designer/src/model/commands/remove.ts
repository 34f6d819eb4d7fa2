import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import type { Command } from '../history/flow-history.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { whyNotConnect, type PortEnd } from './connect.ts';
import { findNode, removeNodes } from '../flow/draft-parts.ts';
import { refuse, type Planned } from './refusal.ts';

export interface Selection {
  readonly nodes?: readonly string[];
  readonly edges?: readonly string[];
  readonly notes?: readonly string[];
  /** Ids of groups whose frames are removed; their contents stay. */
  readonly groups?: readonly string[];
}

/** Removes the selection. The wires of removed nodes are removed too; saved tests keep their mocks. */
export function remove(document: FlowDocument, selection: Selection): Command {
  const { nodes = [], edges = [], notes = [], groups = [] } = selection;
  const isEdgesOnly = nodes.length + notes.length + groups.length === 0;
  const only = nodes.length === 1 ? findNode(document, nodes[0]!)?.label : undefined;
  return {
    name: isEdgesOnly ? 'edge.remove' : 'node.remove',
    ...(only === undefined ? {} : { subject: only }),
    change(draft) {
      removeNodes(draft, new Set(nodes));
      draft.edges = draft.edges.filter(({ id }) => !edges.includes(id));
      draft.layout.notes = draft.layout.notes.filter(({ id }) => !notes.includes(id));
      draft.layout.groups = draft.layout.groups.filter(({ id }) => !groups.includes(id));
    },
  };
}

/**
 * Removes the wires of a node and connects the nodes before it directly to the nodes behind its main output. With
 * `remove` the node is removed too.
 */
export function bypass(
  document: FlowDocument,
  types: NodeTypes,
  nodeId: string,
  options: { readonly remove?: boolean } = {},
): Planned<{ readonly edgeIds: readonly string[] }> {
  const node = findNode(document, nodeId);
  if (node === undefined) return refuse('NODE_UNKNOWN');
  const main = types.mainOutPort(node);
  const ways = document.edges.filter(({ to }) => to.node === nodeId).map(({ from }) => from);
  const targets = document.edges.filter(({ from }) => from.node === nodeId && from.port === main).map(({ to }) => to);
  const edges = shortCuts(document, types, nodeId, ways, targets);
  return {
    edgeIds: edges.map(({ id }) => id),
    command: {
      name: options.remove === true ? 'node.remove' : 'node.bypass',
      subject: node.label,
      change(draft) {
        if (options.remove === true) removeNodes(draft, new Set([nodeId]));
        else draft.edges = draft.edges.filter(({ from, to }) => from.node !== nodeId && to.node !== nodeId);
        draft.edges.push(...structuredClone(edges));
      },
    },
  };
}

function shortCuts(document: FlowDocument, types: NodeTypes, nodeId: string, ways: readonly PortEnd[], targets: readonly PortEnd[]) {
  const rest = { ...document, edges: document.edges.filter(({ from, to }) => from.node !== nodeId && to.node !== nodeId) };
  const made: FlowDocument['edges'] = [];
  for (const from of ways) {
    for (const to of targets) {
      const drawn = { ...rest, edges: [...rest.edges, ...made] };
      if (whyNotConnect(drawn, types, from, to) === undefined) made.push({ id: createId('e'), from: { ...from }, to: { ...to } });
    }
  }
  return made;
}
