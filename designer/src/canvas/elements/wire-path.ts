import { Position } from '@xyflow/react';
import type { Point } from '../../model/flow/card-geometry.ts';
import { STUB, type Turn } from '../../model/layout/wire-route.ts';

const CORNER = 8;
/** Distance of an error port's label from the port: it is at the left of the wire and below the card. */
const BESIDE = { x: 4, y: 16 } as const;

export interface WireEnds {
  readonly sourceX: number;
  readonly sourceY: number;
  readonly sourcePosition: Position;
  readonly targetX: number;
  readonly targetY: number;
}

export interface LabelPlace extends Point {
  /** True if the end of the label is at this point; otherwise its middle is. */
  readonly isEnd: boolean;
}

export interface WirePath {
  readonly path: string;
  /** Position of the label: beside an error port, otherwise in the middle of the wire's longest straight part. */
  readonly label: LabelPlace;
  /** Length of the longest straight part of the wire. A label fits there if it is not longer. */
  readonly room: number;
}

/**
 * Returns the path of a wire. A turn that is not between the two ends of the wire is ignored; this can happen while a
 * card is dragged.
 */
export function wirePath(ends: WireEnds, turn: Turn = {}): WirePath {
  const points = pointsOf(ends, turn);
  const [a, b] = longest(points);
  const isError = ends.sourcePosition === Position.Bottom;
  const at = isError ? { x: ends.sourceX - BESIDE.x, y: ends.sourceY + BESIDE.y } : { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  return { path: roundedPath(points), label: { ...at, isEnd: isError }, room: distance(a, b) };
}

function pointsOf({ sourceX, sourceY, sourcePosition, targetX, targetY }: WireEnds, turn: Turn): readonly Point[] {
  const [from, to] = [
    { x: sourceX, y: sourceY },
    { x: targetX, y: targetY },
  ];
  const before = targetX - STUB;
  // A wire from an error port first runs below the cards. So wires from several error ports meet there before they
  // reach the node that handles the errors.
  if (sourcePosition === Position.Bottom) {
    const y = sourceY + STUB;
    return [from, { x: sourceX, y }, { x: before, y }, { x: before, y: targetY }, to];
  }
  const isAhead = targetX - sourceX >= STUB;
  if (isAhead && turn.y === undefined) {
    const x = turn.x !== undefined && turn.x > sourceX && turn.x < targetX ? turn.x : (sourceX + targetX) / 2;
    return [from, { x, y: sourceY }, { x, y: targetY }, to];
  }
  const [after, y] = [sourceX + STUB, turn.y ?? (sourceY + targetY) / 2];
  return [from, { x: after, y: sourceY }, { x: after, y }, { x: before, y }, { x: before, y: targetY }, to];
}

function distance(a: Point, b: Point): number {
  return Math.abs(a.x - b.x) + Math.abs(a.y - b.y);
}

function longest(points: readonly Point[]): readonly [Point, Point] {
  let [from, to] = [points[0]!, points[1]!];
  points.slice(1).forEach((point, index) => {
    if (distance(points[index]!, point) > distance(from, to)) [from, to] = [points[index]!, point];
  });
  return [from, to];
}

/** Returns the path through the points, with rounded corners. */
export function roundedPath(points: readonly Point[]): string {
  const corners = points.slice(1, -1).map((corner, index) => {
    const [before, after] = [points[index]!, points[index + 2]!];
    const radius = Math.min(CORNER, distance(before, corner) / 2, distance(corner, after) / 2);
    const start = towards(corner, before, radius);
    const end = towards(corner, after, radius);
    return `L${start.x} ${start.y}Q${corner.x} ${corner.y} ${end.x} ${end.y}`;
  });
  const [first, last] = [points[0]!, points.at(-1)!];
  return `M${first.x} ${first.y}${corners.join('')}L${last.x} ${last.y}`;
}

function towards(from: Point, to: Point, by: number): Point {
  return { x: from.x + Math.sign(to.x - from.x) * by, y: from.y + Math.sign(to.y - from.y) * by };
}

export function labelPlace({ x, y, isEnd }: LabelPlace): string {
  return `translate(${isEnd ? '-100%' : '-50%'}, -50%) translate(${x}px, ${y}px)`;
}
