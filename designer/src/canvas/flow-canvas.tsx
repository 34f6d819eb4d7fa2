/** The canvas of a flow. It renders the document of the open editor and turns the user's actions into commands. */
import { Background, BackgroundVariant, ConnectionMode, ReactFlow, SelectionMode, type OnReconnect } from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useMemo, type DragEvent, type FocusEvent, type MouseEvent as ReactMouseEvent, type PointerEvent } from 'react';
import { useEditor } from '../editor/state/editor-context.tsx';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { GRID } from '../model/flow/card-geometry.ts';
import { CanvasCommands } from './commands/canvas-commands.tsx';
import { CanvasMenu, openEdgeMenu, openNodeMenu, openPaneMenu } from './canvas-menu.tsx';
import { CanvasScope } from './state/canvas-scope.tsx';
import { SelectionBar, ViewBar } from './canvas-tools.tsx';
import { useCanvasTools, useIsInCanvasScope, type CanvasTools } from './state/canvas-context.tsx';
import { bringIntoView } from './commands/add-chosen.ts';
import { canConnect, connectEnds, connectionEnds, endConnecting, reconnectEnds, startConnecting } from './state/connecting.ts';
import { ConnectionLine } from './elements/connection-line.tsx';
import { commitDrag, followDrag } from './drag.ts';
import { dragOver, drop } from './palette/dropping.ts';
import { EmptyHint } from './palette/empty-hint.tsx';
import { ExtractDialog } from './extract-dialog.tsx';
import { useFastDrag } from './fast-drag.ts';
import styles from './flow-canvas.module.css';
import type { CanvasEdge, CanvasNode } from './state/flow-elements.ts';
import { FlowFrame } from './elements/flow-frame.tsx';
import { FlowSync, useSelectionChanges } from './flow-sync.tsx';
import { GroupFrame } from './elements/group-frame.tsx';
import { useCanvasKeyboard } from './commands/keyboard.ts';
import { useKeepFitted } from './keep-fitted.ts';
import { NodeCard } from './elements/node-card.tsx';
import { NoteCard } from './elements/note-card.tsx';
import { QuickAdd } from './palette/quick-add.tsx';
import { select } from './state/selection.ts';
import { ShortcutsSheet } from './shortcuts-sheet.tsx';
import { SmallMap } from './elements/small-map.tsx';
import { openQuickAdd } from './commands/view-commands.ts';
import { ArrowHeads, Wire } from './elements/wire.tsx';

const TEXTS = defineTexts({
  canvas: ['流程画布', 'Canvas of the flow'],
  map: ['缩略图', 'Small map'],
  // Describe the canvas's own keys to screen readers. The texts of xyflow describe other keys.
  aboutNode: ['回车打开节点的配置，Delete 键删除', 'Enter opens the settings of the node, Delete removes it'],
  aboutEdge: ['Delete 键删除连线', 'Delete removes the connection'],
});
const NODE_TYPES = { card: NodeCard, note: NoteCard, group: GroupFrame, frame: FlowFrame };
const EDGE_TYPES = { wire: Wire };
const NOTHING: CanvasNode[] = [];
const SNAP: [number, number] = [GRID, GRID];
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
  const handlers = useMemo(() => handlersOf(tools), [tools]);
  const changes = useSelectionChanges();
  const t = useTexts(TEXTS);
  const labels = useMemo(
    () => ({
      'node.a11yDescription.default': t('aboutNode'),
      'edge.a11yDescription.default': t('aboutEdge'),
      'minimap.ariaLabel': t('map'),
    }),
    [t],
  );
  useCanvasKeyboard();
  useFastDrag();
  useKeepFitted();
  return (
    <div className={styles.canvas} {...surroundings(tools)}>
      <ArrowHeads />
      <ReactFlow<CanvasNode, CanvasEdge>
        aria-label={t('canvas')}
        ariaLabelConfig={labels}
        tabIndex={0}
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
        proOptions={HIDE_ATTRIBUTION}
        {...handlers}
        {...changes}
      >
        <Background variant={BackgroundVariant.Dots} gap={GRID * 6} size={1.2} />
        <SmallMap />
        <FlowSync />
      </ReactFlow>
      <EmptyHint />
      <ViewBar />
      <SelectionBar />
      <QuickAdd />
      <CanvasMenu />
      <ShortcutsSheet />
      <ExtractDialog />
      <CanvasCommands />
    </div>
  );
}

