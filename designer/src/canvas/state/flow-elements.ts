/**
 * Converts the model's view of the flow for xyflow: adds the selection and names for screen readers, in reading
 * order.
 */
import { Position, type Edge, type Node, type NodeHandle } from '@xyflow/react';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import {
  createCanvasView,
  type CanvasEdge as ViewEdge,
  type CanvasNode as ViewNode,
  type CanvasView,
  type CardData,
  type FrameData,
  type GroupData,
  type NoteData,
  type WireData,
} from '../../model/layout/canvas-view.ts';
import type { NodeTypes } from '../../model/flow/node-types.ts';

export type CardElement = Node<CardData, 'card'>;
export type NoteElement = Node<NoteData, 'note'>;
export type GroupElement = Node<GroupData, 'group'>;
export type FrameElement = Node<FrameData, 'frame'>;
export type CanvasNode = CardElement | NoteElement | GroupElement | FrameElement;
export type CanvasEdge = Edge<WireData, 'wire'>;

export interface FlowElements {
  readonly nodes: CanvasNode[];
  readonly edges: CanvasEdge[];
}

/** Names for screen readers. */
export interface Names {
  node(node: ViewNode): string;
  wire(edge: ViewEdge, document: FlowDocument): string;
}

/** CSS class of the title of a frame. The user drags a frame by its title. */
export const GROUP_HANDLE = 'kq-group-title';

/** Builds the elements of a document. For screen readers, wires are named by the labels of the nodes in `named`. */
export type BuildElements = (document: FlowDocument, selected: ReadonlySet<string>, names: Names, named: FlowDocument) => FlowElements;

/**
 * Creates a builder that remembers its last result. An element that has not changed stays the same object, so that it
 * is not rendered again. The same is true for the lists of elements.
 */
export function createElementBuilder(types: NodeTypes): BuildElements {
  const viewOf = createCanvasView(types);
  let known = new Map<string, Kept>();
  let last: FlowElements = { nodes: [], edges: [] };
  return (document, selected, names, named) => {
    const view = viewOf(document);
    const next = new Map<string, Kept>();
    const ordered = inOrder(view);
    const stop = (ordered.find(({ id }) => selected.has(id)) ?? ordered.find(({ type }) => type === 'card'))?.id;
    const keep = <T extends CanvasNode | CanvasEdge>(from: ViewNode | ViewEdge, name: string, make: () => T): T => {
      const [isSelected, isStop] = [selected.has(from.id), from.id === stop];
      const before = known.get(from.id);
      const isSame =
        before !== undefined &&
        before.from === from &&
        before.isSelected === isSelected &&
        before.isStop === isStop &&
        before.name === name;
      // All cards together are a single Tab stop: the selected card, or the first card if none is selected. Arrow keys
      // move from a card to its wires.
      const domAttributes = { tabIndex: isStop ? 0 : -1 };
      const kept = isSame
        ? before
        : { from, isSelected, isStop, name, element: { ...make(), selected: isSelected, ariaLabel: name, domAttributes } };
      next.set(from.id, kept);
      return kept.element as T;
    };
    const nodes = ordered.map((node) => keep(node, names.node(node), () => nodeElement(node)));
    const edges = view.edges.map((edge) => keep(edge, names.wire(edge, named), () => edge as CanvasEdge));
    known = next;
    last = { nodes: sameList(last.nodes, nodes), edges: sameList(last.edges, edges) };
    return last;
  };
}

function sameList<T>(before: T[], after: T[]): T[] {
  return before.length === after.length && after.every((item, index) => item === before[index]) ? before : after;
}

interface Kept {
  readonly from: ViewNode | ViewEdge;
  readonly isSelected: boolean;
  readonly isStop: boolean;
  readonly name: string;
  readonly element: CanvasNode | CanvasEdge;
}

/** Sorts the nodes by reading order. The keyboard moves between elements in this order. */
function inOrder({ nodes, order }: CanvasView): readonly ViewNode[] {
  const rank = new Map(order.map((id, index) => [id, index]));
  return nodes.toSorted((a, b) => (rank.get(a.id) ?? -1) - (rank.get(b.id) ?? -1));
}

function nodeElement(node: ViewNode): CanvasNode {
  switch (node.type) {
    case 'card':
      return { ...node, handles: node.handles.map((handle): NodeHandle => ({ ...handle, position: POSITIONS[handle.position] })) };
    case 'note':
      return { ...node, handles: [] };
    case 'group':
      // Frames are below the wires, so that they do not cover them.
      return { ...node, handles: [], zIndex: -1, dragHandle: `.${GROUP_HANDLE}` };
    case 'frame':
      return { ...node, handles: [], zIndex: -2, draggable: false, selectable: false, focusable: false, style: { pointerEvents: 'none' } };
  }
}

const POSITIONS = { left: Position.Left, right: Position.Right, bottom: Position.Bottom } as const;
