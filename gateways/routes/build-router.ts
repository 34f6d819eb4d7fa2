import type { InterfaceDocument } from '../documents/interface-document.ts';

/** The result for a path: its methods, and the raw values of its parameters in the order of the path. */
export interface RouteMatch<Target> {
  readonly methods: ReadonlyMap<string, Target>;
  readonly values: readonly string[];
}

export interface Router<Target> {
  /**
   * Looks up the raw path. Its fixed segments must match byte for byte. Returns undefined if no published path matches.
   */
  find(rawPath: string): RouteMatch<Target> | undefined;
}

interface Branch<Target> {
  readonly statics: Map<string, Branch<Target>>;
  parameter: Branch<Target> | undefined;
  methods: Map<string, Target> | undefined;
}

/**
 * Builds the router. Paths without parameters use one map. The others use a tree of segments, where a fixed segment
 * takes precedence over a parameter.
 */
export function buildRouter<Target>(
  entries: Iterable<{ readonly interface: Pick<InterfaceDocument, 'method' | 'path'>; readonly target: Target }>,
): Router<Target> {
  const statics = new Map<string, RouteMatch<Target> & { readonly methods: Map<string, Target> }>();
  const root = createBranch<Target>();
  for (const {
    interface: { method, path },
    target,
  } of entries) {
    if (path.includes('/:')) {
      addToTree(root, method, path, target);
      continue;
    }
    let match = statics.get(path);
    if (match === undefined) statics.set(path, (match = { methods: new Map(), values: [] }));
    match.methods.set(method, target);
  }
  return { find: (rawPath) => statics.get(rawPath) ?? findInTree(root, rawPath) };
}

function createBranch<Target>(): Branch<Target> {
  return { statics: new Map(), parameter: undefined, methods: undefined };
}

function addToTree<Target>(root: Branch<Target>, method: string, path: string, target: Target): void {
  let branch = root;
  for (const segment of path.slice(1).split('/')) {
    if (segment.startsWith(':')) {
      branch = branch.parameter ??= createBranch();
      continue;
    }
    let next = branch.statics.get(segment);
    if (next === undefined) branch.statics.set(segment, (next = createBranch()));
    branch = next;
  }
  (branch.methods ??= new Map()).set(method, target);
}

function findInTree<Target>(root: Branch<Target>, rawPath: string): RouteMatch<Target> | undefined {
  if (root.statics.size === 0 && root.parameter === undefined) return undefined;
  const segments = rawPath.slice(1).split('/');
  const values: string[] = [];
  const methods = descend(root, segments, 0, values);
  return methods === undefined ? undefined : { methods, values };
}

/**
 * Finds the methods of a path. It visits each branch of the tree at most once, so the number of published paths limits
 * its cost.
 */
function descend<Target>(branch: Branch<Target>, segments: readonly string[], at: number, values: string[]): Branch<Target>['methods'] {
  if (at === segments.length) return branch.methods;
  const segment = segments[at]!;
  const fixed = branch.statics.get(segment);
  const found = fixed && descend(fixed, segments, at + 1, values);
  if (found !== undefined || branch.parameter === undefined || segment === '') return found;
  values.push(segment);
  const byParameter = descend(branch.parameter, segments, at + 1, values);
  if (byParameter === undefined) values.pop();
  return byParameter;
}
