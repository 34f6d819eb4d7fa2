/**
 * A map of the whole flow with a frame around the visible part. It is shown while a part of the flow is outside the
 * view.
 */
import { MiniMap, useStore, type ReactFlowState } from '@xyflow/react';
import { useCallback } from 'react';
import { useEditor } from '../../editor/state/editor-context.tsx';
import { useCanvas } from '../state/canvas-context.tsx';
import type { CanvasNode } from '../state/flow-elements.ts';
import type { NodeTypes } from '../../model/flow/node-types.ts';
import styles from './small-map.module.css';

const SIZE = { width: 168, height: 104 };
const FRAME = 1.5;

export function SmallMap() {
  const isWanted = useCanvas((canvas) => canvas.isMapShown);
  const isNeeded = useStore(isSomethingOutOfSight);
  return isWanted && isNeeded ? <Map /> : null;
}

/** Returns whether a node is outside the view. */
function isSomethingOutOfSight({ nodes, transform: [x, y, zoom], width, height }: ReactFlowState): boolean {
  if (width === 0) return false;
  return nodes.some(({ position, measured }) => {
    const [left, top] = [position.x * zoom + x, position.y * zoom + y];
    return left < 0 || top < 0 || left + (measured?.width ?? 0) * zoom > width || top + (measured?.height ?? 0) * zoom > height;
  });
}

function colourOf(node: CanvasNode, types: NodeTypes): string {
  if (node.type !== 'card') return 'var(--kq-hover)';
  const category = types.get(node.data.node.type)?.category;
  return category === undefined ? 'var(--kq-text-faint)' : `var(--kq-category-${category})`;
}

function Map() {
  const types = useEditor((editor) => editor.types);
  const colour = useCallback((node: CanvasNode) => colourOf(node, types), [types]);
  return (
    <MiniMap<CanvasNode>
      pannable
      zoomable
      className={styles.map ?? ''}
      style={SIZE}
      maskStrokeWidth={FRAME}
      nodeBorderRadius={12}
      nodeColor={colour}
    />
  );
}
