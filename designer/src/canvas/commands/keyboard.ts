/**
 * Controls the canvas by keyboard: keys of actions, arrows that move, walking along wires, and typing to add a node.
 */
import { useEffect } from 'react';
import { flushSync } from 'react-dom';
import { GRID } from '../../model/flow/card-geometry.ts';
import { ACTIONS, isOffered, situationOf } from './actions.ts';
import { useCanvasTools, type CanvasTools } from '../state/canvas-context.tsx';
import { isTyping, isWritten, keyOf } from '../../kit/page/key-names.ts';
import { copiedText, nudgeSelected, pasteText, removeSelected } from './selection-commands.ts';
import { isNothing, select, selectionOf } from '../state/selection.ts';
import { openQuickAdd } from './view-commands.ts';
import { walk, walkInOrder, DIRECTIONS } from './walk.ts';

const FAR = 5;
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
/** Actions whose keys also work in the panel beside the canvas. They do not work while the user types text. */
const EVERYWHERE: readonly string[] = ['undo', 'redo'];

/** Handles keys that are pressed while the canvas, or no particular element, has the focus. */
export function useCanvasKeyboard(): void {
  const tools = useCanvasTools();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || isWritten(event.target)) return;
      const isHere = isOnCanvas(tools, event.target);
      if (isHere && event.key === 'Enter') selectFocused(tools, event.target);
      if (runAction(tools, event, isHere) || !isHere) return;
      if (walkOrMove(tools, event)) event.preventDefault();
      // Do not call `preventDefault` here: the browser then types the key into the box that has just opened.
      else if (isTyping(event) && !tools.editor.getState().isReadOnly) flushSync(() => openQuickAdd(tools));
    };
    const onClipboard = (event: ClipboardEvent) => takeClipboardEvent(tools, event);
    window.addEventListener('keydown', onKeyDown);
    for (const name of ['copy', 'cut', 'paste'] as const) window.addEventListener(name, onClipboard);
    return () => {
      window.removeEventListener('keydown', onKeyDown);
      for (const name of ['copy', 'cut', 'paste'] as const) window.removeEventListener(name, onClipboard);
    };
  }, [tools]);
}

function isOnCanvas({ drawing, editor }: CanvasTools, target: EventTarget | null): boolean {
  // While the mapping editor covers the canvas, the canvas handles no keys.
  if (editor.getState().openMappingOf !== undefined) return false;
  const { domNode } = drawing.getState();
  return target === document.body || (target instanceof Node && domNode?.contains(target) === true && !isButton(target));
}

/** Selects the card that has the focus, so that the action of the pressed key applies to this card. */
function selectFocused(tools: CanvasTools, target: EventTarget | null): void {
  const element = target instanceof Element ? target.closest<HTMLElement>('.react-flow__node:focus-visible') : null;
  const id = element?.dataset['id'];
  if (id !== undefined && tools.flow.getNode(id)?.type === 'card' && !selectionOf(tools).nodes.includes(id)) select(tools, { nodes: [id] });
}

/** Returns whether the element is in a button, menu or dialog. These handle keys themselves. */
function isButton(target: Node): boolean {
  return target instanceof Element && target.closest('button, [role="menu"], [role="dialog"]') !== null;
}

function runAction(tools: CanvasTools, event: KeyboardEvent, isHere: boolean): boolean {
  const key = keyOf(event);
  const now = situationOf(tools);
  const named = ACTIONS.filter(({ keys, isNative }) => keys?.includes(key) === true && isNative !== true);
  const action = named.find((one) => (isHere || EVERYWHERE.includes(one.id)) && isOffered(one, now));
  if (action === undefined) return false;
  event.preventDefault();
  flushSync(() => action.run(tools));
  return true;
}

function walkOrMove(tools: CanvasTools, event: KeyboardEvent): boolean {
  const way = event.altKey && !event.ctrlKey && !event.metaKey ? DIRECTIONS[event.key] : undefined;
  if (way !== undefined) return walk(tools, way);
  if ((event.ctrlKey || event.metaKey) && (event.key === 'ArrowRight' || event.key === 'ArrowLeft'))
    return walkInOrder(tools, event.key === 'ArrowRight' ? 1 : -1);
  const step = STEPS[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || tools.editor.getState().isReadOnly) return false;
  const { nodes, notes } = selectionOf(tools);
  if (nodes.length + notes.length === 0) return false;
  const length = GRID * (event.shiftKey ? FAR : 1);
  nudgeSelected(tools, { x: step[0] * length, y: step[1] * length });
  return true;
}

function takeClipboardEvent(tools: CanvasTools, event: ClipboardEvent): void {
  if (event.defaultPrevented || isWritten(event.target) || !isOnCanvas(tools, event.target)) return;
  // If text is selected on the page, ignore the event. The browser then copies this text.
  if (event.type !== 'paste' && (isNothing(selectionOf(tools)) || window.getSelection()?.isCollapsed === false)) return;
  const { isReadOnly } = tools.editor.getState();
  if (event.type === 'paste') {
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (isReadOnly || text === '') return;
    event.preventDefault();
    pasteText(tools, text);
    return;
  }
  const text = copiedText(tools);
  if (text === undefined) return;
  event.preventDefault();
  event.clipboardData?.setData('text/plain', text);
  if (event.type === 'cut' && !isReadOnly) removeSelected(tools);
}
