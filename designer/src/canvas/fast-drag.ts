/**
 * Drags many cards at once. At each step xyflow would check every card and wire of the flow and render the moved ones
 * with React; with 500 cards this takes longer than a frame. So a large drag moves the elements directly, and xyflow
 * gets only the end of the drag.
 */
import {
  experimental_useOnNodesChangeMiddleware as useOnNodesChange,
  type HandleType,
  type InternalNode,
  type NodeChange,
  type NodePositionChange,
  Position,
} from '@xyflow/react';
import { useCallback, useRef } from 'react';
import type { Point } from '../model/flow/card-geometry.ts';
import { useCanvasTools, type CanvasTools } from './state/canvas-context.tsx';
import type { CanvasEdge, CanvasNode } from './state/flow-elements.ts';
import { labelPlace, wirePath } from './elements/wire-path.ts';

/**
 * Minimum number of dragged cards for a fast drag. With fewer cards xyflow is fast enough, and it also moves the frames
 * and the map during the drag.
 */
const FEWEST = 12;

export function useFastDrag(): void {
  const { drawing } = useCanvasTools();
  const drag = useRef<Drag>(undefined);
  const middleware = useCallback(
    (changes: NodeChange<CanvasNode>[]): NodeChange<CanvasNode>[] => {
      const moves = changes.filter(isStep);
      if (moves.length < FEWEST || moves.length < changes.length) {
        drag.current = undefined;
        return changes;
      }
      drag.current ??= beginDrag(
        drawing,
        moves.map(({ id }) => id),
      );
      moveElements(drag.current, moves);
      return [];
    },
    [drawing],
  );
  useOnNodesChange(middleware);
}

type Step = NodePositionChange & { readonly position: Point };

function isStep(change: NodeChange<CanvasNode>): change is Step {
  return change.type === 'position' && change.dragging === true && change.position !== undefined;
}

interface Drag {
  readonly nodes: ReadonlyMap<string, InternalNode<CanvasNode>>;
  readonly elements: ReadonlyMap<string, HTMLElement>;
  readonly wires: readonly DraggedWire[];
}

interface DraggedWire {
  readonly edge: CanvasEdge;
  readonly lines: readonly SVGPathElement[];
  readonly label: HTMLElement | undefined;
}

/** Finds the HTML elements of the dragged cards and their wires once, at the start of the drag. */
function beginDrag(drawing: CanvasTools['drawing'], ids: readonly string[]): Drag {
  const { domNode, nodeLookup, edges } = drawing.getState();
  const moved = new Set(ids);
  const byId = <T extends HTMLElement | SVGElement>(selector: string) =>
    new Map([...(domNode?.querySelectorAll<T>(selector) ?? [])].map((element) => [element.dataset['id'] ?? '', element]));
  const groups = byId<SVGGElement>('.react-flow__edge');
  const labels = byId<HTMLElement>('.react-flow__edgelabel-renderer > [data-id]');
  const wires = edges.flatMap((edge) => {
    const group = groups.get(edge.id);
    if (group === undefined || !(moved.has(edge.source) || moved.has(edge.target))) return [];
    const lines = group.querySelectorAll<SVGPathElement>('.react-flow__edge-path, .react-flow__edge-interaction');
    return [{ edge, lines: [...lines], label: labels.get(edge.id) }];
  });
  return { nodes: nodeLookup, elements: byId<HTMLElement>('.react-flow__node'), wires };
}

function moveElements({ nodes, elements, wires }: Drag, moves: readonly Step[]): void {
  const places = new Map(moves.map(({ id, position }) => [id, position]));
  for (const [id, { x, y }] of places) {
    const element = elements.get(id);
    if (element !== undefined) element.style.transform = `translate(${x}px,${y}px)`;
  }
  const place = (id: string) => places.get(id) ?? nodes.get(id)?.internals.positionAbsolute;
  for (const { edge, lines, label } of wires) {
    const source = endOf(nodes.get(edge.source), place(edge.source), 'source', edge.sourceHandle);
    const target = endOf(nodes.get(edge.target), place(edge.target), 'target', edge.targetHandle);
    if (source === undefined || target === undefined) continue;
    const ends = { sourceX: source.x, sourceY: source.y, sourcePosition: source.position, targetX: target.x, targetY: target.y };
    const { path, label: at } = wirePath(ends, edge.data?.turn);
    for (const line of lines) line.setAttribute('d', path);
    if (label !== undefined) label.style.transform = labelPlace(at);
  }
}

/** Returns the point at which a wire starts or ends: the outer edge of its port, as in xyflow. */
function endOf(node: InternalNode<CanvasNode> | undefined, at: Point | undefined, type: HandleType, port: string | null | undefined) {
  const handle = node?.internals.handleBounds?.[type]?.find(({ id }) => id === port);
  if (handle === undefined || at === undefined) return undefined;
  const { position, width, height } = handle;
  const [x, y] = [at.x + handle.x, at.y + handle.y];
  if (position === Position.Left) return { position, x, y: y + height / 2 };
  if (position === Position.Right) return { position, x: x + width, y: y + height / 2 };
  return { position, x: x + width / 2, y: y + height };
}
