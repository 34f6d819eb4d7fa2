import type { FlowDocument, FlowNode } from '../contract/flow-document.ts';
import { isRecord } from '../contract/is-record.ts';
import { typeName, type NodeDefinition } from '../contract/node.ts';

type RawFlow = Readonly<Record<string, unknown>>;

/** Schema of an older document -> what makes it a document of the next schema. `flow/1` is the first, so there is none yet. */
const STEPS: ReadonlyMap<string, (old: RawFlow) => RawFlow> = new Map();

/** Lifts a raw document to the newest schema; what it does not know it leaves for `parseFlow` to refuse. */
export function migrateFlow(raw: unknown, steps: typeof STEPS = STEPS): unknown {
  let current = raw;
  for (let count = 0; count <= steps.size; count++) {
    const step = isRecord(current) && typeof current.schema === 'string' ? steps.get(current.schema) : undefined;
    if (step === undefined) return current;
    current = step(current as RawFlow);
  }
  return current;
}

/** Nodes whose major version is no longer there become the next newer one that can take over their configuration. */
export function upgradeNodes(
  document: FlowDocument,
  nodes: { list(): readonly NodeDefinition[]; get(name: string): NodeDefinition | undefined },
): FlowDocument {
  const upgraded = document.nodes.map((node) => upgradeNode(node, nodes));
  return upgraded.every((node, index) => node === document.nodes[index]) ? document : { ...document, nodes: upgraded };
}

function upgradeNode(
  node: FlowNode,
  nodes: { list(): readonly NodeDefinition[]; get(name: string): NodeDefinition | undefined },
): FlowNode {
  if (nodes.get(node.type) !== undefined) return node;
  const [type, major] = node.type.split('@') as [string, string];
  const newer = nodes
    .list()
    .filter((definition) => definition.type === type && definition.major > Number(major) && definition.upgrade !== undefined)
    .sort((a, b) => a.major - b.major)[0];
  if (newer?.upgrade === undefined) return node;
  return { ...node, type: typeName(newer), config: newer.upgrade(node.config, Number(major)) as FlowNode['config'] };
}
