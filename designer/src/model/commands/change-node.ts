import { Type } from 'typebox';
import { FlowNode, Handling, type FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { Default } from 'typebox/value';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';
import type { Command } from '../history/flow-history.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { findNode, plainJson } from '../flow/draft-parts.ts';
import { refuse, type Planned } from './refusal.ts';

const LABEL_GESTURE = 'label ';

/** Returns whether the user is typing the name of a node. */
export function isLabelGesture(gesture: string | undefined): boolean {
  return gesture?.startsWith(LABEL_GESTURE) === true;
}

/** Renames a node. No other part of the flow refers to a label, so nothing else changes. */
export function setLabel(document: FlowDocument, nodeId: string, label: string): Command {
  const before = findNode(document, nodeId)?.label;
  return {
    name: 'node.label',
    subject: before ?? label,
    mergeKey: `${LABEL_GESTURE}${nodeId}`,
    change: (draft) => withNode(draft, nodeId, (node) => void (node.label = label.slice(0, 200))),
  };
}

/**
 * Replaces the whole configuration of a node. Typing into one `field` is a single undo step. If the port of a branch
 * was renamed, its wires and mocks get the new name. If a branch was removed, its wires and mocks are removed too.
 */
export function setConfig(document: FlowDocument, types: NodeTypes, nodeId: string, config: FlowNode['config'], field?: string): Command {
  const plain = plainJson(config);
  const old = findNode(document, nodeId);
  const ports = old === undefined ? NO_CHANGE : portChange(types, old, { ...old, config: plain });
  return {
    name: 'node.config',
    ...(old === undefined ? {} : { subject: old.label }),
    ...(field === undefined ? {} : { mergeKey: `config ${nodeId} ${field}` }),
    change(draft) {
      withNode(draft, nodeId, (node) => void (node.config = structuredClone(plain)));
      followPorts(draft, nodeId, ports);
    },
  };
}

/** Sets how the node handles time-outs, retries and errors; undefined removes all of it. */
export function setHandling(document: FlowDocument, nodeId: string, handling: Handling | undefined, field?: string): Planned {
  const old = findNode(document, nodeId);
  if (old === undefined) return refuse('NODE_UNKNOWN');
  const filled = handling === undefined ? undefined : (Default(Handling, plainJson(handling)) as Handling);
  const issues = filled === undefined ? [] : schemaIssues(Handling, filled, 'FLOW_SCHEMA', '/handling');
  if (issues.length > 0) return refuse('VALUE_WRONG', { node: nodeId, issues });
  return {
    command: {
      name: 'node.handling',
      subject: old.label,
      ...(field === undefined ? {} : { mergeKey: `handling ${nodeId} ${field}` }),
      change: (draft) =>
        withNode(draft, nodeId, (node) => {
          if (filled === undefined || Object.keys(filled).length === 0) delete node.handling;
          else node.handling = structuredClone(filled);
        }),
    },
  };
}

/** Sets the adapter that the node uses; undefined for none. */
export function setAdapter(document: FlowDocument, nodeId: string, adapter: string | undefined): Planned {
  const old = findNode(document, nodeId);
  if (old === undefined) return refuse('NODE_UNKNOWN');
  const issues = adapter === undefined ? [] : schemaIssues(Type.Required(Type.Pick(FlowNode, ['adapter'])), { adapter }, 'FLOW_SCHEMA');
  if (issues.length > 0) return refuse('VALUE_WRONG', { node: nodeId, issues });
  return {
    command: {
      name: 'node.adapter',
      subject: old.label,
      change: (draft) =>
        withNode(draft, nodeId, (node) => {
          if (adapter === undefined) delete node.adapter;
          else node.adapter = adapter;
        }),
    },
  };
}

/** Disables or enables nodes. A disabled node passes every message through unchanged. */
export function setDisabled(document: FlowDocument, ids: readonly string[], isDisabled: boolean): Command {
  const only = ids.length === 1 ? findNode(document, ids[0]!)?.label : undefined;
  return {
    name: 'node.disabled',
    ...(only === undefined ? {} : { subject: only }),
    change(draft) {
      for (const node of draft.nodes.filter(({ id }) => ids.includes(id))) {
        if (isDisabled) node.disabled = true;
        else delete node.disabled;
      }
    },
  };
}

function withNode(draft: FlowDocument, id: string, change: (node: FlowNode) => void): void {
  const node = findNode(draft, id);
  if (node !== undefined) change(node);
}

interface PortChange {
  readonly renamed: ReadonlyMap<string, string>;
  readonly gone: ReadonlySet<string>;
}
const NO_CHANGE: PortChange = { renamed: new Map(), gone: new Set() };

/**
 * Returns which output ports were renamed or removed. If one name was replaced by another at the same position, the
 * port was renamed. After any other change, it is not clear which new port belongs to which old one, so the old ports
 * count as removed.
 */
function portChange(types: NodeTypes, before: FlowNode, after: FlowNode): PortChange {
  const old = namesOf(types, before);
  const now = namesOf(types, after);
  const gone = old.filter((name) => !now.includes(name));
  const come = now.filter((name) => !old.includes(name));
  const [was, is] = [gone[0], come[0]];
  if (was === undefined) return NO_CHANGE;
  if (gone.length === 1 && come.length === 1 && is !== undefined && old.indexOf(was) === now.indexOf(is)) {
    return { renamed: new Map([[was, is]]), gone: new Set() };
  }
  return { renamed: new Map(), gone: new Set(gone) };
}

function namesOf(types: NodeTypes, node: FlowNode): readonly string[] {
  return (types.outPorts(node) ?? []).map(({ name }) => name);
}

function followPorts(draft: FlowDocument, nodeId: string, { renamed, gone }: PortChange): void {
  if (renamed.size + gone.size === 0) return;
  draft.edges = draft.edges.filter(({ from }) => from.node !== nodeId || !gone.has(from.port));
  for (const { from } of draft.edges.filter((edge) => edge.from.node === nodeId)) from.port = renamed.get(from.port) ?? from.port;
  for (const { mocks } of draft.tests) {
    const mock = Object.hasOwn(mocks, nodeId) ? mocks[nodeId] : undefined;
    if (mock === undefined || !('emit' in mock)) continue;
    mock.emit = Object.fromEntries(Object.entries(mock.emit).map(([port, data]) => [renamed.get(port) ?? port, data]));
  }
}
