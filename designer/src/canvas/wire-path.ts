import { getSmoothStepPath, type Position } from '@xyflow/react';

const CORNER = 8;
const STUB = 24;

export interface WireEnds {
  readonly sourceX: number;
  readonly sourceY: number;
  readonly sourcePosition: Position;
  readonly targetX: number;
  readonly targetY: number;
  readonly targetPosition: Position;
}

/** The line of a wire, and where its label stands. */
export function wirePath(ends: WireEnds): readonly [path: string, labelX: number, labelY: number] {
  const [path, x, y] = getSmoothStepPath({ ...ends, borderRadius: CORNER, offset: STUB });
  return [path, x, y];
}

export function labelPlace(x: number, y: number): string {
  return `translate(-50%, -50%) translate(${x}px, ${y}px)`;
}
