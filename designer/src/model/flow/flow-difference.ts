/** The differences between two versions of a flow, by node and wire, with both values of each field. */
import type { FlowDocument, FlowEdge, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { diffFlows, type FieldChange } from '../../../../engine/flow/diff-flows.ts';

/** How a node or wire of the newer version differs from the older version. */
export type PartState = 'added' | 'removed' | 'changed' | 'same';

export interface ChangedPart<Part> {
  readonly id: string;
  readonly before: Part;
  readonly after: Part;
  /** Changed fields, named by JSON Pointer below the node or wire. */
  readonly changes: readonly FieldChange[];
}

export interface PartsDifference<Part> {
  readonly added: readonly Part[];
  readonly removed: readonly Part[];
  readonly changed: readonly ChangedPart<Part>[];
  stateOf(id: string): PartState;
}

export interface FlowDifference {
  /** True if both versions do the same and have the same texts. Positions on the canvas may differ. */
  readonly isSame: boolean;
  readonly nodes: PartsDifference<FlowNode>;
  readonly edges: PartsDifference<FlowEdge>;
  /** Changed settings of the flow: name, mode, tests and others. Each is named by its JSON Pointer in the document. */
  readonly settings: readonly FieldChange[];
  readonly layout: {
    readonly isChanged: boolean;
    /** Nodes that both versions contain, but at different positions on the canvas. */
    readonly moved: readonly string[];
    readonly areNotesChanged: boolean;
    readonly areGroupsChanged: boolean;
  };
  /** Number of nodes, wires and settings that differ. */
  readonly count: number;
}

/**
 * Compares two versions. Nodes and wires are matched by id. `before` is undefined if there was no earlier version.
 */
export function flowDifference(before: FlowDocument | undefined, after: FlowDocument): FlowDifference {
  const found = diffFlows(before, after);
  const nodes = partsDifference(found.nodes, before?.nodes ?? [], after.nodes);
  const edges = partsDifference(found.edges, before?.edges ?? [], after.edges);
  const touched = [nodes, edges].reduce((sum, part) => sum + part.added.length + part.removed.length + part.changed.length, 0);
  return {
    isSame: found.isSame,
    nodes,
    edges,
    settings: found.settings,
    layout: layoutDifference(before, after, found.isLayoutChanged),
    count: touched + found.settings.length,
  };
}

/**
 * Merges both versions into one flow, so that one canvas can show them. Contains the newer version, and the removed
 * nodes and wires at their old positions. `flowDifference` tells the state of each part.
 */
export function overlaidFlow(before: FlowDocument | undefined, after: FlowDocument): FlowDocument {
  const { nodes, edges } = flowDifference(before, after);
  const gone = new Set(nodes.removed.map(({ id }) => id));
  const places = Object.entries(before?.layout.nodes ?? {}).filter(([id]) => gone.has(id));
  return {
    ...after,
    nodes: [...after.nodes, ...nodes.removed],
    edges: [...after.edges, ...edges.removed],
    layout: { ...after.layout, nodes: { ...after.layout.nodes, ...Object.fromEntries(places) } },
  };
}

function partsDifference<Part extends { readonly id: string }>(
  found: {
    readonly added: readonly Part[];
    readonly removed: readonly Part[];
    readonly changed: readonly Pick<ChangedPart<Part>, 'id' | 'changes'>[];
  },
  before: readonly Part[],
  after: readonly Part[],
): PartsDifference<Part> {
  const [old, now] = [before, after].map((parts) => new Map(parts.map((part) => [part.id, part]))) as [
    Map<string, Part>,
    Map<string, Part>,
  ];
  const changed = found.changed.map(({ id, changes }) => ({ id, changes, before: old.get(id)!, after: now.get(id)! }));
  const states = new Map<string, PartState>([
    ...found.added.map(({ id }) => [id, 'added'] as const),
    ...found.removed.map(({ id }) => [id, 'removed'] as const),
    ...changed.map(({ id }) => [id, 'changed'] as const),
  ]);
  return { added: found.added, removed: found.removed, changed, stateOf: (id) => states.get(id) ?? 'same' };
}

function layoutDifference(before: FlowDocument | undefined, after: FlowDocument, isChanged: boolean): FlowDifference['layout'] {
  const [old, now] = [before?.layout, after.layout];
  const isElsewhere = ({ id }: FlowNode) => {
    const [a, b] = [old?.nodes[id], now.nodes[id]];
    return a !== undefined && b !== undefined && (a[0] !== b[0] || a[1] !== b[1]);
  };
  const text = (value: unknown) => JSON.stringify(value ?? []);
  return {
    isChanged,
    moved: after.nodes.filter(isElsewhere).map(({ id }) => id),
    areNotesChanged: text(old?.notes) !== text(now.notes),
    areGroupsChanged: text(old?.groups) !== text(now.groups),
  };
}
