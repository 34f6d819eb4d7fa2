import type { CompiledFlow } from '../run/compile-flow.ts';

/**
 * Which flows a process works for, by names: tags of flows, and ids of adapters. A flow with one of the tags is served; so is one whose
 * adapters are all named, since a worker in a hospital's network reaches no other. No names: every flow.
 */
export function createServes(names: readonly string[]): (flow: Pick<CompiledFlow, 'document'>) => boolean {
  if (names.length === 0) return () => true;
  const served = new Set(names);
  return ({ document: { tags, nodes } }) =>
    tags.some((tag) => served.has(tag)) || nodes.every(({ adapter }) => adapter === undefined || served.has(adapter));
}
