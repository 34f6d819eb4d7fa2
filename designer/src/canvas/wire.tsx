/** A wire: smooth steps with an arrowhead, the name of its branch, what goes through it now, and the place to put a node into it. */
import type { EdgeProps } from '@xyflow/react';
import { Plus } from 'lucide-react';
import { memo, useMemo } from 'react';
import { createPortal } from 'react-dom';
import type { Text } from '../../../engine/contract/texts.ts';
import { useEditor } from '../editor/editor-context.tsx';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { useCanvas, useCanvasTools } from './canvas-context.tsx';
import type { CanvasEdge } from './flow-elements.ts';
import { STATE_TEXTS } from './node-looks.ts';
import { labelPlace, wirePath } from './wire-path.ts';
import styles from './wire.module.css';

const TEXTS = defineTexts({
  insert: ['在此连线上插入节点', 'Insert a node on this wire'],
});

/** Drawn anew with every step of a drag, so it asks each store one short question, answered by a value that compares at a glance. */
export function Wire(props: EdgeProps<CanvasEdge>) {
  const { id, data, selected, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition } = props;
  const isTaken = useEditor(({ overlay }) => overlay?.edges.has(id));
  const pointed = useCanvas(({ dropEdge, hoveredEdge }) => (dropEdge === id ? 'drop' : hoveredEdge === id ? 'hover' : ''));
  const isFlowing = useEditor(({ live }) => live?.edges[id] !== undefined);
  const [path, labelX, labelY] = wirePath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const isError = data?.kind === 'error' || data?.isBroken === true;
  const look = lookOf({ isDrop: pointed === 'drop', isSelected: selected === true, isError, isTaken });
  const isPointedAt = pointed === 'hover' || selected === true;
  return (
    <>
      <path d={path} className={`react-flow__edge-path ${styles.wire} ${styles[look]}`} markerEnd={`url(#${arrowId(look)})`} />
      <path d={path} className="react-flow__edge-interaction" fill="none" strokeOpacity={0} strokeWidth={20} />
      {data?.label === undefined && !isFlowing && !isPointedAt ? null : (
        <WireLabel id={id} data={data} x={labelX} y={labelY} isFaded={isTaken === false} isPointedAt={isPointedAt} />
      )}
    </>
  );
}

type Look = 'plain' | 'error' | 'selected' | 'taken' | 'takenError' | 'faded' | 'drop';
const LOOKS: readonly Look[] = ['plain', 'error', 'selected', 'taken', 'takenError', 'faded', 'drop'];

function lookOf(state: {
  readonly isDrop: boolean;
  readonly isSelected: boolean;
  readonly isError: boolean;
  readonly isTaken: boolean | undefined;
}): Look {
  if (state.isDrop) return 'drop';
  if (state.isSelected) return 'selected';
  if (state.isTaken === true) return state.isError ? 'takenError' : 'taken';
  if (state.isTaken === false) return 'faded';
  return state.isError ? 'error' : 'plain';
}

function arrowId(look: Look): string {
  return `kq-arrow-${look}`;
}

/** One arrowhead for each look, since a marker does not take the colour of its wire everywhere. */
export function ArrowHeads() {
  return (
    <svg className={styles.heads} aria-hidden>
      <defs>
        {LOOKS.map((look) => (
          <marker
            key={look}
            id={arrowId(look)}
            className={styles[look]}
            viewBox="0 0 10 10"
            refX="9"
            refY="5"
            markerWidth="10"
            markerHeight="10"
            markerUnits="userSpaceOnUse"
            orient="auto-start-reverse"
          >
            <path d="M0 0.5 L10 5 L0 9.5 Z" className={styles.head} />
          </marker>
        ))}
      </defs>
    </svg>
  );
}

interface LabelProps {
  readonly id: string;
  readonly data: CanvasEdge['data'];
  readonly x: number;
  readonly y: number;
  readonly isFaded: boolean;
  readonly isPointedAt: boolean;
}

/** Moves with its wire; the words are drawn anew only when they change. */
function WireLabel({ id, data, x, y, isFaded, isPointedAt }: LabelProps) {
  const { drawing } = useCanvasTools();
  // Not by <EdgeLabelRenderer>, which searches the page for this place anew for every label whenever anything on the canvas moves.
  const place = useMemo(() => drawing.getState().domNode?.querySelector('.react-flow__edgelabel-renderer'), [drawing]);
  if (place === null || place === undefined) return null;
  return createPortal(
    <div className={styles.middle} data-id={id} style={{ transform: labelPlace(x, y) }}>
      <WireWords id={id} label={data?.label} isFaded={isFaded} />
      {isPointedAt ? <InsertButton edgeId={id} /> : null}
    </div>,
    place,
  );
}

interface WordsProps {
  readonly id: string;
  readonly label: Text | undefined;
  readonly isFaded: boolean;
}

const WireWords = memo(function WireWords({ id, label, isFaded }: WordsProps) {
  const perMinute = useEditor(({ live }) => live?.edges[id]?.perMinute);
  const text = useText();
  const t = useTexts(STATE_TEXTS);
  const format = useFormat();
  const words = [
    ...(label === undefined ? [] : [text(label)]),
    ...(perMinute === undefined ? [] : [t('rate', { count: format.number(Math.round(perMinute)) })]),
  ];
  return words.length === 0 ? null : <span className={`${styles.label} ${isFaded ? styles.pale : ''}`}>{words.join(' · ')}</span>;
});

function InsertButton({ edgeId }: { readonly edgeId: string }) {
  const t = useTexts(TEXTS);
  const { canvas } = useCanvasTools();
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  if (isReadOnly) return null;
  return (
    <button
      type="button"
      className={`${styles.insert} nodrag nopan nokey`}
      aria-label={t('insert')}
      title={t('insert')}
      onMouseEnter={() => canvas.getState().set({ hoveredEdge: edgeId })}
      onMouseLeave={() => canvas.getState().set({ hoveredEdge: undefined })}
      onClick={(event) => {
        const { left, bottom } = event.currentTarget.getBoundingClientRect();
        canvas.getState().set({ quickAdd: { wish: { kind: 'edge', edgeId }, at: { x: left, y: bottom + 4 } } });
      }}
    >
      <Plus size={16} aria-hidden />
    </button>
  );
}
