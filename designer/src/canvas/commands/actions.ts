/** All actions of the canvas. Keys, menus, toolbars, Ctrl-K and the list of shortcuts read this list. */
import {
  AlignCenterHorizontal,
  AlignCenterVertical,
  AlignEndHorizontal,
  AlignEndVertical,
  AlignHorizontalSpaceBetween,
  AlignStartHorizontal,
  AlignStartVertical,
  AlignVerticalSpaceBetween,
  BoxSelect,
  ClipboardPaste,
  Copy,
  CopyPlus,
  Focus,
  Group,
  Keyboard,
  Map as MapIcon,
  Maximize,
  Network,
  PanelRightOpen,
  Plus,
  Power,
  PowerOff,
  Redo2,
  Repeat2,
  Scissors,
  SquareArrowOutUpRight,
  StickyNote,
  TextCursorInput,
  Trash2,
  Undo2,
  Ungroup,
  Waypoints,
  X,
  ZoomIn,
  ZoomOut,
  type LucideIcon,
} from 'lucide-react';
import type { Alignment } from '../../model/commands/move.ts';
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import type { Selection } from '../../model/commands/remove.ts';
import type { ACTION_TEXTS } from './action-texts.ts';
import type { CanvasTools } from '../state/canvas-context.tsx';
import * as selected from './selection-commands.ts';
import { isNothing, select, selectionOf } from '../state/selection.ts';
import * as view from './view-commands.ts';

export type MenuName = 'node' | 'edge' | 'several' | 'canvas';

/** The state that decides which actions are possible. */
export interface Situation {
  readonly selection: Required<Selection>;
  readonly document: FlowDocument;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly isReadOnly: boolean;
}

export interface CanvasAction {
  readonly id: keyof typeof ACTION_TEXTS;
  readonly icon: LucideIcon;
  readonly group: 'edit' | 'node' | 'arrange' | 'view';
  /** For example `Ctrl+Shift+G`. On a Mac, Ctrl means the command key. */
  readonly keys?: readonly string[];
  /**
   * True if the browser sends a clipboard event (copy, cut or paste) for these keys. That event then runs the action.
   */
  readonly isNative?: boolean;
  readonly menus?: readonly MenuName[];
  readonly isDangerous?: boolean;
  /** True if the action changes the flow. It is then not offered to users who may only read the flow. */
  readonly isChange: boolean;
  can(now: Situation): boolean;
  run(tools: CanvasTools): void;
}

const always = () => true;
const hasNodes = ({ selection }: Situation) => selection.nodes.length > 0;
const hasOneNode = ({ selection }: Situation) => selection.nodes.length === 1;
const hasThings = ({ selection }: Situation) => selection.nodes.length + selection.notes.length + selection.groups.length > 0;
const chosen = ({ selection, document }: Situation) => document.nodes.filter(({ id }) => selection.nodes.includes(id));

const EDIT: readonly CanvasAction[] = [
  {
    id: 'undo',
    icon: Undo2,
    group: 'edit',
    keys: ['Ctrl+Z'],
    isChange: true,
    can: ({ canUndo }) => canUndo,
    run: ({ editor }) => void editor.getState().undo(),
  },
  {
    id: 'redo',
    icon: Redo2,
    group: 'edit',
    keys: ['Ctrl+Y', 'Ctrl+Shift+Z'],
    isChange: true,
    can: ({ canRedo }) => canRedo,
    run: ({ editor }) => void editor.getState().redo(),
  },
  {
    id: 'copy',
    icon: Copy,
    group: 'edit',
    keys: ['Ctrl+C'],
    isNative: true,
    menus: ['node', 'several'],
    isChange: false,
    can: hasThings,
    run: (tools) => void selected.copyToClipboard(tools),
  },
  {
    id: 'cut',
    icon: Scissors,
    group: 'edit',
    keys: ['Ctrl+X'],
    isNative: true,
    menus: ['node', 'several'],
    isChange: true,
    can: hasThings,
    run: (tools) => void selected.cutToClipboard(tools),
  },
  {
    id: 'paste',
    icon: ClipboardPaste,
    group: 'edit',
    keys: ['Ctrl+V'],
    isNative: true,
    menus: ['canvas'],
    isChange: true,
    can: always,
    run: (tools) => void selected.pasteFromClipboard(tools),
  },
  {
    id: 'duplicate',
    icon: CopyPlus,
    group: 'edit',
    keys: ['Ctrl+D'],
    menus: ['node', 'several'],
    isChange: true,
    can: hasThings,
    run: selected.duplicateSelected,
  },
  {
    id: 'remove',
    icon: Trash2,
    group: 'edit',
    keys: ['Delete', 'Backspace'],
    menus: ['node', 'edge', 'several'],
    isDangerous: true,
    isChange: true,
    can: ({ selection }) => !isNothing(selection),
    run: selected.removeSelected,
  },
  {
    id: 'selectAll',
    icon: BoxSelect,
    group: 'edit',
    keys: ['Ctrl+A'],
    menus: ['canvas'],
    isChange: false,
    can: ({ document }) => document.nodes.length + document.layout.notes.length > 0,
    run: selected.selectAll,
  },
  {
    id: 'clear',
    icon: X,
    group: 'edit',
    keys: ['Escape'],
    isChange: false,
    can: ({ selection }) => !isNothing(selection),
    run: (tools) => select(tools, {}),
  },
];

