/** The wire that the user is drawing. Over a port that cannot be connected, it shows the reason. */
import { getSmoothStepPath, type ConnectionLineComponentProps } from '@xyflow/react';
import { useText } from '../../i18n/texts.ts';
import { useCanvasTools } from '../state/canvas-context.tsx';
import { endsOf } from '../state/connecting.ts';
import type { CanvasNode } from '../state/flow-elements.ts';
import { whyNotConnect } from '../../model/commands/connect.ts';
import styles from './wire.module.css';

export function ConnectionLine(props: ConnectionLineComponentProps<CanvasNode>) {
  const { fromX, fromY, fromPosition, toX, toY, toPosition, connectionStatus, fromNode, fromHandle, toNode, toHandle } = props;
  const { editor } = useCanvasTools();
  const text = useText();
  const [path] = getSmoothStepPath({
    sourceX: fromX,
    sourceY: fromY,
    sourcePosition: fromPosition,
    targetX: toX,
    targetY: toY,
    targetPosition: toPosition,
  });
  const isRefused = connectionStatus === 'invalid';
  const ends = isRefused && toNode !== null && toHandle !== null ? endsOf(fromNode.id, fromHandle, toNode.id, toHandle) : undefined;
  const refusal = ends && whyNotConnect(editor.getState().history.document, editor.getState().types, ends.from, ends.to);
  return (
    <>
      <path d={path} className={isRefused ? `${styles.connecting} ${styles.refused}` : styles.connecting} />
      {refusal === undefined ? null : (
        <foreignObject x={toX + 12} y={toY + 12} width={280} height={80} pointerEvents="none">
          <div className={styles.why}>{text(refusal.text)}</div>
        </foreignObject>
      )}
    </>
  );
}
