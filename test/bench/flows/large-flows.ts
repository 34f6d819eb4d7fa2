/** Flows of the size at which the designer is measured. */
import type { FlowDocument } from '../../../engine/contract/flow/flow-document.ts';

export const LARGE_NODES = 500;
export const LARGE_EDGES = 800;
export const MAPPED_FIELDS = 500;
const ROWS = 25;
const GROUP = 20;

const COMMON: Pick<FlowDocument, 'schema' | 'revision' | 'domain' | 'tags' | 'mode' | 'deadlineMs'> = {
  schema: 'flow/1',
  revision: 0,
  domain: 'sh-city',
  tags: [],
  mode: 'sync',
  deadlineMs: 8000,
};

/** Columns of nodes, each wired to the next column, and further wires across. */
export function largeFlow(flowId = 'flw_large'): FlowDocument {
  const nodes = Array.from({ length: LARGE_NODES }, (_, index) => ({
    id: `n_${index}`,
    type: index === 0 ? 'interface.call@1' : index % 3 === 0 ? 'http.call@1' : 'transform.map@1',
    label: `节点 ${index}`,
    config: {},
  }));
  const places = nodes.map(({ id }, index) => [id, [Math.floor(index / ROWS) * 300, (index % ROWS) * 120]]);
  const along = nodes.slice(ROWS).map((_, index) => [index, index + ROWS] as const);
  const across = nodes.slice(2 * ROWS).map((_, index) => [index, Math.min(LARGE_NODES - 1, index + ROWS + 1 + (index % 7))] as const);
  const edges = [...along, ...across].slice(0, LARGE_EDGES).map(([from, to], index) => ({
    id: `e_${index}`,
    from: { node: `n_${from}`, port: from === 0 ? 'out' : 'ok' },
    to: { node: `n_${to}`, port: 'in' },
  }));
  return {
    ...COMMON,
    flowId,
    name: { 'zh-CN': '大流程', en: 'Large flow' },
    nodes,
    edges,
    tests: [],
    layout: { nodes: Object.fromEntries(places) as Record<string, [number, number]>, groups: [], notes: [] },
  };
}

/** One mapping of 500 fields in objects of twenty, with a test that fills each. */
export function mappingFlow(flowId = 'flw_mapping'): FlowDocument {
  const paths = Array.from({ length: MAPPED_FIELDS }, (_, index) => [`part${Math.floor(index / GROUP)}`, `field${index % GROUP}`] as const);
  const data: Record<string, Record<string, string>> = {};
  for (const [part, field] of paths) (data[part] ??= {})[field] = `${part} ${field}`;
  const rules = paths.map(([part, field]) => ({ to: `${part}.${field}`, from: { path: `data.${part}.${field}` } }));
  return {
    ...COMMON,
    flowId,
    name: { 'zh-CN': '大映射', en: 'Large mapping' },
    nodes: [
      { id: 'n_call', type: 'interface.call@1', label: '接口请求', config: {} },
      { id: 'n_map', type: 'transform.map@1', label: '大映射', config: { mapping: { rules } } },
      { id: 'n_reply', type: 'control.reply@1', label: '回复', config: {} },
    ],
    edges: [
      { id: 'e_1', from: { node: 'n_call', port: 'out' }, to: { node: 'n_map', port: 'in' } },
      { id: 'e_2', from: { node: 'n_map', port: 'ok' }, to: { node: 'n_reply', port: 'in' } },
    ],
    tests: [{ name: '全部字段', input: { data }, mocks: {}, expect: [] }],
    layout: { nodes: {}, groups: [], notes: [] },
  };
}
