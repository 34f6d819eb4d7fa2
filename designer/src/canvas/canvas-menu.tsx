/** The context menu: actions for the element at which the user opened it. */
import { Dropdown, type MenuProps } from 'antd';
import { Palette as PaletteIcon } from 'lucide-react';
import type { LayoutColour } from '../../../engine/contract/flow/flow-document.ts';
import { defineTexts, useTexts, type Translate } from '../i18n/texts.ts';
import { changeGroup } from '../model/commands/groups.ts';
import { changeNote } from '../model/commands/notes.ts';
import { ACTION_TEXTS } from './commands/action-texts.ts';
import { ACTIONS, isOffered, situationOf, type CanvasAction, type MenuName } from './commands/actions.ts';
import styles from './canvas-menu.module.css';
import { useCanvas, useCanvasTools, type CanvasTools } from './state/canvas-context.tsx';
import type { MenuRequest } from './state/canvas-store.ts';
import { shownKeys } from '../kit/page/key-names.ts';
import { isNothing, select, selectionOf } from './state/selection.ts';
import type { CanvasEdge, CanvasNode } from './state/flow-elements.ts';

const TEXTS = defineTexts({
  colour: ['颜色', 'Colour'],
  grey: ['灰色', 'Grey'],
  teal: ['青色', 'Teal'],
  green: ['绿色', 'Green'],
  amber: ['琥珀色', 'Amber'],
  red: ['红色', 'Red'],
  violet: ['紫色', 'Violet'],
});
const COLOURS: readonly LayoutColour[] = ['grey', 'teal', 'green', 'amber', 'red', 'violet'];

export function CanvasMenu() {
  const request = useCanvas(({ menu }) => menu);
  return request === undefined ? null : <OpenMenu key={`${request.at.x} ${request.at.y}`} request={request} />;
}

function OpenMenu({ request: { about, at } }: { readonly request: MenuRequest }) {
  const tools = useCanvasTools();
  const t = useTexts(ACTION_TEXTS);
  const colour = useTexts(TEXTS);
  const close = () => tools.canvas.getState().set({ menu: undefined });
  const items = [...actionItems(tools, about, t), ...colourItems(tools, colour)];
  const onClick: MenuProps['onClick'] = ({ key }) => {
    close();
    ACTIONS.find(({ id }) => id === key)?.run(tools);
  };
  if (items.length === 0) return null;
  return (
    <Dropdown open autoFocus menu={{ items, onClick }} trigger={['click']} onOpenChange={(isOpen) => !isOpen && close()}>
      <span className={styles.anchor} style={{ left: at.x, top: at.y }} />
    </Dropdown>
  );
}

type Items = NonNullable<MenuProps['items']>;

function actionItems(tools: CanvasTools, about: MenuName, t: Translate<typeof ACTION_TEXTS>): Items {
  const now = situationOf(tools);
  const offered = MENU_ORDER.flatMap((part) =>
    ACTIONS.filter((action) => action.menus?.includes(about) === true && isOffered(action, now) && partOf(action) === part),
  );
  return offered.flatMap((action, index) => {
    const { id, icon: Icon, keys, isDangerous } = action;
    const isNewGroup = index > 0 && partOf(offered[index - 1]!) !== partOf(action);
    const item = {
      key: id,
      icon: <Icon size={16} aria-hidden />,
      danger: isDangerous === true,
      label: (
        <span className={styles.item}>
          {t(id)}
          {keys?.[0] === undefined ? null : <kbd>{shownKeys(keys[0])}</kbd>}
        </span>
      ),
    };
    return isNewGroup ? [{ type: 'divider' as const, key: `before ${id}` }, item] : [item];
  });
}

const MENU_ORDER = ['node', 'edit', 'arrange', 'view', 'danger'] as const;

/** Returns the part of the menu that an action belongs to. Destructive actions form the last part. */
function partOf({ group, isDangerous }: CanvasAction): (typeof MENU_ORDER)[number] {
  return isDangerous === true ? 'danger' : group;
}

/** Returns the menu items for the colour. Only notes and frames have a colour. */
function colourItems(tools: CanvasTools, t: Translate<typeof TEXTS>): Items {
  const { notes, groups } = selectionOf(tools);
  if (notes.length + groups.length === 0 || tools.editor.getState().isReadOnly) return [];
  const paint = (colour: LayoutColour) => {
    for (const id of notes) tools.perform({ command: changeNote(id, { colour }) });
    for (const id of groups) tools.perform({ command: changeGroup(id, { colour }) });
    tools.canvas.getState().set({ menu: undefined });
  };
  return [
    {
      key: 'colour',
      icon: <PaletteIcon size={16} aria-hidden />,
      label: t('colour'),
      children: COLOURS.map((colour) => ({
        key: `colour ${colour}`,
        icon: <span className={`${styles.dot} ${styles[colour]}`} />,
        label: t(colour),
        onClick: () => paint(colour),
      })),
    },
  ];
}

interface MenuEvent {
  readonly clientX: number;
  readonly clientY: number;
  preventDefault(): void;
}

/** Opens the menu of an element. Selects the element first if it is not selected. */
export function openNodeMenu(tools: CanvasTools, event: MenuEvent, { id, type }: CanvasNode): void {
  const now = selectionOf(tools);
  if (![...now.nodes, ...now.notes, ...now.groups].includes(id)) {
    select(tools, type === 'note' ? { notes: [id] } : type === 'group' ? { groups: [id] } : { nodes: [id] });
  }
  const { nodes, notes, groups } = selectionOf(tools);
  open(tools, event, nodes.length + notes.length + groups.length > 1 ? 'several' : 'node');
}

export function openEdgeMenu(tools: CanvasTools, event: MenuEvent, { id }: CanvasEdge): void {
  if (!selectionOf(tools).edges.includes(id)) select(tools, { edges: [id] });
  open(tools, event, selectionOf(tools).nodes.length > 0 ? 'several' : 'edge');
}

export function openPaneMenu(tools: CanvasTools, event: MenuEvent): void {
  if (!isNothing(selectionOf(tools))) select(tools, {});
  open(tools, event, 'canvas');
}

function open({ canvas, pointer }: CanvasTools, event: MenuEvent, about: MenuName): void {
  event.preventDefault();
  const at = { x: event.clientX, y: event.clientY };
  pointer.current = at;
  canvas.getState().set({ menu: { about, at }, quickAdd: undefined });
}
