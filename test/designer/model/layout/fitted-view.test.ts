import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fittedView, READABLE_ZOOM } from '../../../../designer/src/model/layout/fitted-view.ts';

const ROOM = { width: 1000, height: 600 };
const anchor = { x: 0, y: 0, width: 220, height: 64 };

test('what fits is shown in the middle, never larger than it is', () => {
  const { x, y, zoom } = fittedView({ bounds: { x: 100, y: 50, width: 300, height: 200 }, room: ROOM, anchor });
  assert.equal(zoom, 1);
  assert.equal(x + 250, 500);
  assert.ok(y + 50 > 0 && y + 250 < 600 - 72);
  const wide = fittedView({ bounds: { x: 0, y: 0, width: 1200, height: 200 }, room: ROOM, anchor });
  assert.equal(wide.zoom, (1000 - 64) / 1200);
  assert.equal(wide.x, 32);
});

test('what does not fit is never smaller than it can be read and begins at the upper left', () => {
  const { x, y, zoom } = fittedView({ bounds: { x: -40, y: -80, width: 4000, height: 3000 }, room: ROOM, anchor });
  assert.deepEqual([x, y, zoom], [32 + 40 * READABLE_ZOOM, 32 + 80 * READABLE_ZOOM, READABLE_ZOOM]);
});

test('the trigger or the selected card is seen wherever it lies', () => {
  for (const place of [
    { x: 3500, y: 0 },
    { x: 0, y: 2500 },
    { x: 2000, y: 1500 },
  ]) {
    const box = { ...anchor, ...place };
    const { x, y, zoom } = fittedView({ bounds: { x: 0, y: 0, width: 4000, height: 3000 }, room: ROOM, anchor: box });
    assert.ok(box.x * zoom + x >= 0 && (box.x + box.width) * zoom + x <= ROOM.width);
    assert.ok(box.y * zoom + y >= 0 && (box.y + box.height) * zoom + y <= ROOM.height);
  }
});
