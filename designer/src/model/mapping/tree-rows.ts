/** Computes the visible rows of a tree after folding and searching, and which of them are in the visible area. */

export interface TreeRow<T> {
  readonly key: string;
  readonly node: T;
  readonly depth: number;
  readonly hasChildren: boolean;
  readonly isOpen: boolean;
}

export interface TreeShape<T> {
  key(node: T): string;
  children(node: T): readonly T[];
  /** Returns the text of a node in which the search looks. */
  text(node: T): string;
}

/**
 * Returns the visible rows. During a search, these are the matches with their ancestors and descendants, all unfolded.
 */
export function visibleRows<T>(roots: readonly T[], shape: TreeShape<T>, folded: ReadonlySet<string>, query = ''): readonly TreeRow<T>[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const rows: TreeRow<T>[] = [];
  const kept = words.length === 0 ? undefined : hits(roots, shape, words);
  const visit = (node: T, depth: number) => {
    if (kept !== undefined && !kept.has(node)) return;
    const children = shape.children(node);
    const key = shape.key(node);
    const isOpen = children.length > 0 && (kept !== undefined || !folded.has(key));
    rows.push({ key, node, depth, hasChildren: children.length > 0, isOpen });
    if (isOpen) for (const child of children) visit(child, depth + 1);
  };
  for (const root of roots) visit(root, 0);
  return rows;
}

/** Returns the nodes that match the search, with their ancestors and descendants. */
function hits<T>(roots: readonly T[], shape: TreeShape<T>, words: readonly string[]): ReadonlySet<T> {
  const kept = new Set<T>();
  const visit = (node: T, isInside: boolean): boolean => {
    const text = shape.text(node).toLowerCase();
    const isHit = isInside || words.every((word) => text.includes(word));
    let isOnWay = isHit;
    for (const child of shape.children(node)) isOnWay = visit(child, isHit) || isOnWay;
    if (isOnWay) kept.add(node);
    return isOnWay;
  };
  for (const root of roots) visit(root, false);
  return kept;
}

/**
 * Returns a function that finds the index of the row of a node. If the node is not visible, it finds the row of the
 * nearest visible ancestor.
 */
export function rowFinder<T>(roots: readonly T[], shape: TreeShape<T>, rows: readonly TreeRow<T>[]): (key: string) => number | undefined {
  const shown = new Map(rows.map(({ key }, index) => [key, index]));
  const around = new Map<string, string>();
  const visit = (node: T) => {
    for (const child of shape.children(node)) {
      around.set(shape.key(child), shape.key(node));
      visit(child);
    }
  };
  for (const root of roots) visit(root);
  return (key) => {
    for (let at: string | undefined = key; at !== undefined; at = around.get(at)) {
      const index = shown.get(at);
      if (index !== undefined) return index;
    }
    return undefined;
  };
}

export interface RowWindow {
  readonly from: number;
  /** End of the range, exclusive. */
  readonly to: number;
}

/** Returns the range of rows in the visible area, plus a few rows before and after it. */
export function rowWindow(count: number, rowHeight: number, scrollTop: number, height: number, more = 6): RowWindow {
  const from = Math.max(0, Math.floor(scrollTop / rowHeight) - more);
  return { from: Math.min(from, count), to: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + more) };
}
