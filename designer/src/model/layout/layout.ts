/**
 * Suggests positions for all cards: from left to right, row by row, with error branches below, and the nodes of a group
 * together. The same flow always gets the same positions.
 */
import { Graph, layout as layOut } from '@dagrejs/dagre';
import { freeze } from 'immer';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import {
  boxOf,
  CARD_WIDTH,
  cardHeight,
  freePlace,
  GAP_X,
  GAP_Y,
  groupFrame,
  onGrid,
  placeOf,
  type Box,
  type Point,
} from '../flow/card-geometry.ts';
import { framesToLayOut } from '../flow/flow-frames.ts';
import { place } from '../flow/draft-parts.ts';
import type { Command } from '../history/flow-history.ts';
import { breakIntoRows, columnsOf, type Item, type Part, type Wire } from './layout-rows.ts';
import { isErrorPort, type NodeTypes } from '../flow/node-types.ts';

/**
 * Moves every node to its suggested position. With `ids`, only these nodes are moved, and the upper left corner of
 * their area stays the same. Notes are not moved.
 */
export function layOutFlow(document: FlowDocument, types: NodeTypes, ids?: readonly string[]): Command {
  const places = suggestLayout(document, types, ids);
  return { name: 'flow.layout', change: (draft) => places.forEach((point, id) => place(draft, id, point)) };
}

/**
 * Returns the flow with a position for every node. Flows from the API, a file or the command line may have nodes
 * without a position, which would overlap. If no node has a position, all are laid out. Otherwise a node without a
 * position is put beside a node that it is connected to, or lower if that place is taken. This adds no entry to the
 * history. Returns the same object if no position is missing.
 */
export function withPlaces(document: FlowDocument, types: NodeTypes): FlowDocument {
  const placed = document.nodes.filter(({ id }) => Object.hasOwn(document.layout.nodes, id));
  if (placed.length === document.nodes.length) return document;
  const suggested = suggestLayout(document, types);
  const at = (id: string) => suggested.get(id)!;
  const shown: FlowDocument = { ...document, nodes: [...placed], layout: { ...document.layout, nodes: { ...document.layout.nodes } } };
  const rest = document.nodes.filter((node) => !placed.includes(node)).toSorted((a, b) => at(a.id).x - at(b.id).x);
  for (const node of rest) {
    const ends = document.edges.flatMap(({ from, to }) => (from.node === node.id || to.node === node.id ? [from.node, to.node] : []));
    const beside = shown.nodes.find(({ id }) => ends.includes(id)) ?? shown.nodes[0];
    const [own, other] = [at(node.id), at((beside ?? node).id)];
    const there = beside === undefined ? own : placeOf(shown, beside.id);
    const wished = { x: there.x + own.x - other.x, y: there.y + own.y - other.y };
    place(shown, node.id, freePlace(shown, types, wished, cardHeight(types.outPorts(node))));
    shown.nodes.push(node);
  }
  return freeze({ ...document, layout: shown.layout }, true);
}

/** Returns the upper left corner of each node by id. */
export function suggestLayout(document: FlowDocument, types: NodeTypes, ids?: readonly string[]): ReadonlyMap<string, Point> {
  const chosen = ids === undefined ? document.nodes : document.nodes.filter(({ id }) => ids.includes(id));
  const cards: Item[] = chosen.map((node) => ({ id: node.id, width: CARD_WIDTH, height: cardHeight(types.outPorts(node)) }));
  const wires = wiresInOrder(document, chosen, types);
  const origin = ids === undefined ? { x: 0, y: 0 } : cornerOf(chosen.map((node) => boxOf(document, node, types)));
  return placeWithGroups(cards, wires, [...document.layout.groups, ...framesToLayOut(document, types)], origin);
}

/** Sorts wires by node, then by port from the top, error ports last. Branches are laid out in this order. */
function wiresInOrder(document: FlowDocument, nodes: FlowDocument['nodes'], types: NodeTypes): Wire[] {
  const known = new Map(nodes.map((node, index) => [node.id, { index, ports: types.outPorts(node) ?? [] }]));
  return document.edges
    .filter(({ from, to }) => known.has(from.node) && known.has(to.node))
    .map(({ from, to }) => {
      const { index, ports } = known.get(from.node)!;
      const isError = isErrorPort(from.port);
      const port = isError ? 999 : ports.findIndex(({ name }) => name === from.port);
      return { from: from.node, to: to.node, isError, rank: index * 1000 + port };
    })
    .sort((a, b) => a.rank - b.rank);
}

/**
 * Lays out the nodes of each group first. Then lays out the whole flow, with each group as a single item of the size of
 * its frame.
 */
function placeWithGroups(
  cards: readonly Item[],
  wires: readonly Wire[],
  groups: readonly { readonly id: string; readonly nodes: readonly string[] }[],
  origin: Point,
): ReadonlyMap<string, Point> {
  const groupOf = new Map(groups.flatMap(({ id, nodes }) => nodes.map((node) => [node, id] as const)));
  const itemOf = (id: string) => groupOf.get(id) ?? id;
  const inside = new Map(
    [...Map.groupBy(cards, ({ id }) => groupOf.get(id))].flatMap(([group, members]) =>
      group === undefined ? [] : [[group, placeGroup(members, wires)] as const],
    ),
  );
  const items = [...Map.groupBy(cards, ({ id }) => itemOf(id))].map(([id, [first]]) => {
    const frame = inside.get(id)?.frame;
    return frame === undefined ? first! : { id, width: frame.width, height: frame.height };
  });
  const outer = placeItems(
    items,
    wires.map((wire) => ({ ...wire, from: itemOf(wire.from), to: itemOf(wire.to) })).filter(({ from, to }) => from !== to),
  );
  return new Map(
    cards.map(({ id }) => {
      const at = outer.get(itemOf(id))!;
      const group = inside.get(itemOf(id));
      const within = group === undefined ? { x: 0, y: 0 } : group.within.get(id)!;
      return [id, { x: onGrid(origin.x + at.x + within.x), y: onGrid(origin.y + at.y + within.y) }];
    }),
  );
}