const NODE: readonly CanvasAction[] = [
  {
    id: 'add',
    icon: Plus,
    group: 'node',
    keys: ['Space'],
    menus: ['canvas', 'node'],
    isChange: true,
    can: always,
    run: (tools) => view.openQuickAdd(tools),
  },
  {
    id: 'insert',
    icon: Plus,
    group: 'node',
    menus: ['edge'],
    isChange: true,
    can: ({ selection }) => selection.edges.length === 1 && selection.nodes.length === 0,
    run: ({ canvas, editor, pointer }) => {
      const [edgeId] = editor.getState().selection.edges;
      const at = pointer.current ?? { x: 0, y: 0 };
      if (edgeId !== undefined) canvas.getState().set({ quickAdd: { wish: { kind: 'edge', edgeId }, at } });
    },
  },
  {
    id: 'open',
    icon: PanelRightOpen,
    group: 'node',
    keys: ['Enter'],
    menus: ['node'],
    isChange: false,
    can: hasOneNode,
    run: ({ editor }) => editor.getState().openPanel('properties'),
  },
  {
    id: 'rename',
    icon: TextCursorInput,
    group: 'node',
    keys: ['F2'],
    menus: ['node'],
    isChange: true,
    can: hasOneNode,
    run: ({ editor }) => editor.getState().openField(editor.getState().selection.nodes[0], '/label'),
  },
  {
    id: 'replace',
    icon: Repeat2,
    group: 'node',
    menus: ['node'],
    isChange: true,
    can: hasOneNode,
    run: (tools) => view.openTypeChoice(tools, selectionOf(tools).nodes[0] ?? ''),
  },
  {
    id: 'disable',
    icon: PowerOff,
    group: 'node',
    keys: ['Ctrl+/'],
    menus: ['node', 'several'],
    isChange: true,
    can: (now) => chosen(now).some(({ disabled }) => disabled !== true),
    run: (tools) => selected.disableSelected(tools, true),
  },
  {
    id: 'enable',
    icon: Power,
    group: 'node',
    keys: ['Ctrl+/'],
    menus: ['node', 'several'],
    isChange: true,
    can: (now) => hasNodes(now) && chosen(now).every(({ disabled }) => disabled === true),
    run: (tools) => selected.disableSelected(tools, false),
  },
  {
    id: 'bypass',
    icon: Waypoints,
    group: 'node',
    keys: ['Ctrl+B'],
    menus: ['node', 'several'],
    isChange: true,
    can: ({ selection, document }) =>
      selection.nodes.length > 0 &&
      document.edges.some(({ from, to }) => selection.nodes.includes(from.node) || selection.nodes.includes(to.node)),
    run: selected.bypassSelected,
  },
  {
    id: 'group',
    icon: Group,
    group: 'node',
    keys: ['Ctrl+G'],
    menus: ['node', 'several'],
    isChange: true,
    can: hasNodes,
    run: selected.groupSelected,
  },
  {
    id: 'extract',
    icon: SquareArrowOutUpRight,
    group: 'node',
    menus: ['several'],
    isChange: true,
    can: ({ selection }) => selection.nodes.length > 1,
    run: selected.askToExtract,
  },
  {
    id: 'ungroup',
    icon: Ungroup,
    group: 'node',
    keys: ['Ctrl+Shift+G'],
    menus: ['node', 'several'],
    isChange: true,
    can: ({ selection, document }) =>
      document.layout.groups.some((group) => selection.groups.includes(group.id) || group.nodes.some((id) => selection.nodes.includes(id))),
    run: selected.ungroupSelected,
  },
  {
    id: 'note',
    icon: StickyNote,
    group: 'node',
    keys: ['Alt+N'],
    menus: ['canvas'],
    isChange: true,
    can: always,
    run: (tools) => view.addNoteHere(tools),
  },
];

