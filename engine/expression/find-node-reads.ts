const READ = /\bnodes\b(?:\s*\.\s*`?(n_[A-Za-z0-9_-]{1,60})`?|\s*\[\s*(['"])(n_[A-Za-z0-9_-]{1,60})\2\s*\])?/g;

/**
 * Ids of the nodes whose output a node's configuration reads, in paths, conditions, mappings and scripts alike: the engine keeps only those.
 * `*` when some text speaks of `nodes` in another way (then every output is kept). Expressions may read the whole scope without saying
 * `nodes` (`$$`): unite this with what `createBuildContext` tells through `onNames`.
 */
export function findNodeReads(config: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      for (const match of value.matchAll(READ)) found.add(match[1] ?? match[3] ?? '*');
    } else if (typeof value === 'object' && value !== null) {
      for (const inner of Object.values(value)) visit(inner);
    }
  };
  visit(config);
  return found;
}
