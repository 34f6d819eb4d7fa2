/**
 * A wire: a line with rounded corners and an arrowhead, the label of its branch, current traffic, and a button to
 * insert a node.
 */
import type { EdgeProps } from '@xyflow/react';
import { Plus, TriangleAlert } from 'lucide-react';
import { memo, useMemo } from 'react';
import { createPortal } from 'react-dom';
import type { Category } from '../../../../engine/contract/node/node.ts';
import type { Text } from '../../../../engine/contract/values/texts.ts';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { useFormat } from '../../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../../i18n/texts.ts';
import { CATEGORIES } from '../../model/flow/node-types.ts';
import { useCanvas, useCanvasTools } from '../state/canvas-context.tsx';
import type { CanvasEdge } from '../state/flow-elements.ts';
import { STATE_TEXTS } from '../../editor/state/node-looks.ts';
import { labelPlace, wirePath, type LabelPlace } from './wire-path.ts';
import styles from './wire.module.css';

const TEXTS = defineTexts({
  insert: ['在此连线上插入节点', 'Insert a node on this connection'],
});

/**
 * Draws a wire. It renders at every step of a drag, so each store selector returns one value that is cheap to
 * compare.
 */
export function Wire(props: EdgeProps<CanvasEdge>) {
  const { id, data, selected, sourceX, sourceY, targetX, targetY, sourcePosition } = props;
  const isTaken = useEditor(({ overlay }) => overlay?.edges.has(id));
  const pointed = useCanvas(({ dropEdge, hoveredEdge }) => (dropEdge === id ? 'drop' : hoveredEdge === id ? 'hover' : ''));
  const isFlowing = useEditor(({ live }) => live?.edges[id] !== undefined);
  const { path, label, room } = wirePath({ sourceX, sourceY, targetX, targetY, sourcePosition }, data?.turn);
  const isError = data?.kind === 'error' || data?.isBroken === true;
  const look = lookOf({ isDrop: pointed === 'drop', isSelected: selected === true, isError, isTaken });
  // On a short wire there is no room for the traffic; the card at the end of the wire shows it instead.
  const hasRate = isFlowing && room >= ROOM_FOR_RATE;
  const isPointedAt = pointed === 'hover' || selected === true;
  return (
    <>
      <path
        d={path}
        data-category={data?.category ?? 'unknown'}
        className={`react-flow__edge-path ${styles.wire} ${styles[look]}`}
        markerEnd={`url(#${arrowId(look, data?.category)})`}
      />
      <path d={path} className="react-flow__edge-interaction" fill="none" strokeOpacity={0} strokeWidth={20} />
      {isError || hasRate || isPointedAt ? (
        <WireLabel id={id} data={data} at={label} isFaded={isTaken === false} hasRate={hasRate} isPointedAt={isPointedAt} />
      ) : null}
    </>
  );
}

const ROOM_FOR_RATE = 72;

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

function arrowId(look: Look, category: Category | undefined): string {
  return look === 'plain' ? `kq-arrow-plain-${category ?? 'unknown'}` : `kq-arrow-${look}`;
}

const ARROWS: readonly { readonly look: Look; readonly category?: Category }[] = [
  ...LOOKS.map((look) => ({ look })),
  ...CATEGORIES.map(({ category }) => ({ look: 'plain' as const, category })),
];

/**
 * Defines the arrowheads: one for each appearance and category. Not every browser can give an arrowhead the colour of
 * its wire.
 */
export function ArrowHeads() {
  return (
    <svg className={styles.heads} aria-hidden>
      <defs>
        {ARROWS.map(({ look, category }) => (
          <marker
            key={arrowId(look, category)}
            id={arrowId(look, category)}
            data-category={category}
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
  readonly at: LabelPlace;
  readonly isFaded: boolean;
  readonly hasRate: boolean;
  readonly isPointedAt: boolean;
}

/** Draws a label. It moves with its wire, but its text renders only when it changes. */
function WireLabel({ id, data, at, isFaded, hasRate, isPointedAt }: LabelProps) {
  const { drawing } = useCanvasTools();
  // Do not use <EdgeLabelRenderer>. Whenever anything on the canvas moves, every label that uses it would search the
  // page for the same element.
  const place = useMemo(() => drawing.getState().domNode?.querySelector('.react-flow__edgelabel-renderer'), [drawing]);
  if (place === null || place === undefined) return null;
  // The card of a node with several branches shows the label of each branch, so the wires do not show it again.
  const isError = data?.kind === 'error' || data?.isBroken === true;
  return createPortal(
    <div className={styles.middle} data-id={id} style={{ transform: labelPlace(at) }}>
      <WireWords id={id} label={isError ? data.label : undefined} isError={isError} isFaded={isFaded} hasRate={hasRate} />
      {isPointedAt ? <InsertButton edgeId={id} /> : null}
    </div>,
    place,
  );
}

interface WordsProps {
  readonly id: string;
  readonly label: Text | undefined;
  readonly isError: boolean;
  readonly isFaded: boolean;
  readonly hasRate: boolean;
}

const WireWords = memo(function WireWords({ id, label, isError, isFaded, hasRate }: WordsProps) {
  const perMinute = useEditor(({ live }) => (hasRate ? live?.edges[id]?.perMinute : undefined));
  const text = useText();
  const t = useTexts(STATE_TEXTS);
  const format = useFormat();
  const words = [
    ...(label === undefined ? [] : [text(label)]),
    ...(perMinute === undefined ? [] : [t('rate', { count: format.number(Math.round(perMinute)) })]),
  ];
  if (words.length === 0) return null;
  return (
    <span className={`${styles.label} ${isError ? styles.errorLabel : ''} ${isFaded ? styles.pale : ''}`}>
      {isError ? <TriangleAlert size={12} aria-hidden /> : null}
      {words.join(' · ')}
    </span>
  );
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
