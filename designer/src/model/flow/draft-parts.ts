/** Functions that several commands use when they change a draft of the document. */
import type { FlowDocument, FlowNode } from '../../../../engine/contract/flow/flow-document.ts';
import { onGrid, type Point } from './card-geometry.ts';

export function findNode(document: FlowDocument, id: string): FlowNode | undefined {
  return document.nodes.find((node) => node.id === id);
}

export function place(draft: FlowDocument, id: string, { x, y }: Point): void {
  draft.layout.nodes[id] = [bounded(x), bounded(y)];
}

/**
 * Rounds to a tenth and limits to the range that the schema allows. Never returns minus zero, because JSON stores it as
 * zero and the value would then seem changed.
 */
export function bounded(value: number): number {
  return Number.isFinite(value) ? Math.min(1_000_000, Math.max(-1_000_000, Math.round(value * 10) / 10)) + 0 : 0;
}

/** Rounds and limits the width or height of a note. */
export function noteExtent(value: number): number {
  return Math.min(10_000, Math.max(1, Math.round(value)));
}

/** Moves the nodes by an offset. */
export function shift(draft: FlowDocument, ids: Iterable<string>, by: Point): void {
  for (const id of ids) {
    const [x, y] = draft.layout.nodes[id] ?? [0, 0];
    place(draft, id, { x: x + by.x, y: y + by.y });
  }
}

/**
 * Removes nodes with their wires, places and group memberships. Mocks of saved tests stay, because undo or a paste
 * may bring the node back.
 */
export function removeNodes(draft: FlowDocument, ids: ReadonlySet<string>): void {
  draft.nodes = draft.nodes.filter(({ id }) => !ids.has(id));
  draft.edges = draft.edges.filter(({ from, to }) => !ids.has(from.node) && !ids.has(to.node));
  for (const id of ids) delete draft.layout.nodes[id];
  leaveGroups(draft, ids);
}

/** Removes nodes from all groups, and removes groups that become empty. */
export function leaveGroups(draft: FlowDocument, ids: ReadonlySet<string>): void {
  for (const group of draft.layout.groups) {
    if (group.nodes.some((id) => ids.has(id))) group.nodes = group.nodes.filter((id) => !ids.has(id));
  }
  if (draft.layout.groups.some((group) => group.nodes.length === 0)) {
    draft.layout.groups = draft.layout.groups.filter((group) => group.nodes.length > 0);
  }
}

export function roundedPoint({ x, y }: Point): Point {
  return { x: onGrid(x), y: onGrid(y) };
}

/** Returns a deep copy as JSON stores it, without undefined fields. */
export function plainJson<T>(value: T): T {
  return value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
}
