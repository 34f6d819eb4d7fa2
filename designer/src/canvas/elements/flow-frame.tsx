/**
 * A tinted background that shows the body of a loop or the nodes that handle errors. For a loop, an arc leads back to
 * the loop node. The frame follows its nodes; it cannot be selected or dragged.
 */
import { useStore, type NodeProps, type ReactFlowState } from '@xyflow/react';
import { Repeat, ShieldAlert } from 'lucide-react';
import { useCallback } from 'react';
import { shallow } from 'zustand/shallow';
import { defineTexts, useTexts } from '../../i18n/texts.ts';
import type { FlowFrame as Frame } from '../../model/flow/flow-frames.ts';
import type { FrameElement } from '../state/flow-elements.ts';
import styles from './flow-frame.module.css';
import { useLiveFrame } from './live-frame.ts';
import { roundedPath } from './wire-path.ts';

const TEXTS = defineTexts({
  loop: ['循环体', 'Loop body'],
  catch: ['错误处理', 'Error handling'],
});
const ICONS = { loop: Repeat, catch: ShieldAlert } as const;

export function FlowFrame({ data: { frame }, positionAbsoluteX, positionAbsoluteY }: NodeProps<FrameElement>) {
  const t = useTexts(TEXTS);
  const box = useLiveFrame(frame.nodes);
  const Icon = ICONS[frame.kind];
  if (box === undefined) return null;
  const shift = { x: box.x - positionAbsoluteX, y: box.y - positionAbsoluteY };
  const place = { transform: `translate(${shift.x}px, ${shift.y}px)`, width: box.width, height: box.height };
  return (
    <div className={`${styles.frame} ${styles[frame.kind]}`} style={place}>
      <span className={styles.title}>
        <Icon size={16} aria-hidden />
        {t(frame.kind)}
      </span>
      {frame.kind === 'loop' ? <ReturnArc frame={frame} left={box.x} top={box.y} bottom={box.y + box.height} /> : null}
    </div>
  );
}

interface ArcProps {
  readonly frame: Frame;
  /** Position of the frame on the canvas. */
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
}

const CLEAR = 12;

/**
 * Draws the arc from the last node of the body back to the loop node. The arc runs below the body. If the loop node
 * itself reaches that far down, the arc runs above the body.
 */
function ReturnArc({ frame, left, top, bottom }: ArcProps) {
  const find = useCallback((drawing: ReactFlowState) => arcOf(drawing, frame, top, bottom), [frame, top, bottom]);
  const arc = useStore(find, shallow);
  if (arc === undefined) return null;
  const { endX, endY, lineY, backX, backY } = arc;
  const points = [
    [endX, endY],
    [endX + CLEAR, endY],
    [endX + CLEAR, lineY],
    [backX, lineY],
    [backX, backY],
  ].map(([x = 0, y = 0]) => ({ x: x - left, y: y - top }));
  return (
    <svg className={styles.arc} data-category="control" aria-hidden>
      <path d={roundedPath(points)} markerEnd="url(#kq-arrow-plain-control)" />
    </svg>
  );
}

function arcOf({ nodeLookup }: ReactFlowState, { owner, nodes }: Frame, top: number, bottom: number) {
  const boxOf = (id: string) => {
    const node = nodeLookup.get(id);
    return node === undefined ? [] : [{ ...node.internals.positionAbsolute, width: node.width ?? 0, height: node.height ?? 0 }];
  };
  const [repeats] = boxOf(owner);
  const last = nodes
    .flatMap(boxOf)
    .reduce<ReturnType<typeof boxOf>[number] | undefined>((a, b) => (a === undefined || b.x > a.x ? b : a), undefined);
  if (repeats === undefined || last === undefined) return undefined;
  const isBelow = repeats.y + repeats.height + CLEAR < bottom - CLEAR;
  return {
    endX: last.x + last.width,
    endY: last.y + last.height / 2,
    lineY: isBelow ? bottom - CLEAR : Math.min(top, repeats.y - CLEAR) - CLEAR,
    backX: repeats.x + repeats.width / 2,
    backY: isBelow ? repeats.y + repeats.height : repeats.y,
  };
}
