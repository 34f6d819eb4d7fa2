/** A small catalogue of node types and a builder of flow documents, for the tests of this folder and its neighbours. */
import { Type } from 'typebox';
import type { FlowDocument, FlowEdge, FlowNode } from '../../../engine/contract/flow/flow-document.ts';
import {
  defineNode,
  errorPort,
  inPort,
  okPort,
  outPort,
  typeName,
  type NodeDefinition,
  type PortSpec,
} from '../../../engine/contract/node/node.ts';
import type { Text } from '../../../engine/contract/values/texts.ts';
import type { NodeRegistry } from '../../../engine/registry/load-nodes.ts';

const label: Text = { 'zh-CN': '例', en: 'Sample' };
const text = { label, help: label };
const closed = { additionalProperties: false } as const;
const port = (name: string): PortSpec => ({ name, label });
const pass = () => () => ({ emit: { out: [] } });
const base = { major: 1, icon: 'box', text } as const;

export const sampleNodes: readonly NodeDefinition[] = [
  defineNode({
    ...base,
    type: 'interface.call',
    kind: 'trigger',
    category: 'trigger',
    ports: { in: [], out: [outPort] },
    config: Type.Object({}, closed),
  }),
  defineNode({
    ...base,
    type: 'mllp.listen',
    kind: 'trigger',
    category: 'trigger',
    adapter: 'mllp',
    ports: { in: [], out: [outPort] },
    config: Type.Object({}, closed),
    listen: async () => ({ stop: async () => {} }),
  }),
  defineNode({
    ...base,
    type: 'mllp.ask',
    kind: 'trigger',
    category: 'trigger',
    canReply: true,
    ports: { in: [], out: [outPort] },
    config: Type.Object({}, closed),
    listen: async () => ({ stop: async () => {} }),
  }),
  defineNode({
    ...base,
    type: 'http.call',
    kind: 'action',
    category: 'call',
    adapter: 'http',
    ports: { in: [inPort], out: [okPort, errorPort] },
    effect: 'write',
    config: Type.Object(
      {
        path: Type.String({ minLength: 1 }),
        method: Type.Union([Type.Literal('GET'), Type.Literal('POST')], { default: 'GET' }),
        query: Type.Optional(Type.String()),
      },
      closed,
    ),
    expressions: ['/query'],
    check: ({ path }) =>
      path.startsWith('/') ? [] : [{ path: '/path', message: { 'zh-CN': '路径须以斜杠开头', en: 'The path begins with a slash.' } }],
    prepare: pass,
  }) as NodeDefinition,
  defineNode({
    ...base,
    type: 'transform.set',
    kind: 'action',
    category: 'transform',
    ports: { in: [inPort], out: [okPort, errorPort] },
    effect: 'pure',
    config: Type.Object({}, closed),
    prepare: pass,
  }),
  defineNode({
    ...base,
    type: 'control.condition',
    kind: 'control',
    role: 'route',
    category: 'control',
    ports: { in: [inPort], out: (config) => config.branches.map(port) },
    config: Type.Object({ branches: Type.Array(Type.String(), { default: ['yes', 'no'] }) }, closed),
    prepare: pass,
  }) as NodeDefinition,
  control('parallel', [port('a'), port('b')]),
  control('for-each', [port('each'), port('done')]),
  control('join', [outPort]),
  control('catch', [outPort], []),
  control('reply', [outPort]),
];

function control(
  role: 'parallel' | 'for-each' | 'join' | 'catch' | 'reply',
  out: readonly PortSpec[],
  ins: readonly PortSpec[] = [inPort],
): NodeDefinition {
  return defineNode({
    ...base,
    type: `control.${role}`,
    kind: 'control',
    role,
    category: 'control',
    ports: { in: ins, out },
    config: Type.Object({}, closed),
    prepare: pass,
  });
}

export function sampleRegistry(nodes: readonly NodeDefinition[] = sampleNodes): NodeRegistry {
  const byName = new Map(nodes.map((definition) => [typeName(definition), definition]));
  return { get: (name) => byName.get(name), list: () => nodes };
}

/** Nodes as `{ id: type }`, edges as `'from.port > to'`; a wrong end is left as it is. */
export function sampleFlow(
  nodes: Readonly<Record<string, string | Partial<FlowNode>>>,
  edges: readonly string[],
  rest: Partial<FlowDocument> = {},
): FlowDocument {
  return {
    schema: 'flow/1',
    flowId: 'flw_sample',
    revision: 0,
    name: { 'zh-CN': '例', en: 'Sample' },
    domain: 'sh-city',
    tags: [],
    mode: 'sync',
    deadlineMs: 5000,
    nodes: Object.entries(nodes).map(([id, node]) => ({
      id: `n_${id}`,
      label: id,
      config: {},
      ...(typeof node === 'string' ? { type: `${node}@1` } : { type: 'transform.set@1', ...node }),
    })),
    edges: edges.map((line, index) => edge(line, index)),
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
    ...rest,
  };
}

function edge(line: string, index: number): FlowEdge {
  const [from = '', to = ''] = line.split(' > ');
  const [node = '', port = 'out'] = from.split('.');
  return { id: `e_${index}`, from: { node: `n_${node}`, port }, to: { node: `n_${to}`, port: 'in' } };
}
