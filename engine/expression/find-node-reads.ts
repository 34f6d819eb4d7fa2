const READ = /\bnodes\b(?:\s*\.\s*`?(n_[A-Za-z0-9_-]{1,60})`?|\s*\[\s*(['"])(n_[A-Za-z0-9_-]{1,60})\2\s*\])?/g;

/**
 * Returns the ids of the nodes whose output a configuration reads in paths, conditions, mappings and scripts. The
 * engine keeps only those outputs. Returns `*` if a text uses `nodes` in another way; every output is kept then.
 * Expressions may read the whole scope without naming `nodes` (as `$$`), so the caller must add the names that
 * `createBuildContext` reports through `onNames`.
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
