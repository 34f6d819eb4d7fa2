/** The canvas of a flow: draws the document of the open editor and turns what is done on it into commands. */
import { Background, BackgroundVariant, ConnectionMode, MiniMap, ReactFlow, SelectionMode, type OnReconnect } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useMemo } from 'react';
import { useEditor } from '../editor/editor-context.tsx';
import { GRID } from '../model/card-geometry.ts';
import { CanvasScope } from './canvas-scope.tsx';
import { useCanvas, useCanvasTools, useIsInCanvasScope, type CanvasTools } from './canvas-context.tsx';
import { canConnect, connectEnds, connectionEnds, endConnecting, reconnectEnds, startConnecting } from './connecting.ts';
import { ConnectionLine } from './connection-line.tsx';
import { commitDrag } from './drag.ts';
import { dragOver, drop } from './dropping.ts';
import styles from './flow-canvas.module.css';
import type { CanvasEdge, CanvasNode } from './flow-elements.ts';
import { FlowSync, useSelectionChanges } from './flow-sync.tsx';
import { GroupFrame } from './group-frame.tsx';
import { NodeCard } from './node-card.tsx';
import { NoteCard } from './note-card.tsx';
import { QuickAdd } from './quick-add.tsx';
import { ArrowHeads, Wire } from './wire.tsx';

const NODE_TYPES = { card: NodeCard, note: NoteCard, group: GroupFrame };
const EDGE_TYPES = { wire: Wire };
const NOTHING: CanvasNode[] = [];
const SNAP: [number, number] = [GRID, GRID];
const FIT = { maxZoom: 1, padding: 0.12 };
const HIDE_ATTRIBUTION = { hideAttribution: true };
const SEVERAL_KEYS = ['Shift', 'Control', 'Meta'];

export function FlowCanvas() {
  return useIsInCanvasScope() ? (
    <Canvas />
  ) : (
    <CanvasScope>
      <Canvas />
    </CanvasScope>
  );
}

function Canvas() {
  const tools = useCanvasTools();
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const isMapShown = useCanvas((canvas) => canvas.isMapShown);
  const handlers = useMemo(() => handlersOf(tools), [tools]);
  const changes = useSelectionChanges();
  return (
    <div className={styles.canvas} onDragOver={(event) => dragOver(tools, event)} onDrop={(event) => drop(tools, event)}>
      <ArrowHeads />
      <ReactFlow<CanvasNode, CanvasEdge>
        defaultNodes={NOTHING}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        connectionLineComponent={ConnectionLine}
        connectionMode={ConnectionMode.Strict}
        connectionRadius={28}
        nodesDraggable={!isReadOnly}
        nodesConnectable={!isReadOnly}
        edgesReconnectable={!isReadOnly}
        disableKeyboardA11y
        deleteKeyCode={null}
        panActivationKeyCode={null}
        selectionKeyCode="Shift"
        multiSelectionKeyCode={SEVERAL_KEYS}
        selectionMode={SelectionMode.Partial}
        zoomOnDoubleClick={false}
        snapToGrid
        snapGrid={SNAP}
        minZoom={0.1}
        maxZoom={2}
        fitView
        fitViewOptions={FIT}
        proOptions={HIDE_ATTRIBUTION}
        {...handlers}
        {...changes}
      >
        <Background variant={BackgroundVariant.Dots} gap={GRID * 3} size={1.2} />
        {isMapShown ? <MiniMap pannable zoomable className={styles.map ?? ''} /> : null}
        <FlowSync />
      </ReactFlow>
      <QuickAdd />
    </div>
  );
}

/** Made once: xyflow draws everything anew when a handler is another. */
function handlersOf(tools: CanvasTools) {
  const { canvas, editor } = tools;
  const hover = (hoveredEdge: string | undefined) => canvas.getState().set({ hoveredEdge });
  const onReconnect: OnReconnect<CanvasEdge> = (edge, connection) => reconnectEnds(tools, edge.id, connectionEnds(connection));
  return {
    onReconnect,
    onConnect: (connection: Parameters<typeof connectionEnds>[0]) => connectEnds(tools, connectionEnds(connection)),
    onConnectStart: (_event: unknown, start: { nodeId: string | null; handleId: string | null; handleType: 'source' | 'target' | null }) =>
      startConnecting(tools, start.nodeId ?? '', start.handleId ?? '', start.handleType ?? 'source'),
    onConnectEnd: (event: MouseEvent | TouchEvent, state: Parameters<typeof endConnecting>[2]) => endConnecting(tools, event, state),
    isValidConnection: (connection: Parameters<typeof canConnect>[1]) => canConnect(tools, connection),
    onNodeDragStop: (_event: unknown, _node: CanvasNode, nodes: CanvasNode[]) => commitDrag(tools, nodes),
    onSelectionDragStop: (_event: unknown, nodes: CanvasNode[]) => commitDrag(tools, nodes),
    onNodeDoubleClick: (_event: unknown, node: CanvasNode) => node.type === 'card' && editor.getState().openPanel('properties'),
    onEdgeMouseEnter: (_event: unknown, edge: CanvasEdge) => hover(edge.id),
    onEdgeMouseLeave: () => hover(undefined),
  };
}
