/**
 * Computes the zoom and the position at which a drawing is shown: all of it if text stays readable, otherwise its
 * beginning.
 */
import type { Box, Point } from '../flow/card-geometry.ts';

/** Below this zoom, text on cards is unreadable. The user can still zoom out further. */
export const READABLE_ZOOM = 0.7;
/**
 * Free space around the visible part, in pixels. At the lower edge there is more, because the toolbar of the view is
 * there.
 */
const FREE = { left: 32, right: 32, top: 32, bottom: 72 } as const;

export interface FittedView extends Point {
  readonly zoom: number;
}

export interface Fit {
  readonly bounds: Box;
  readonly room: { readonly width: number; readonly height: number };
  /** The part that must be visible in any case: the trigger or the selection. */
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
 * Returns how far the drawing is moved, in pixels. It is centred if all of it fits. Otherwise its beginning is shown.
 * If the anchor would then be outside the view, the drawing is moved just far enough to show it.
 */
function shift(all: Span, anchor: Span, { room, before, after }: Side, zoom: number): number {
  const free = room - before - after - all.size * zoom;
  if (free >= 0) return before + free / 2 - all.start * zoom;
  const begin = before - all.start * zoom;
  const beyond = (anchor.start + anchor.size) * zoom + begin - (room - after);
  // If the anchor is larger than the visible part, show the beginning of the anchor.
  return beyond <= 0 ? begin : Math.max(begin - beyond, before - anchor.start * zoom);
}
