/** Adds a node whose type was chosen in the palette or in the quick-add box, and connects it. */
import { addAfter, addBefore, addNode, insertOnEdge } from '../../model/commands/add-node.ts';
import { replaceType } from '../../model/commands/replace-type.ts';
import { CARD_HEIGHT, CARD_WIDTH, type Point } from '../../model/flow/card-geometry.ts';
import type { InsertionPoint } from '../state/canvas-store.ts';
import type { CanvasTools } from '../state/canvas-context.tsx';
import { select } from '../state/selection.ts';

/**
 * Adds the node and returns its id. Returns undefined if the command was refused; the user has then seen the reason.
 */
export function addChosen(tools: CanvasTools, type: string, wish: InsertionPoint): string | undefined {
  const { history, types } = tools.editor.getState();
  const { document } = history;
  const node = { type, language: tools.language };
  const made = (() => {
    switch (wish.kind) {
      case 'place':
        return tools.perform(addNode(document, types, { ...node, at: wish.at }));
      case 'after': {
        const { node: id, port, at } = wish;
        const after = { node: id, ...(port === undefined ? {} : { port }) };
        return tools.perform(addAfter(document, types, { ...node, after, ...(at === undefined ? {} : { at }) }));
      }
      case 'before':
        return tools.perform(addBefore(document, types, { ...node, before: wish.end, ...(wish.at === undefined ? {} : { at: wish.at }) }));
      case 'replace': {
        const done = tools.perform(replaceType(document, types, wish.node, type, { language: tools.language }));
        return done && { nodeId: wish.node };
      }
      case 'edge':
        return tools.perform(insertOnEdge(document, types, wish.edgeId, node));
    }
  })();
  if (made === undefined) return undefined;
  select(tools, { nodes: [made.nodeId] });
  tools.editor.getState().openPanel('properties');
  bringIntoView(tools, made.nodeId);
  return made.nodeId;
}

/**
 * Returns where to add a node if the user has not chosen a place: in the selected wire, behind the selected node, or
 * otherwise in the middle of the view.
 */
export function usualWish(tools: CanvasTools, type: string): InsertionPoint {
  const { selection, types, history } = tools.editor.getState();
  const [only, ...more] = selection.nodes;
  const [edge] = selection.edges;
  const takesInput = types.get(type)?.ports.in.length !== 0;
  if (takesInput && only === undefined && selection.edges.length === 1 && edge !== undefined) return { kind: 'edge', edgeId: edge };
  const before = more.length === 0 ? history.document.nodes.find(({ id }) => id === only) : undefined;
  if (takesInput && before !== undefined && types.mainOutPort(before) !== undefined) return { kind: 'after', node: before.id };
  return { kind: 'place', at: middleOfView(tools) };
}

export function middleOfView({ flow, drawing }: CanvasTools): Point {
  const { domNode } = drawing.getState();
  const box = domNode?.getBoundingClientRect() ?? { x: 0, y: 0, width: 0, height: 0 };
  const middle = flow.screenToFlowPosition({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  return { x: middle.x - CARD_WIDTH / 2, y: middle.y - CARD_HEIGHT / 2 };
}

/** Moves the view as little as possible until the node is visible. */
export function bringIntoView({ drawing, flow, editor }: CanvasTools, nodeId: string): void {
  const place = editor.getState().history.document.layout.nodes[nodeId];
  if (place === undefined) return;
  const { width, height, transform } = drawing.getState();
  const [x, y, zoom] = transform;
  const margin = 40;
  const box = { left: place[0] * zoom + x, top: place[1] * zoom + y, width: CARD_WIDTH * zoom, height: CARD_HEIGHT * zoom };
  const dx = Math.max(0, margin - box.left) - Math.max(0, box.left + box.width + margin - width);
  const dy = Math.max(0, margin - box.top) - Math.max(0, box.top + box.height + margin - height);
  if (dx !== 0 || dy !== 0) void flow.setViewport({ x: x + dx, y: y + dy, zoom }, { duration: 160 });
}
