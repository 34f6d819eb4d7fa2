/** Lists all keys of the canvas. */
import { Modal } from 'antd';
import { defineTexts, useTexts } from '../i18n/texts.ts';
import { ACTION_TEXTS, GROUP_TEXTS } from './commands/action-texts.ts';
import { ACTIONS, type CanvasAction } from './commands/actions.ts';
import { useCanvas, useCanvasTools } from './state/canvas-context.tsx';
import { shownKeys } from '../kit/page/key-names.ts';
import styles from './shortcuts-sheet.module.css';

const TEXTS = defineTexts({
  title: ['快捷键', 'Shortcuts'],
  walk: ['移动与浏览', 'Navigation'],
  type: ['输入文字', 'Type any text'],
  typeDoes: ['搜索并添加节点', 'Find a node and add it'],
  arrowsDo: ['移动所选（加 Shift 更远）', 'Move the selection (with Shift, further)'],
  orderDoes: ['按流程顺序到上一个或下一个', 'Previous or next node in the order of the flow'],
  altDoes: ['沿连线前后走', 'Move along the connections'],
  altUpDoes: ['同一节点的其他连线', 'Other connections of the same node'],
  shiftDrag: ['Shift+拖动', 'Shift+drag'],
  shiftDragDoes: ['框选', 'Select with a box'],
  shiftClick: ['Shift+单击', 'Shift+click'],
  shiftClickDoes: ['加选', 'Add to the selection'],
  doubleClick: ['双击空白处', 'Double-click empty space'],
  doubleClickDoes: ['在此添加节点', 'Add a node there'],
  commands: ['搜索与命令', 'Search and commands'],
});
const GROUPS: readonly CanvasAction['group'][] = ['edit', 'node', 'arrange', 'view'];

export function ShortcutsSheet() {
  const isOpen = useCanvas(({ isShortcutsOpen }) => isShortcutsOpen);
  const { canvas } = useCanvasTools();
  const t = useTexts(TEXTS);
  const group = useTexts(GROUP_TEXTS);
  const action = useTexts(ACTION_TEXTS);
  const walking: readonly (readonly [string, string])[] = [
    [t('type'), t('typeDoes')],
    [t('doubleClick'), t('doubleClickDoes')],
    [shownKeys('Ctrl+ArrowLeft').replace('←', '← →'), t('orderDoes')],
    ['Alt+← →', t('altDoes')],
    ['Alt+↑ ↓', t('altUpDoes')],
    ['← → ↑ ↓', t('arrowsDo')],
    [t('shiftDrag'), t('shiftDragDoes')],
    [t('shiftClick'), t('shiftClickDoes')],
    [shownKeys('Ctrl+K'), t('commands')],
  ];
  return (
    <Modal
      open={isOpen}
      title={t('title')}
      footer={null}
      width={760}
      destroyOnHidden
      onCancel={() => canvas.getState().set({ isShortcutsOpen: false })}
    >
      <div className={styles.sheet}>
        {GROUPS.map((name) => (
          <Section
            key={name}
            title={group(name)}
            rows={keyed(name).map(({ id, keys }) => [keys.slice(0, 2).map(shownKeys).join(' \u2002'), action(id)] as const)}
          />
        ))}
        <Section title={t('walk')} rows={walking} />
      </div>
    </Modal>
  );
}

function keyed(group: CanvasAction['group']) {
  return ACTIONS.flatMap((action) => (action.group === group && action.keys !== undefined ? [{ id: action.id, keys: action.keys }] : []));
}

function Section({ title, rows }: { readonly title: string; readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      <dl>
        {rows.map(([keys, does]) => (
          <div key={`${keys} ${does}`}>
            <dt>{does}</dt>
            <dd>{keys}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
