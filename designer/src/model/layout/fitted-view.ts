/** Which part of a drawing is shown, and how large: all of it where it can be read, else where it begins. */
import type { Box, Point } from '../flow/card-geometry.ts';

/** Below it the words of a card cannot be read. A person may go further away by hand. */
export const READABLE_ZOOM = 0.7;
/** Kept free around what is shown; at the lower edge lies the bar of the view. */
const FREE = { left: 32, right: 32, top: 32, bottom: 72 } as const;

export interface FittedView extends Point {
  readonly zoom: number;
}

export interface Fit {
  readonly bounds: Box;
  readonly room: { readonly width: number; readonly height: number };
  /** Seen whatever else is not: the trigger, or what is selected. */
  readonly anchor: Box;
}

export function fittedView({ bounds, room, anchor }: Fit): FittedView {
  const across = { room: room.width, before: FREE.left, after: FREE.right };
  const down = { room: room.height, before: FREE.top, after: FREE.bottom };
  const whole = Math.min(zoomOf(bounds.width, across), zoomOf(bounds.height, down), 1);
  const zoom = Math.max(whole, READABLE_ZOOM);
  return {
    x: shift({ start: bounds.x, size: bounds.width }, { start: anchor.x, size: anchor.width }, across, zoom),
    y: shift({ start: bounds.y, size: bounds.height }, { start: anchor.y, size: anchor.height }, down, zoom),
    zoom,
  };
}

interface Span {
  readonly start: number;
  readonly size: number;
}

interface Side {
  readonly room: number;
  readonly before: number;
  readonly after: number;
}

function zoomOf(size: number, { room, before, after }: Side): number {
  return (room - before - after) / size;
}

/** In the middle where there is room for all; else from its beginning, moved as little as the anchor asks for. */
function shift(all: Span, anchor: Span, { room, before, after }: Side, zoom: number): number {
  const free = room - before - after - all.size * zoom;
  if (free >= 0) return before + free / 2 - all.start * zoom;
  const begin = before - all.start * zoom;
  const beyond = (anchor.start + anchor.size) * zoom + begin - (room - after);
  // Where the anchor itself is larger than the room, its beginning counts.
  return beyond <= 0 ? begin : Math.max(begin - beyond, before - anchor.start * zoom);
}
