/** Flows that begin: an empty one, and a copy of another. Common chains to begin with are in `starters.ts`. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';

/** Answers a caller at once; what most flows of a city do. A person changes it in the flow's settings. */
const DEADLINE_MS = 10_000;

/** Where nothing has a domain yet. */
export const FIRST_DOMAIN = 'sh-city';

/** The name is shown in both languages until somebody gives it in the other one. */
export function newFlow(name: string, domain = FIRST_DOMAIN): FlowDocument {
  return {
    schema: 'flow/1',
    flowId: createId('flw'),
    revision: 0,
    name: { 'zh-CN': name, en: name },
    domain,
    tags: [],
    mode: 'sync',
    deadlineMs: DEADLINE_MS,
    nodes: [],
    edges: [],
    tests: [],
    layout: { nodes: {}, groups: [], notes: [] },
  };
}

/** The same flow under an id of its own, never published. */
export function copyFlow(source: FlowDocument, name: string, domain = source.domain): FlowDocument {
  return { ...source, domain, flowId: createId('flw'), revision: 0, name: { 'zh-CN': name, en: name } };
}
