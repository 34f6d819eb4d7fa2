/** Computes where wires turn, so that they run between the cards and do not cover each other. */
import { GAP_X, type Box, type Point } from '../flow/card-geometry.ts';

/**
 * The turn of a wire, in canvas units. With `x`, the wire goes up or down at this x coordinate. With `y`, it leaves its
 * card at the right, runs along a horizontal line at this y coordinate, and enters the other card from the left.
 */
export interface Turn {
  readonly x?: number;
  readonly y?: number;
}

export interface WireEnds {
  readonly from: Point;
  readonly to: Point;
  /** Index of the port among those at the right of its card. */
  readonly index: number;
  readonly count: number;
}

/** Length of the straight piece of a wire between a card and the turn of the wire. */
export const STUB = GAP_X / 2;
const CLEAR = 12;
/**
 * Distance between wires that run side by side between two columns of cards. It is at most `most`, and all of these
 * wires together take at most `room`.
 */
const LANE = { most: 6, room: 20 } as const;

export function turnOf(ends: WireEnds, cards: readonly Box[]): Turn {
  const { from, to } = ends;
  const lane = laneOf(ends);
  if (to.x - from.x < GAP_X / 2) return { y: corridor(from, to, cards) };
  if (to.x - from.x <= 4 * GAP_X) return { x: (from.x + to.x) / 2 + lane };
  for (const x of [from.x + STUB + lane, to.x - STUB]) {
    const isFree =
      isClear(cards, { x: from.x, y: from.y }, { x, y: from.y }) &&
      isClear(cards, { x, y: from.y }, { x, y: to.y }) &&
      isClear(cards, { x, y: to.y }, { x: to.x, y: to.y });
    if (isFree) return { x };
  }
  return { y: corridor(from, to, cards) };
}

/**
 * Returns how far the wire's turn is moved to the left or right. Wires of one card turn at different places. The wire
 * that goes furthest up or down turns first, so that the wires do not cross.
 */
function laneOf({ from, to, index, count }: WireEnds): number {
  if (count < 2) return 0;
  const step = Math.min(LANE.most, LANE.room / (count - 1));
  return (index - (count - 1) / 2) * (to.y < from.y ? step : -step);
}

function isClear(cards: readonly Box[], a: Point, b: Point): boolean {
  const [left, right] = [Math.min(a.x, b.x), Math.max(a.x, b.x)];
  const [top, bottom] = [Math.min(a.y, b.y), Math.max(a.y, b.y)];
  // A card that the line only touches is no obstacle, because a wire touches the cards that it connects.
  return !cards.some(({ x, y, width, height }) => x < right && left < x + width && y - 4 < bottom && top < y + height + 4);
}

/** Returns the y coordinate, closest to the middle of the two ends, at which a horizontal line crosses no card. */
function corridor(from: Point, to: Point, cards: readonly Box[]): number {
  const [left, right] = [Math.min(from.x, to.x) - STUB, Math.max(from.x, to.x) + STUB];
  const middle = (from.y + to.y) / 2;
  const passed = cards.filter(({ x, width }) => x < right && left < x + width).toSorted((a, b) => a.y - b.y);
  let [best, free] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const offer = (start: number, end: number) => {
    if (end - start < 2 * CLEAR) return;
    const y = end - start < 4 * GAP_X ? (start + end) / 2 : Math.min(Math.max(middle, start + STUB), end - STUB);
    if (Math.abs(y - middle) < Math.abs(best - middle)) best = y;
  };
  for (const { y, height } of passed) {
    offer(free, y);
    free = Math.max(free, y + height);
  }
  offer(free, Number.POSITIVE_INFINITY);
  return best;
}
