import type { TSchema } from 'typebox';
import type { FlowDocument, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { schemaIssues } from '../../../../engine/flow/schema-issues.ts';
import type { NodeDescription } from '../../api/operations.ts';
import { isErrorPort, type NodeTypes } from '../flow/node-types.ts';
import { findNode } from '../flow/draft-parts.ts';
import { startConfig, uniqueLabel, type NewNodeOptions } from './new-node.ts';
import { refuse, type Planned } from './refusal.ts';

/**
 * Changes the type of a node and keeps its id. A wire is kept if the new type has a port of the same name. A wire of
 * the main port or of the error port moves to the new type's main or error port. Fields of the same name are kept if
 * their values fit. A label that the user wrote is kept. If `config` is given, it is the new configuration.
 */
export function replaceType(
  document: FlowDocument,
  types: NodeTypes,
  nodeId: string,
  typeName: string,
  options: Pick<NewNodeOptions, 'language'> & { readonly config?: FlowNode['config'] } = {},
): Planned {
  const old = findNode(document, nodeId);
  const type = types.get(typeName);
  if (old === undefined) return refuse('NODE_UNKNOWN');
  if (type === undefined) return refuse('NODE_TYPE_UNKNOWN', { node: nodeId });
  const oldType = types.get(old.type);
  const node: FlowNode = {
    id: old.id,
    type: type.name,
    label: labelFor(document, old, oldType, type, options.language ?? 'zh-CN'),
    config: options.config ?? { ...startConfig(type), ...fittingFields(type, old.config) },
    ...(old.adapter !== undefined && type.adapter !== undefined && type.adapter === oldType?.adapter ? { adapter: old.adapter } : {}),
    ...(old.handling === undefined ? {} : { handling: old.handling }),
    ...(old.disabled === undefined ? {} : { disabled: old.disabled }),
  };
  const edges = document.edges.flatMap((edge) => {
    const moved = edge.from.node === nodeId ? { ...edge, from: { node: nodeId, port: outFor(types, old, node, edge.from.port) } } : edge;
    const led = moved.to.node === nodeId ? { ...moved, to: { node: nodeId, port: inFor(types, node, moved.to.port) } } : moved;
    return led.from.port === undefined || led.to.port === undefined ? [] : [led as FlowDocument['edges'][number]];
  });
  return {
    command: {
      name: 'node.replace',
      subject: old.label,
      change(draft) {
        draft.nodes[draft.nodes.findIndex(({ id }) => id === nodeId)] = structuredClone(node);
        draft.edges = structuredClone(edges);
      },
    },
  };
}

/**
 * Returns the new label. If the label is the name of the old type, with or without a number, it becomes the name of
 * the new type.
 */
function labelFor(
  document: FlowDocument,
  old: FlowNode,
  oldType: NodeDescription | undefined,
  type: NodeDescription,
  language: 'zh-CN' | 'en',
): string {
  const stem = old.label.replace(/ \d{1,4}$/u, '');
  const isOwn = oldType !== undefined && stem !== oldType.text.label['zh-CN'] && stem !== oldType.text.label.en;
  if (isOwn) return old.label;
  return uniqueLabel({ nodes: document.nodes.filter((node) => node !== old) }, type.text.label[language]);
}

function fittingFields(type: NodeDescription, config: FlowNode['config']): FlowNode['config'] {
  const fields = (type.config['properties'] ?? {}) as Readonly<Record<string, TSchema>>;
  return Object.fromEntries(
    Object.entries(config).filter(([name, value]) => {
      const schema = Object.hasOwn(fields, name) ? fields[name] : undefined;
      return schema !== undefined && schemaIssues(schema, value, 'FLOW_CONFIG').length === 0;
    }),
  );
}

function outFor(types: NodeTypes, old: FlowNode, node: FlowNode, port: string): string | undefined {
  const ports = types.outPorts(node) ?? [];
  if (ports.some(({ name }) => name === port)) return port;
  if (isErrorPort(port)) return undefined;
  return port === types.mainOutPort(old) ? types.mainOutPort(node) : undefined;
}

function inFor(types: NodeTypes, node: FlowNode, port: string): string | undefined {
  const ports = types.inPorts(node) ?? [];
  return ports.some(({ name }) => name === port) ? port : types.mainInPort(node);
}