const ALIGNMENTS: readonly (readonly [Alignment, LucideIcon])[] = [
  ['left', AlignStartVertical],
  ['centre', AlignCenterVertical],
  ['right', AlignEndVertical],
  ['top', AlignStartHorizontal],
  ['middle', AlignCenterHorizontal],
  ['bottom', AlignEndHorizontal],
  ['spread-across', AlignHorizontalSpaceBetween],
  ['spread-down', AlignVerticalSpaceBetween],
];

const ARRANGE: readonly CanvasAction[] = [
  ...ALIGNMENTS.map(([how, icon]): CanvasAction => ({
    id: how,
    icon,
    group: 'arrange',
    isChange: true,
    can: ({ selection }) => selection.nodes.length >= (how.startsWith('spread') ? 3 : 2),
    run: (tools) => selected.alignSelected(tools, how),
  })),
  {
    id: 'layout',
    icon: Network,
    group: 'arrange',
    keys: ['Ctrl+Shift+L'],
    menus: ['canvas', 'several'],
    isChange: true,
    can: ({ document }) => document.nodes.length > 1,
    run: view.layOut,
  },
];

const VIEW: readonly CanvasAction[] = [
  { id: 'fit', icon: Maximize, group: 'view', keys: ['Ctrl+0'], menus: ['canvas'], isChange: false, can: always, run: view.fitAll },
  {
    id: 'fitSelected',
    icon: Focus,
    group: 'view',
    keys: ['Ctrl+2'],
    menus: ['several'],
    isChange: false,
    can: hasThings,
    run: view.fitSelected,
  },
  { id: 'zoomIn', icon: ZoomIn, group: 'view', keys: ['Ctrl+=', 'Ctrl++'], isChange: false, can: always, run: view.zoomIn },
  { id: 'zoomOut', icon: ZoomOut, group: 'view', keys: ['Ctrl+-'], isChange: false, can: always, run: view.zoomOut },
  { id: 'fullSize', icon: Maximize, group: 'view', keys: ['Ctrl+1'], isChange: false, can: always, run: view.zoomToFullSize },
  {
    id: 'map',
    icon: MapIcon,
    group: 'view',
    keys: ['Alt+M'],
    isChange: false,
    can: always,
    run: ({ canvas }) => canvas.getState().set({ isMapShown: !canvas.getState().isMapShown }),
  },
  {
    id: 'shortcuts',
    icon: Keyboard,
    group: 'view',
    keys: ['?'],
    menus: ['canvas'],
    isChange: false,
    can: always,
    run: ({ canvas }) => canvas.getState().set({ isShortcutsOpen: true }),
  },
];

export const ACTIONS: readonly CanvasAction[] = [...EDIT, ...NODE, ...ARRANGE, ...VIEW];

export function situationOf(tools: Pick<CanvasTools, 'editor' | 'canvas'>): Situation {
  const { history, isReadOnly } = tools.editor.getState();
  return {
    selection: selectionOf(tools),
    document: history.document,
    canUndo: history.past.length > 0,
    canRedo: history.future.length > 0,
    isReadOnly,
  };
}

/** Returns whether an action is offered. Actions that change the flow are not offered to users who may only read it. */
export function isOffered(action: CanvasAction, now: Situation): boolean {
  return (!action.isChange || !now.isReadOnly) && action.can(now);
}
