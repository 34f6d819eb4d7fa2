/** The installation's own node types, as the designer gets them, and flows to begin with. */
import { readFileSync } from 'node:fs';
import type { NodeDescription } from '../../../designer/src/api/operations.ts';
import { createNodeTypes } from '../../../designer/src/model/flow/node-types.ts';
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';
import { describeNode } from '../../../engine/registry/describe-node.ts';
import { loadNodes } from '../../../engine/registry/load-nodes.ts';

const loaded = await loadNodes([new URL('../../../nodes/', import.meta.url)]);

/** Descriptions are sent as JSON. */
const described = JSON.stringify(loaded.list().map((definition) => describeNode(definition)));

export const types = createNodeTypes(JSON.parse(described) as NodeDescription[]);
export const registry = loaded;

export const exampleFlows: readonly FlowDocument[] = ['appointment', 'admission', 'reports'].map(
  (name) => JSON.parse(readFileSync(new URL(`../../../examples/city/flows/${name}.json`, import.meta.url), 'utf8')) as FlowDocument,
);

/** A copy of one of the example flows. */
export function exampleFlow(name: 'appointment' | 'admission' | 'reports'): FlowDocument {
  return structuredClone(exampleFlows.find(({ flowId }) => flowId === `flw_${name}`)!);
}

export function emptyFlow(): FlowDocument {
  return {
    schema: 'flow/1',
    flowId: 'flw_new',
    revision: 0,
    name: { 'zh-CN': '新流程', en: 'New flow' },
    domain: 'sh-city',
    tags: [],
    mode: 'sync',
    deadlineMs: 5000,
    nodes: [],
    edges: [],
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
  };
}
