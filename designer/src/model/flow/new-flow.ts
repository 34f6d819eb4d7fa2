/** New flows: an empty one, and a copy of another. Common starter chains are in `starters.ts`. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';

/**
 * The deadline of a new flow. It is short, because most flows of a city return a reply at once. The author can change
 * it in the flow's settings.
 */
const DEADLINE_MS = 10_000;

/** The domain of a new flow if no domain exists yet. */
export const FIRST_DOMAIN = 'sh-city';

/** Creates an empty flow. It has the same name in both languages until the author translates it. */
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

/** Returns an unpublished copy of the flow with a new id. */
export function copyFlow(source: FlowDocument, name: string, domain = source.domain): FlowDocument {
  return { ...source, domain, flowId: createId('flw'), revision: 0, name: { 'zh-CN': name, en: name } };
}
