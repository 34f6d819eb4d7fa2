import type { FlowDocument, FlowNode } from '../contract/flow/flow-document.ts';
import { isRecord } from '../contract/values/is-record.ts';
import { typeName, type NodeDefinition } from '../contract/node/node.ts';

type RawFlow = Readonly<Record<string, unknown>>;

/**
 * For each older schema, the step that converts a document to the next schema. There is no step yet, because `flow/1`
 * is the first schema.
 */
const STEPS: ReadonlyMap<string, (old: RawFlow) => RawFlow> = new Map();

/** Migrates a raw document to the newest schema. Returns unknown documents unchanged; `parseFlow` refuses them. */
export function migrateFlow(raw: unknown, steps: typeof STEPS = STEPS): unknown {
  let current = raw;
  for (let count = 0; count <= steps.size; count++) {
    const step = isRecord(current) && typeof current.schema === 'string' ? steps.get(current.schema) : undefined;
    if (step === undefined) return current;
    current = step(current as RawFlow);
  }
  return current;
}

type KnownNodes = Readonly<{ list(): readonly NodeDefinition[]; get(name: string): NodeDefinition | undefined }>;
type Upgradable = NodeDefinition & Required<Pick<NodeDefinition, 'upgrade'>>;

/**
 * Returns the next newer major version of a node type that can convert its configuration; undefined if there is none.
 * `name` is `protocol.verb@major`.
 */
export function newerMajor(name: string, nodes: Pick<KnownNodes, 'list'>): Upgradable | undefined {
  const [type, major] = name.split('@') as [string, string];
  return nodes
    .list()
    .filter((definition): definition is Upgradable => definition.upgrade !== undefined)
    .filter((definition) => definition.type === type && definition.major > Number(major))
    .sort((a, b) => a.major - b.major)[0];
}

/** Returns the type and configuration of a node, converted to the newer major version. */
export function upgraded(node: Pick<FlowNode, 'type' | 'config'>, newer: Upgradable): Pick<FlowNode, 'type' | 'config'> {
  const config = newer.upgrade(node.config, Number(node.type.split('@')[1])) as FlowNode['config'];
  return { type: typeName(newer), config };
}

/**
 * Converts nodes whose major version no longer exists to the next newer version that can convert their configuration.
 */
export function upgradeNodes(document: FlowDocument, nodes: KnownNodes): FlowDocument {
  const now = document.nodes.map((node) => {
    const newer = nodes.get(node.type) === undefined ? newerMajor(node.type, nodes) : undefined;
    return newer === undefined ? node : { ...node, ...upgraded(node, newer) };
  });
  return now.every((node, index) => node === document.nodes[index]) ? document : { ...document, nodes: now };
}
