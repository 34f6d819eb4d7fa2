/** A wire: smooth steps with an arrowhead, the name of its branch, what goes through it now, and the place to put a node into it. */
import { EdgeLabelRenderer, getSmoothStepPath, type EdgeProps } from '@xyflow/react';
import { Plus } from 'lucide-react';
import { useEditor } from '../editor/editor-context.tsx';
import { useFormat } from '../i18n/format.ts';
import { defineTexts, useText, useTexts } from '../i18n/texts.ts';
import { useCanvas, useCanvasTools } from './canvas-context.tsx';
import type { CanvasEdge } from './flow-elements.ts';
import { STATE_TEXTS } from './node-looks.ts';
import styles from './wire.module.css';

const TEXTS = defineTexts({
  insert: ['在此连线上插入节点', 'Insert a node on this wire'],
});
const CORNER = 8;
const STUB = 24;

export function Wire(props: EdgeProps<CanvasEdge>) {
  const { id, data, selected, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition } = props;
  const isTaken = useEditor(({ overlay }) => overlay?.edges.has(id));
  const isDrop = useCanvas(({ dropEdge }) => dropEdge === id);
  const [path, labelX, labelY] = getSmoothStepPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition,
    targetPosition,
    borderRadius: CORNER,
    offset: STUB,
  });
  const look = lookOf({ isDrop, isSelected: selected === true, isError: data?.kind === 'error' || data?.isBroken === true, isTaken });
  return (
    <>
      <path d={path} className={`react-flow__edge-path ${styles.wire} ${styles[look]}`} markerEnd={`url(#${arrowId(look)})`} />
      <path d={path} className="react-flow__edge-interaction" fill="none" strokeOpacity={0} strokeWidth={20} />
      <WireLabel id={id} data={data} x={labelX} y={labelY} isFaded={isTaken === false} isSelected={selected === true} />
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
  readonly isSelected: boolean;
}

function WireLabel({ id, data, x, y, isFaded, isSelected }: LabelProps) {
  const text = useText();
  const t = useTexts(STATE_TEXTS);
  const format = useFormat();
  const perMinute = useEditor(({ live }) => live?.edges[id]?.perMinute);
  const isReadOnly = useEditor((editor) => editor.isReadOnly);
  const isPointedAt = useCanvas(({ hoveredEdge }) => hoveredEdge === id);
  const canInsert = !isReadOnly && (isPointedAt || isSelected);
  const words = [
    ...(data?.label === undefined ? [] : [text(data.label)]),
    ...(perMinute === undefined ? [] : [t('rate', { count: format.number(Math.round(perMinute)) })]),
  ];
  if (words.length === 0 && !canInsert) return null;
  return (
    <EdgeLabelRenderer>
      <div className={styles.middle} style={{ transform: `translate(-50%, -50%) translate(${x}px, ${y}px)` }}>
        {words.length === 0 ? null : <span className={`${styles.label} ${isFaded ? styles.pale : ''}`}>{words.join(' · ')}</span>}
        {canInsert ? <InsertButton edgeId={id} /> : null}
      </div>
    </EdgeLabelRenderer>
  );
}

function InsertButton({ edgeId }: { readonly edgeId: string }) {
  const t = useTexts(TEXTS);
  const { canvas } = useCanvasTools();
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