function surroundings(tools: CanvasTools) {
  const { canvas, drawing, pointer } = tools;
  return {
    onDragOver: (event: DragEvent) => dragOver(tools, event),
    onDragLeave: () => canvas.getState().set({ dropEdge: undefined }),
    onDrop: (event: DragEvent) => drop(tools, event),
    onFocus: (event: FocusEvent<HTMLElement>) => selectFocused(tools, event.target),
    onPointerMove: ({ clientX, clientY }: PointerEvent) => void (pointer.current = { x: clientX, y: clientY }),
    onPointerLeave: () => void (pointer.current = undefined),
    onDoubleClick: ({ target, clientX, clientY }: ReactMouseEvent) => {
      const isEmpty = target instanceof Element && target.classList.contains('react-flow__pane');
      if (isEmpty && !tools.editor.getState().isReadOnly) openQuickAdd(tools, { x: clientX, y: clientY });
    },
    onClick: ({ target }: ReactMouseEvent) => {
      const isEmpty = target instanceof Element && target.classList.contains('react-flow__pane');
      // Do not take the focus while the quick-add box is open. When the user drops a new wire, the box opens, and the
      // browser reports a click too.
      if (isEmpty && canvas.getState().quickAdd === undefined) drawing.getState().domNode?.focus({ preventScroll: true });
    },
  };
}

/** Selects a card that the user reaches with the Tab key. */
function selectFocused(tools: CanvasTools, target: HTMLElement): void {
  const id = target.matches('.react-flow__node:focus-visible') ? target.dataset['id'] : undefined;
  const type = id === undefined ? undefined : tools.flow.getNode(id)?.type;
  if (id === undefined || type === undefined) return;
  if (type === 'card') {
    if (!tools.editor.getState().selection.nodes.includes(id)) select(tools, { nodes: [id] });
    bringIntoView(tools, id);
  } else select(tools, type === 'note' ? { notes: [id] } : { groups: [id] });
}

/** Returns whether the user presses a key that adds the clicked element to the selection. */
function isOneMore({ shiftKey, ctrlKey, metaKey }: ReactMouseEvent): boolean {
  return shiftKey || ctrlKey || metaKey;
}

/**
 * Shows the settings of the clicked card. Does nothing while the panel shows the results of a trial: the user can then
 * click one card after the other to see its result.
 */
function showSettings({ editor }: CanvasTools): void {
  const { panel, isPanelOpen, isPanelUnwanted, trial, openPanel } = editor.getState();
  const isTrialShown = isPanelOpen && panel === 'try' && trial.run !== undefined;
  // Open the panel on every click: the card may already be selected, because undo selects the cards that it changed.
  if (!isPanelUnwanted && !isTrialShown) openPanel('properties');
}

/**
 * Returns the event handlers of the canvas. They are created only once, because xyflow renders everything again when a
 * handler changes.
 */
function handlersOf(tools: CanvasTools) {
  const { canvas, editor } = tools;
  const hover = (hoveredEdge: string | undefined) => canvas.getState().set({ hoveredEdge });
  const onReconnect: OnReconnect<CanvasEdge> = (edge, connection) => reconnectEnds(tools, edge.id, connectionEnds(connection));
  return {
    // A null event means that the program moves the view, not the user.
    onMoveStart: (event: unknown) => (event === null ? undefined : canvas.getState().set({ isViewMoved: true })),
    onReconnect,
    onConnect: (connection: Parameters<typeof connectionEnds>[0]) => connectEnds(tools, connectionEnds(connection)),
    onConnectStart: (_event: unknown, start: { nodeId: string | null; handleId: string | null; handleType: 'source' | 'target' | null }) =>
      startConnecting(tools, start.nodeId ?? '', start.handleId ?? '', start.handleType ?? 'source'),
    onConnectEnd: (event: MouseEvent | TouchEvent, state: Parameters<typeof endConnecting>[2]) => endConnecting(tools, event, state),
    isValidConnection: (connection: Parameters<typeof canConnect>[1]) => canConnect(tools, connection),
    onNodeDrag: (event: ReactMouseEvent | MouseEvent | TouchEvent, _node: CanvasNode, nodes: CanvasNode[]) =>
      followDrag(tools, event as MouseEvent, nodes),
    onNodeDragStop: (_event: unknown, _node: CanvasNode, nodes: CanvasNode[]) => commitDrag(tools, nodes),
    onSelectionDragStop: (_event: unknown, nodes: CanvasNode[]) => commitDrag(tools, nodes),
    onNodeClick: (event: ReactMouseEvent, node: CanvasNode) =>
      node.type === 'card' && !isOneMore(event) ? showSettings(tools) : undefined,
    onNodeDoubleClick: (_event: unknown, node: CanvasNode) => node.type === 'card' && editor.getState().openPanel('properties'),
    onNodeContextMenu: (event: ReactMouseEvent, node: CanvasNode) => openNodeMenu(tools, event, node),
    onEdgeContextMenu: (event: ReactMouseEvent, edge: CanvasEdge) => openEdgeMenu(tools, event, edge),
    onPaneContextMenu: (event: ReactMouseEvent | globalThis.MouseEvent) => openPaneMenu(tools, event),
    onEdgeMouseEnter: (_event: unknown, edge: CanvasEdge) => hover(edge.id),
    onEdgeMouseLeave: () => hover(undefined),
  };
}