/**
 * Lays out the nodes of one group. `within` contains their positions relative to the upper left corner of the frame.
 */
function placeGroup(
  members: readonly Item[],
  wires: readonly Wire[],
): { readonly frame: Box; readonly within: ReadonlyMap<string, Point> } {
  const ids = new Set(members.map(({ id }) => id));
  const placed = placeItems(
    members,
    wires.filter(({ from, to }) => ids.has(from) && ids.has(to)),
  );
  const frame = groupFrame(members.map((member) => ({ ...member, ...placed.get(member.id)! })))!;
  return { frame, within: new Map([...placed].map(([id, { x, y }]) => [id, { x: x - frame.x, y: y - frame.y }])) };
}

/**
 * Lays out each connected part of the flow, and breaks long parts into rows. The parts are one below the other.
 * Positions are relative to the upper left corner of the whole layout.
 */
function placeItems(items: readonly Item[], wires: readonly Wire[]): Map<string, Point> {
  const places = new Map<string, Point>();
  let top = 0;
  for (const part of connectedParts(items, wires).flatMap(breakIntoRows)) {
    const placed = placePart(part);
    const corner = cornerOf([...placed.values()]);
    let bottom = top;
    for (const { id, height } of part.items) {
      const { x, y } = placed.get(id)!;
      const at = { x: onGrid(x - corner.x), y: onGrid(y - corner.y + top) };
      places.set(id, at);
      bottom = Math.max(bottom, at.y + height);
    }
    top = onGrid(bottom + 2 * GAP_Y);
  }
  return places;
}

function cornerOf(points: readonly Point[]): Point {
  if (points.length === 0) return { x: 0, y: 0 };
  return { x: Math.min(...points.map(({ x }) => x)), y: Math.min(...points.map(({ y }) => y)) };
}

function connectedParts(items: readonly Item[], wires: readonly Wire[]): Part[] {
  const union = createUnion(items);
  for (const { from, to } of wires) union.join(from, to);
  const byPart = Map.groupBy(wires, ({ from }) => union.find(from));
  return [...Map.groupBy(items, ({ id }) => union.find(id))].map(([part, members]) => ({ items: members, wires: byPart.get(part) ?? [] }));
}

/**
 * Creates a data structure that knows which items are connected (union-find). `join` connects two items and returns
 * whether they were not connected before.
 */
function createUnion(items: readonly Item[]) {
  const leader = new Map(items.map(({ id }) => [id, id]));
  const find = (id: string): string => {
    let top = id;
    while (leader.get(top)! !== top) top = leader.get(top)!;
    leader.set(id, top);
    return top;
  };
  return {
    find,
    join(a: string, b: string): boolean {
      const [first, second] = [find(a), find(b)];
      leader.set(second, first);
      return first !== second;
    },
  };
}

/** Returns the upper left corners that dagre computes for the items of one part. */
function placePart({ items, wires }: Part): Map<string, Point> {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: GAP_Y, ranksep: GAP_X, edgesep: 16, ranker: 'tight-tree' });
  for (const { id, width, height } of items) graph.setNode(id, { width, height });
  const columns = columnsOf(items, wires);
  const span = ({ from, to }: Wire) => columns.get(to)! - columns.get(from)!;
  drawnWires(items, wires, span).forEach((wire, index) => {
    const weight = wire.isError ? 1 : 4;
    graph.setEdge(wire.from, wire.to, { weight, minlen: Math.max(1, span(wire)), width: 0, height: 0, labelpos: 'c' }, `${index}`);
  });
  // Keep the order in which wires were added, so that branches are in the order of their ports. Otherwise dagre looks
  // for fewer crossings and would change this order.
  layOut(graph, { disableOptimalOrderHeuristic: true });
  return new Map(
    items.map(({ id, width, height }) => {
      const middle = graph.node(id) as Point;
      return [id, { x: middle.x - width / 2, y: middle.y - height / 2 }];
    }),
  );
}

const SMALL_FLOW = 120;
const LONGEST_SPAN = 2;

/**
 * Returns the wires to pass to dagre. In a large flow, dagre needs much time for wires that pass many columns. So only
 * short wires are passed, and those that are needed to keep the flow connected. The columns stay the same, because they
 * are computed before and every wire has a fixed length.
 */
function drawnWires(items: readonly Item[], wires: readonly Wire[], span: (wire: Wire) => number): readonly Wire[] {
  if (items.length <= SMALL_FLOW) return wires;
  const union = createUnion(items);
  const kept = new Set(
    wires
      .toSorted((a, b) => span(a) - span(b))
      .filter((wire) => {
        const isBridge = union.join(wire.from, wire.to);
        return isBridge || span(wire) <= LONGEST_SPAN;
      }),
  );
  return wires.filter((wire) => kept.has(wire));
}
