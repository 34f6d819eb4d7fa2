/**
 * Decides which part of a drawing is visible, and at which zoom: the whole drawing if it stays readable, otherwise
 * its beginning.
 */
import type { Box, Point } from '../flow/card-geometry.ts';

/** Below this zoom, text on cards is unreadable. The user can still zoom out further. */
export const READABLE_ZOOM = 0.7;
/** Margins around the visible part. The toolbar of the view covers the lower edge. */
const FREE = { left: 32, right: 32, top: 32, bottom: 72 } as const;

export interface FittedView extends Point {
  readonly zoom: number;
}

export interface Fit {
  readonly bounds: Box;
  readonly room: { readonly width: number; readonly height: number };
  /** The part that must be visible: the trigger, or the selection. */
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

/**
 * Returns the offset of the drawing. It is centred if all of it fits. Otherwise it starts at its beginning, moved
 * only as far as the anchor requires.
 */
function shift(all: Span, anchor: Span, { room, before, after }: Side, zoom: number): number {
  const free = room - before - after - all.size * zoom;
  if (free >= 0) return before + free / 2 - all.start * zoom;
  const begin = before - all.start * zoom;
  const beyond = (anchor.start + anchor.size) * zoom + begin - (room - after);
  // If the anchor is larger than the visible part, show the beginning of the anchor.
  return beyond <= 0 ? begin : Math.max(begin - beyond, before - anchor.start * zoom);
}
