/** Commands for the selection. */
import { copySelection, clipboardText, readClipboard, type Clipboard } from '../../model/commands/clipboard.ts';
import { setDisabled } from '../../model/commands/change-node.ts';
import { extractFlow } from '../../model/commands/extract-flow.ts';
import { addGroup, removeGroups } from '../../model/commands/groups.ts';
import { align, move, type Alignment } from '../../model/commands/move.ts';
import { duplicate, paste } from '../../model/commands/paste.ts';
import { bypass, remove, type Selection } from '../../model/commands/remove.ts';
import { CARD_HEIGHT, CARD_WIDTH, placeOf, type Point } from '../../model/flow/card-geometry.ts';
import { defineTexts, translateWith } from '../../i18n/texts.ts';
import { bringIntoView, middleOfView } from './add-chosen.ts';
import type { CanvasTools } from '../state/canvas-context.tsx';
import { select, selectionOf } from '../state/selection.ts';

const TEXTS = defineTexts({
  copied: ['已复制 {{count}} 项', 'Copied {{count}} {{count|item|items}}'],
  copiedOne: ['已复制 1 项', 'Copied 1 item'],
  nothingToPaste: ['剪贴板中没有流程节点，请先复制。', 'The clipboard contains no nodes. Copy some first.'],
  group: ['分组', 'Group'],
});

/** Asks for the name of the new flow, if the selection can be extracted into one. */
export function askToExtract(tools: CanvasTools): void {
  const { history, types, selection } = tools.editor.getState();
  const plan = extractFlow(history.document, types, { nodes: selection.nodes, name: ' ', language: tools.language });
  if ('refusal' in plan) tools.refuse(plan.refusal);
  else tools.canvas.getState().set({ extracting: selection.nodes });
}

export function removeSelected(tools: CanvasTools): void {
  const selection = selectionOf(tools);
  tools.perform({ command: remove(tools.editor.getState().history.document, selection) });
  select(tools, {});
}

/** Returns the selection as text, and tells the user that it was copied. Returns undefined if nothing can be copied. */
export function copiedText(tools: CanvasTools): string | undefined {
  const clipboard = copySelection(tools.editor.getState().history.document, selectionOf(tools));
  if (clipboard === undefined) return undefined;
  const text = clipboardText(clipboard);
  tools.canvas.getState().set({ copied: text });
  const count = clipboard.nodes.length + clipboard.layout.notes.length;
  const t = translateWith(TEXTS, tools.language);
  tools.say(count === 1 ? t('copiedOne') : t('copied', { count }), 'success');
  return text;
}

/** Copies the selection. Used by menus, which have no clipboard event. */
export async function copyToClipboard(tools: CanvasTools): Promise<void> {
  const text = copiedText(tools);
  // Without TLS the browser offers the page no clipboard. Pasting on the canvas then uses the copy that the canvas
  // keeps.
  if (text !== undefined) await navigator.clipboard?.writeText(text).catch(() => undefined);
}

export async function cutToClipboard(tools: CanvasTools): Promise<void> {
  await copyToClipboard(tools);
  removeSelected(tools);
}

export async function pasteFromClipboard(tools: CanvasTools, at?: Point): Promise<void> {
  const read = await navigator.clipboard?.readText().catch(() => undefined);
  const text = read !== undefined && read !== '' ? read : tools.canvas.getState().copied;
  if (text === undefined) tools.say(translateWith(TEXTS, tools.language)('nothingToPaste'), 'warning');
  else pasteText(tools, text, at);
}

/** Pastes at the pointer if it is over the canvas, otherwise in the middle of the view. */
export function pasteText(tools: CanvasTools, text: string, at: Point = pastePlace(tools)): void {
  const read = readClipboard(text);
  if ('refusal' in read) tools.refuse(read.refusal);
  else pasteClipboard(tools, read.clipboard, at);
}

export function pasteClipboard(tools: CanvasTools, clipboard: Clipboard, at: Point): void {
  const { history, types } = tools.editor.getState();
  const made = tools.perform(paste(history.document, types, clipboard, at));
  if (made !== undefined) selectMade(tools, made.pasted);
}

export function duplicateSelected(tools: CanvasTools): void {
  const { history, types } = tools.editor.getState();
  const made = tools.perform(duplicate(history.document, types, selectionOf(tools)));
  if (made !== undefined) selectMade(tools, made.pasted);
}

function selectMade(tools: CanvasTools, made: Required<Selection>): void {
  select(tools, { ...made, edges: [] });
  const [first] = made.nodes;
  if (first !== undefined) bringIntoView(tools, first);
}

function pastePlace(tools: CanvasTools): Point {
  const pointer = tools.pointer.current;
  if (pointer === undefined) return middleOfView(tools);
  const { x, y } = tools.flow.screenToFlowPosition(pointer);
  return { x: x - CARD_WIDTH / 2, y: y - CARD_HEIGHT / 2 };
}

export function selectAll(tools: CanvasTools): void {
  const { nodes, edges, layout } = tools.editor.getState().history.document;
  const ids = (parts: readonly { readonly id: string }[]) => parts.map(({ id }) => id);
  select(tools, { nodes: ids(nodes), edges: ids(edges), notes: ids(layout.notes), groups: ids(layout.groups) });
}

export function disableSelected(tools: CanvasTools, isDisabled: boolean): void {
  const { nodes } = selectionOf(tools);
  tools.perform({ command: setDisabled(tools.editor.getState().history.document, nodes, isDisabled) });
}

export function bypassSelected(tools: CanvasTools): void {
  for (const id of selectionOf(tools).nodes) {
    const { history, types } = tools.editor.getState();
    tools.perform(bypass(history.document, types, id));
  }
}

export function groupSelected(tools: CanvasTools): void {
  const { nodes } = selectionOf(tools);
  const made = tools.perform(addGroup(tools.editor.getState().history.document, nodes, translateWith(TEXTS, tools.language)('group')));
  if (made === undefined) return;
  select(tools, { nodes, groups: [made.groupId] });
  tools.canvas.getState().set({ writing: made.groupId });
}

/** Returns the frames that are selected or contain a selected node. */
export function groupsConcerned({ editor, canvas }: Pick<CanvasTools, 'editor' | 'canvas'>): readonly string[] {
  const { nodes, groups } = selectionOf({ editor, canvas });
  return editor
    .getState()
    .history.document.layout.groups.filter((group) => groups.includes(group.id) || group.nodes.some((id) => nodes.includes(id)))
    .map(({ id }) => id);
}

export function ungroupSelected(tools: CanvasTools): void {
  tools.perform({ command: removeGroups(groupsConcerned(tools)) });
}

export function alignSelected(tools: CanvasTools, how: Alignment): void {
  const { history, types } = tools.editor.getState();
  tools.perform(align(history.document, types, selectionOf(tools).nodes, how));
}

/** Moves the selection with the arrow keys. Consecutive moves form one undo step. */
export function nudgeSelected(tools: CanvasTools, by: Point): void {
  const { document } = tools.editor.getState().history;
  const { nodes, notes } = selectionOf(tools);
  const places = new Map<string, Point>(nodes.map((id) => [id, placeOf(document, id)]));
  for (const note of document.layout.notes) if (notes.includes(note.id)) places.set(note.id, note);
  const moved = [...places].map(([id, { x, y }]) => [id, { x: x + by.x, y: y + by.y }] as const);
  tools.editor.getState().run(move(new Map(moved)));
}
