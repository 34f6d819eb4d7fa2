import { fieldKind, type FieldKind } from '../contract/values/field-kind.ts';
import type { FlowNode } from '../contract/flow/flow-document.ts';
import type { NodeRegistry } from './load-nodes.ts';

/**
 * Returns each text in a node's configuration with the kind of its field. The kind tells whether a text is the id of a
 * flow, of a code table, and so on.
 */
export function namedInNode(
  { type, config }: Pick<FlowNode, 'type' | 'config'>,
  nodes: Pick<NodeRegistry, 'get'>,
): readonly (readonly [FieldKind, string])[] {
  return Object.entries(nodes.get(type)?.config.properties ?? {}).flatMap(([name, schema]) => {
    const kind = fieldKind(schema);
    const value = config[name];
    return kind === undefined || typeof value !== 'string' ? [] : [[kind, value] as const];
  });
}
