/**
 * The node types at the left of the canvas, by category, with search by Chinese, pinyin and English. A type is
 * dragged or clicked.
 */
import { Input, Tooltip } from 'antd';
import { PanelLeftClose, PanelLeftOpen, Search } from 'lucide-react';
import { useState, useSyncExternalStore, type DragEvent } from 'react';
import type { NodeDescription } from '../../api/operations.ts';
import { usePreferences } from '../../kit/theme/preferences.ts';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CATEGORIES } from '../../model/flow/node-types.ts';
import { NodeIcon } from '../../kit/icon/node-icon.tsx';
import { addChosen, usualWish } from '../commands/add-chosen.ts';
import { useCanvasTools } from '../state/canvas-context.tsx';
import { DRAGGED_TYPE } from './dropping.ts';
import { useNodeSearch } from './node-search.ts';
import styles from './palette.module.css';

const TEXTS = defineTexts({
  title: ['节点', 'Nodes'],
  search: ['搜索，支持拼音首字母', 'Search nodes'],
  nothing: ['没有匹配的节点', 'No matching node'],
  fold: ['收起节点面板', 'Collapse the node palette'],
  unfold: ['展开节点面板', 'Expand the node palette'],
});

export function Palette() {
  const t = useTexts(TEXTS);
  const [isFolded, fold] = useFolded();
  const [Icon, label] = isFolded ? [PanelLeftOpen, t('unfold')] : [PanelLeftClose, t('fold')];
  return (
    <aside className={isFolded ? `${styles.palette} ${styles.folded}` : styles.palette} aria-label={t('title')}>
      <header className={styles.head}>
        {isFolded ? null : <span className={styles.title}>{t('title')}</span>}
        <Tooltip title={label} placement="right">
          <button type="button" className={styles.fold} aria-label={label} aria-expanded={!isFolded} onClick={() => fold(!isFolded)}>
            <Icon size={18} aria-hidden />
          </button>
        </Tooltip>
      </header>
      <PaletteList isFolded={isFolded} />
    </aside>
  );
}

/**
 * Returns whether the palette is folded. The user can fold it. On a narrow screen it is also folded beside an open
 * side panel, unless the user has unfolded it there.
 */
function useFolded(): readonly [isFolded: boolean, fold: (next: boolean) => void] {
  const { isPaletteFolded, change } = usePreferences();
  const isPanelOpen = useEditor((editor) => editor.isPanelOpen);
  const isNarrow = useSyncExternalStore(watchNarrow, () => NARROW.matches);
  const [isKeptOpen, setIsKeptOpen] = useState(false);
  const fold = (next: boolean) => {
    setIsKeptOpen(!next);
    change({ isPaletteFolded: next });
  };
  return [isPaletteFolded || (isNarrow && isPanelOpen && !isKeptOpen), fold];
}

const NARROW = window.matchMedia('(max-width: 1399px)');

function watchNarrow(changed: () => void): () => void {
  NARROW.addEventListener('change', changed);
  return () => NARROW.removeEventListener('change', changed);
}

/** Lists the node types; as a column of icons if folded. */
function PaletteList({ isFolded }: { readonly isFolded: boolean }) {
  const t = useTexts(TEXTS);
  const text = useText();
  const types = useEditor((editor) => editor.types);
  const [words, setWords] = useState('');
  const query = isFolded ? '' : words;
  const found = useNodeSearch(types.offered, query);
  const sections = CATEGORIES.map(({ category, text: title }) => ({
    category,
    title,
    items: found.filter((type) => type.category === category),
  }));
  const add = useAddByClick();
  return (
    <>
      {isFolded ? null : (
        <div className={styles.search}>
          <Input
            allowClear
            prefix={<Search size={16} aria-hidden />}
            placeholder={t('search')}
            aria-label={t('search')}
            value={words}
            onChange={(event) => setWords(event.target.value)}
            onPressEnter={() => found[0] !== undefined && query !== '' && add(found[0])}
          />
        </div>
      )}
      <div className={styles.list}>
        {found.length === 0 ? <p className={styles.nothing}>{t('nothing')}</p> : null}
        {sections.map(({ category, title, items }) =>
          items.length === 0 ? null : (
            <section key={category} data-category={category} aria-label={text(title)}>
              {isFolded ? null : <h3 className={styles.heading}>{text(title)}</h3>}
              {items.map((type) => (
                <PaletteItem key={type.name} type={type} isFolded={isFolded} onAdd={add} />
              ))}
            </section>
          ),
        )}
      </div>
    </>
  );
}

function useAddByClick(): (type: NodeDescription) => void {
  const tools = useCanvasTools();
  return (type) => void addChosen(tools, type.name, usualWish(tools, type.name));
}

interface ItemProps {
  readonly type: NodeDescription;
  readonly isFolded: boolean;
  readonly onAdd: (type: NodeDescription) => void;
}

function PaletteItem({ type, isFolded, onAdd }: ItemProps) {
  const text = useText();
  const label = text(type.text.label);
  const onDragStart = (event: DragEvent) => {
    event.dataTransfer.setData(DRAGGED_TYPE, type.name);
    event.dataTransfer.effectAllowed = 'copy';
  };
  return (
    <Tooltip title={isFolded ? label : text(type.text.help)} placement="right" mouseEnterDelay={isFolded ? 0.1 : 0.4}>
      <button type="button" className={styles.item} aria-label={label} draggable onDragStart={onDragStart} onClick={() => onAdd(type)}>
        <span className={styles.icon}>
          <NodeIcon name={type.icon} size={18} />
        </span>
        {isFolded ? null : <span className={styles.label}>{label}</span>}
      </button>
    </Tooltip>
  );
}
