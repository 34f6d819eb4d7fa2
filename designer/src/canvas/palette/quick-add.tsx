/**
 * The small box that asks for the next node. It is opened by typing, by dropping a wire into empty space, or by the
 * plus on a wire.
 */
import { Search } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { NodeDescription } from '../../api/operations.ts';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CATEGORIES, type NodeTypes } from '../../model/flow/node-types.ts';
import { NodeIcon } from '../../kit/icon/node-icon.tsx';
import { addChosen } from '../commands/add-chosen.ts';
import { useCanvas, useCanvasTools } from '../state/canvas-context.tsx';
import type { InsertionPoint, QuickAddRequest } from '../state/canvas-store.ts';
import { useNodeSearch } from './node-search.ts';
import styles from './quick-add.module.css';

const TEXTS = defineTexts({
  title: ['添加节点', 'Add a node'],
  search: ['添加什么节点？', 'Which node?'],
  nothing: ['没有匹配的节点', 'No matching node'],
});
const WIDTH = 300;
const HEIGHT = 360;
const MARGIN = 8;

export function QuickAdd() {
  const request = useCanvas(({ quickAdd }) => quickAdd);
  return request === undefined ? null : <Box key={`${request.at.x} ${request.at.y}`} request={request} />;
}

function Box({ request: { wish, at } }: { readonly request: QuickAddRequest }) {
  const t = useTexts(TEXTS);
  const tools = useCanvasTools();
  const types = useEditor((editor) => editor.types);
  const [query, setQuery] = useState('');
  const [index, setIndex] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const found = useNodeSearch(fitting(types, wish), query);
  // Set the focus during the key event that opened the box. The key is then typed into the box, also if it is the first
  // key of an input method.
  useLayoutEffect(() => input.current?.focus({ preventScroll: true }), []);
  const close = () => {
    tools.canvas.getState().set({ quickAdd: undefined });
    tools.drawing.getState().domNode?.focus({ preventScroll: true });
  };
  useEffect(() => {
    const onPointerDown = (event: PointerEvent) => {
      if (!box.current!.contains(event.target as Element)) tools.canvas.getState().set({ quickAdd: undefined });
    };
    window.addEventListener('pointerdown', onPointerDown, true);
    return () => window.removeEventListener('pointerdown', onPointerDown, true);
  }, [tools]);
  const choose = (type: NodeDescription | undefined) => {
    if (type === undefined) return;
    close();
    addChosen(tools, type.name, wish);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') close();
    else if (event.key === 'Enter') choose(found[index]);
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      setIndex((now) => (now + (event.key === 'ArrowDown' ? 1 : found.length - 1)) % Math.max(1, found.length));
    }
  };
  const place = {
    left: Math.max(MARGIN, Math.min(at.x, window.innerWidth - WIDTH - MARGIN)),
    top: Math.max(MARGIN, Math.min(at.y, window.innerHeight - HEIGHT - MARGIN)),
  };
  return (
    <div ref={box} className={styles.box} style={place} role="dialog" aria-label={t('title')} onKeyDown={onKeyDown}>
      <label className={styles.search}>
        <Search size={16} aria-hidden />
        <input
          ref={input}
          value={query}
          placeholder={t('search')}
          aria-label={t('search')}
          role="combobox"
          aria-expanded
          aria-controls="quick-add"
          aria-activedescendant={`quick-add-${index}`}
          onChange={(event) => (setQuery(event.target.value), setIndex(0))}
        />
      </label>
      <Choices found={found} index={index} onPoint={setIndex} onChoose={choose} />
    </div>
  );
}

interface ChoicesProps {
  readonly found: readonly NodeDescription[];
  readonly index: number;
  readonly onPoint: (index: number) => void;
  readonly onChoose: (type: NodeDescription) => void;
}

function Choices({ found, index, onPoint, onChoose }: ChoicesProps) {
  const t = useTexts(TEXTS);
  const text = useText();
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [index]);
  return (
    <div ref={list} className={styles.list} id="quick-add" role="listbox" aria-label={t('title')}>
      {found.length === 0 ? <p className={styles.nothing}>{t('nothing')}</p> : null}
      {found.map((type, at) => (
        <div
          key={type.name}
          id={`quick-add-${at}`}
          role="option"
          aria-selected={at === index}
          data-category={type.category}
          className={`${styles.item} ${at === index ? styles.chosen : ''}`}
          title={text(type.text.help)}
          onMouseMove={() => onPoint(at)}
          onClick={() => onChoose(type)}
        >
          <span className={styles.icon}>
            <NodeIcon name={type.icon} size={18} />
          </span>
          <span className={styles.label}>{text(type.text.label)}</span>
          <span className={styles.category}>{text(CATEGORIES.find(({ category }) => category === type.category)?.text)}</span>
        </div>
      ))}
    </div>
  );
}

/**
 * Returns only the node types that can be connected there. A node behind a wire needs an input. A node in front of a
 * wire needs an output.
 */
function fitting(types: NodeTypes, wish: InsertionPoint): readonly NodeDescription[] {
  const takesIn = wish.kind === 'after' || wish.kind === 'edge';
  const givesOut = wish.kind === 'before' || wish.kind === 'edge';
  const fits = types.offered.filter(({ ports }) => (!takesIn || ports.in.length > 0) && (!givesOut || ports.out.length > 0));
  return CATEGORIES.flatMap(({ category }) => fits.filter((type) => type.category === category));
}
