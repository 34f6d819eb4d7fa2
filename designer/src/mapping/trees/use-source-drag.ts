/**
 * Drags a source to a row of the target with the pointer. Highlights the row under the pointer, and scrolls the
 * target at its edges.
 */
import { useCallback, useEffect, useRef, useState, type PointerEvent } from 'react';
import type { SourceNode } from '../../model/mapping/source-tree.ts';
import type { Point } from '../context/mapping-context.tsx';
import { NEW_FIELD } from './target-pane.tsx';

export interface SourceDrag {
  readonly source: SourceNode;
  readonly from: Point;
  readonly at: Point;
  /** Key of the row under the pointer, or a constant for the place that creates a new field. */
  readonly over: string | undefined;
}

/** Number of pixels that the pointer must move after a press until the press counts as a drag. */
const SLACK = 4;
const EDGE = 28;
const SCROLL_STEP = 12;

export function useSourceDrag(onDrop: (source: SourceNode, over: string, at: Point) => void) {
  const [drag, setDrag] = useState<SourceDrag>();
  const begun = useRef<Omit<SourceDrag, 'at' | 'over'>>(undefined);
  const latest = useRef(onDrop);
  useEffect(() => {
    latest.current = onDrop;
  });
  const start = useCallback((event: PointerEvent, source: SourceNode) => {
    if (event.button !== 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    begun.current = { source, from: { x: box.right, y: box.top + box.height / 2 } };
    const press = { x: event.clientX, y: event.clientY };
    let isDragging = false;
    const move = ({ clientX: x, clientY: y }: globalThis.PointerEvent) => {
      const origin = begun.current;
      if (origin === undefined) return;
      isDragging ||= Math.hypot(x - press.x, y - press.y) > SLACK;
      if (!isDragging) return;
      scrollAtEdge(x, y);
      setDrag({ ...origin, at: { x, y }, over: rowAt(x, y) });
    };
    const end = (isDrop: boolean, x: number, y: number) => {
      window.removeEventListener('pointermove', move);
      window.removeEventListener('pointerup', up);
      window.removeEventListener('pointercancel', cancel);
      window.removeEventListener('keydown', key, true);
      const over = isDrop && isDragging ? rowAt(x, y) : undefined;
      begun.current = undefined;
      setDrag(undefined);
      if (over !== undefined) latest.current(source, over, { x, y });
    };
    const up = ({ clientX, clientY }: globalThis.PointerEvent) => end(true, clientX, clientY);
    const cancel = () => end(false, 0, 0);
    const key = (pressed: KeyboardEvent) => {
      if (pressed.key !== 'Escape') return;
      pressed.stopPropagation();
      cancel();
    };
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', up);
    window.addEventListener('pointercancel', cancel);
    window.addEventListener('keydown', key, true);
  }, []);
  return { drag, start };
}

function rowAt(x: number, y: number): string | undefined {
  const element = document.elementFromPoint(x, y);
  if (element?.closest('[data-new-field]') !== null && element !== null) return NEW_FIELD;
  return element?.closest<HTMLElement>('[data-tree="target"] [data-row]')?.dataset['row'];
}

function scrollAtEdge(x: number, y: number): void {
  const pane = document.querySelector('[data-tree="target"]');
  const box = pane?.getBoundingClientRect();
  if (pane === null || box === undefined || x < box.left) return;
  if (y < box.top + EDGE) pane.scrollTop -= SCROLL_STEP;
  else if (y > box.bottom - EDGE) pane.scrollTop += SCROLL_STEP;
}
