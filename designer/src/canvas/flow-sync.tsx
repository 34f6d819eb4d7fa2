/** Copies the flow document into the drawing, and the selection of the drawing into the editor. */
import type { EdgeChange, NodeChange } from '@xyflow/react';
import { useCallback, useEffect, useMemo, useRef } from 'react';
import { useEditor } from '../editor/state/editor-context.tsx';
import { useCanvas, useCanvasTools, type CanvasTools } from './state/canvas-context.tsx';
import { createNames } from './elements/element-names.ts';
import { createElementBuilder, type CanvasEdge, type CanvasNode } from './state/flow-elements.ts';
import { isLabelGesture } from '../model/commands/change-node.ts';
import { select, selectionOf } from './state/selection.ts';

/** Runs the synchronisation. It must be a child of <ReactFlow>, so that the drawing is ready. */
export function FlowSync() {
  const { drawing, language } = useCanvasTools();
  const document = useEditor(({ history }) => history.document);
  const types = useEditor((editor) => editor.types);
  const overlay = useEditor((editor) => editor.overlay);
  const { nodes, edges } = useEditor(({ selection }) => selection);
  const notes = useCanvas((canvas) => canvas.notes);
  const groups = useCanvas((canvas) => canvas.groups);
  const build = useMemo(() => createElementBuilder(types), [types]);
  const names = useMemo(() => createNames(types, overlay, language), [types, overlay, language]);
  const selected = useMemo(() => new Set([...nodes, ...edges, ...notes, ...groups]), [nodes, edges, notes, groups]);
  const drawn = useRef<CanvasEdge[]>(undefined);
  const isNaming = useEditor(({ history }) => isLabelGesture(history.gesture));
  const named = useRef(document);
  useEffect(() => {
    // While the user types the name of a node, wires keep the old name. Rendering all wires would take longer than the
    // time between two keystrokes.
    if (!isNaming) named.current = document;
    const elements = build(document, selected, names, named.current);
    const { setNodes, setEdges, nodeLookup } = drawing.getState();
    // While a node is dragged, its position in the document is out of date, so keep the position of the drawing.
    setNodes(elements.nodes.map((node) => (nodeLookup.get(node.id)?.dragging === true ? inDrag(node, nodeLookup.get(node.id)!) : node)));
    // Typing a label changes no wire, so the wires are then not set again.
    if (drawn.current !== elements.edges) setEdges(elements.edges);
    drawn.current = elements.edges;
  }, [build, document, selected, names, isNaming, drawing]);
  return null;
}

function inDrag(node: CanvasNode, { position }: Pick<CanvasNode, 'position'>): CanvasNode {
  return { ...node, position, dragging: true };
}

/**
 * Passes changes of the selection to the editor. xyflow moves and selects its nodes itself, so a drag needs no work
 * here.
 */
export function useSelectionChanges() {
  const tools = useCanvasTools();
  const onNodesChange = useCallback(
    (changes: NodeChange<CanvasNode>[]) => {
      if (changes.some(({ type }) => type === 'select')) takeSelectedNodes(tools);
    },
    [tools],
  );
  const onEdgesChange = useCallback((changes: EdgeChange<CanvasEdge>[]) => takeSelectedEdges(tools, changes), [tools]);
  return { onNodesChange, onEdgesChange };
}

function takeSelectedNodes(tools: CanvasTools): void {
  const selected = tools.drawing.getState().nodes.filter((node) => node.selected === true);
  const of = (type: CanvasNode['type']) => selected.flatMap((node) => (node.type === type ? [node.id] : []));
  select(tools, { ...selectionOf(tools), nodes: of('card'), notes: of('note'), groups: of('group') });
}

function takeSelectedEdges(tools: CanvasTools, changes: readonly EdgeChange<CanvasEdge>[]): void {
  const now = selectionOf(tools);
  const edges = new Set(now.edges);
  for (const change of changes) {
    if (change.type !== 'select') continue;
    if (change.selected) edges.add(change.id);
    else edges.delete(change.id);
  }
  select(tools, { ...now, edges: [...edges] });
}
