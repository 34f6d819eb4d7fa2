import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Position } from '@xyflow/react';
import { labelPlace, wirePath, type WireEnds } from '../../../../designer/src/canvas/elements/wire-path.ts';

const ahead: WireEnds = { sourceX: 220, sourceY: 32, sourcePosition: Position.Right, targetX: 420, targetY: 132 };

/** The corners of a path and its ends; a rounded corner is the middle point of its curve. */
function cornersOf(path: string): readonly string[] {
  const [start, end] = [/^M([\d.-]+ [\d.-]+)/.exec(path)![1]!, /L([\d.-]+ [\d.-]+)$/.exec(path)![1]!];
  return [start, ...[...path.matchAll(/Q([\d.-]+ [\d.-]+) /g)].map(([, corner]) => corner!), end];
}

test('a wire turns once between its ends: half way, or where the layout says', () => {
  assert.deepEqual(cornersOf(wirePath(ahead).path), ['220 32', '320 32', '320 132', '420 132']);
  assert.deepEqual(cornersOf(wirePath(ahead, { x: 250 }).path), ['220 32', '250 32', '250 132', '420 132']);
});

test('a turn that lies beside the ends, because a card was dragged, is ignored', () => {
  for (const x of [100, 220, 420, 900]) assert.equal(wirePath(ahead, { x }).path, wirePath(ahead).path, String(x));
});

test('a wire to a card that stands before it leaves to the right and enters from the left', () => {
  const back = { ...ahead, targetX: 0, targetY: 232 };
  const corners = cornersOf(wirePath(back, { y: 112 }).path);
  assert.deepEqual(corners, ['220 32', '240 32', '240 112', '-20 112', '-20 232', '0 232']);
  assert.ok(cornersOf(wirePath(back).path).includes('-20 132'), 'half way without a layout');
});

test('a wire that must run between cards follows that line, also forward', () => {
  assert.deepEqual(cornersOf(wirePath(ahead, { y: 300 }).path), ['220 32', '240 32', '240 300', '400 300', '400 132', '420 132']);
});

test('a wire of errors leaves downward, and its label stands beside its port', () => {
  const { path, label } = wirePath({ ...ahead, sourcePosition: Position.Bottom, targetY: 300 });
  assert.deepEqual(cornersOf(path), ['220 32', '220 52', '400 52', '400 300', '420 300']);
  assert.deepEqual(label, { x: 216, y: 48, isEnd: true });
  assert.match(labelPlace(label), /^translate\(-100%, -50%\) translate\(216px, 48px\)$/);
});

test('a label stands in the middle of the longest stretch, which says how long it may be', () => {
  const { label, room } = wirePath({ ...ahead, targetX: 620, targetY: 52 }, { x: 240 });
  assert.deepEqual([label, room], [{ x: 430, y: 52, isEnd: false }, 380]);
  assert.match(labelPlace(label), /^translate\(-50%, -50%\)/);
});

test('a straight wire has no loops, and corners of short stretches stay within them', () => {
  const straight = wirePath({ ...ahead, targetY: 32 });
  assert.deepEqual(
    cornersOf(straight.path).map((point) => point.split(' ')[1]),
    ['32', '32', '32', '32'],
  );
  const low = wirePath({ ...ahead, targetY: 36 }).path;
  for (const [, y] of low.matchAll(/[MLQ ][\d.]+ ([\d.]+)/g)) assert.ok(Number(y) >= 32 && Number(y) <= 36, low);
});
