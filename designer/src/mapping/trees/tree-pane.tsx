/** A tree that renders only the visible rows. It is a single Tab stop; the arrow keys move between the rows. */
import { useEffect, useId, useRef, useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';
import { rowWindow, type TreeRow } from '../../model/mapping/tree-rows.ts';
import type { Pane } from '../../model/mapping/mapping-lines.ts';
import styles from './tree-pane.module.css';

export const ROW_HEIGHT = 30;

interface TreePaneProps<T> {
  readonly label: string;
  readonly rows: readonly TreeRow<T>[];
  readonly active: string | undefined;
  readonly onActive: (key: string) => void;
  readonly onFold: (key: string) => void;
  /** Handles a key. Returns whether it was handled. */
  readonly onKey?: (event: KeyboardEvent, row: TreeRow<T> | undefined) => boolean;
  readonly onPane: (pane: Pane) => void;
  readonly onHover: (key: string | undefined) => void;
  readonly onRowDown?: (event: PointerEvent, row: TreeRow<T>) => void;
  readonly onRowDouble?: (row: TreeRow<T>) => void;
  readonly rowClass: (row: TreeRow<T>) => string;
  readonly rowStyle?: (row: TreeRow<T>) => Readonly<Record<`--${string}`, number>>;
  readonly children: (row: TreeRow<T>) => ReactNode;
  /** Rendered below the last row. */
  readonly footer?: ReactNode;
  readonly name: 'source' | 'target';
  /** A number that is increased to scroll the active row into view. */
  readonly reveal: number;
}

export function TreePane<T>(props: TreePaneProps<T>) {
  const { label, rows, active, onActive, onFold, onKey, onPane, onHover, onRowDown, onRowDouble, rowClass, name, reveal } = props;
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const { pane, onScroll } = usePane(box, onPane);
  const index = rows.findIndex(({ key }) => key === active);
  useEffect(() => {
    if (index >= 0) showRow(box.current, index);
  }, [reveal]);
  const go = (to: number) => {
    const row = rows[Math.min(rows.length - 1, Math.max(0, to))];
    if (row === undefined) return;
    onActive(row.key);
    showRow(box.current, rows.indexOf(row));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    if (onKey?.(event, rows[index]) === true || walk(event.key, rows, index, go, onFold)) event.preventDefault();
  };
  const { from, to } = rowWindow(rows.length, ROW_HEIGHT, pane.scrollTop, pane.height);
  return (
    <div ref={box} className={styles.pane} onScroll={onScroll} data-tree={name} onPointerLeave={() => onHover(undefined)}>
      <div
        role={rows.length === 0 ? 'group' : 'tree'}
        aria-label={label}
        tabIndex={0}
        className={styles.tree}
        style={{ height: rows.length * ROW_HEIGHT }}
        aria-activedescendant={index >= from && index < to ? `${id}-${index}` : undefined}
        onKeyDown={onKeyDown}
        // If the focus came from the keyboard, make the first row active. A press of the pointer makes the row under it
        // active, so do not scroll before.
        onFocus={({ currentTarget }) => (index < 0 && currentTarget.matches(':focus-visible') ? go(0) : undefined)}
      >
        {rows.slice(from, to).map((row, offset) => (
          <div
            key={row.key}
            id={`${id}-${from + offset}`}
            role="treeitem"
            aria-level={row.depth + 1}
            aria-selected={row.key === active}
            {...(row.hasChildren ? { 'aria-expanded': row.isOpen } : {})}
            data-row={row.key}
            className={`${styles.row} ${rowClass(row)}`}
            style={
              {
                top: (from + offset) * ROW_HEIGHT,
                height: ROW_HEIGHT,
                '--depth': row.depth,
                ...props.rowStyle?.(row),
              } as React.CSSProperties
            }
            onPointerEnter={() => onHover(row.key)}
            onPointerDown={(event) => onRowDown?.(event, row)}
            onClick={() => onActive(row.key)}
            onDoubleClick={() => onRowDouble?.(row)}
          >
            {props.children(row)}
          </div>
        ))}
      </div>
      {props.footer}
    </div>
  );
}

/** Reports scroll position and visible height to the component that draws the lines. */
function usePane(box: React.RefObject<HTMLDivElement | null>, onPane: (pane: Pane) => void) {
  const [pane, setPane] = useState<Pane>({ scrollTop: 0, height: 600 });
  const tell = () => {
    const element = box.current;
    if (element === null) return;
    const next = { scrollTop: element.scrollTop, height: element.clientHeight };
    setPane(next);
    onPane(next);
  };
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(tell);
    observer.observe(element);
    tell();
    return () => observer.disconnect();
  }, []);
  return { pane, onScroll: tell };
}

function showRow(box: HTMLDivElement | null, index: number): void {
  if (box === null) return;
  const top = index * ROW_HEIGHT;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + ROW_HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_HEIGHT - box.clientHeight;
}

function walk<T>(key: string, rows: readonly TreeRow<T>[], index: number, go: (to: number) => void, fold: (key: string) => void): boolean {
  const row = rows[index];
  switch (key) {
    case 'ArrowDown':
      go(index + 1);
      return true;
    case 'ArrowUp':
      go(index - 1);
      return true;
    case 'Home':
      go(0);
      return true;
    case 'End':
      go(rows.length - 1);
      return true;
    case 'PageDown':
      go(index + 15);
      return true;
    case 'PageUp':
      go(index - 15);
      return true;
    case 'ArrowRight':
      if (row?.hasChildren === true && !row.isOpen) fold(row.key);
      else if (row?.hasChildren === true) go(index + 1);
      return true;
    case 'ArrowLeft':
      if (row?.isOpen === true) fold(row.key);
      else go(rows.slice(0, Math.max(0, index)).findLastIndex(({ depth }) => depth < (row?.depth ?? 0)));
      return true;
    default:
      return false;
  }
}
