import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { around, boxOf, onGrid, type Box, type Point } from '../flow/card-geometry.ts';
import type { Command } from '../history/flow-history.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { bounded, noteExtent, place } from '../flow/draft-parts.ts';
import { refuse, type Planned } from './refusal.ts';

/** Moves nodes and notes, and resizes notes. All moves of one drag are a single undo step. */
export function move(places: ReadonlyMap<string, Point>, sizes: ReadonlyMap<string, Size> = new Map()): Command {
  return {
    name: sizes.size === 0 ? 'node.move' : 'note.change',
    mergeKey: 'move',
    change(draft) {
      for (const { id } of draft.nodes) {
        const to = places.get(id);
        if (to !== undefined) place(draft, id, to);
      }
      for (const note of draft.layout.notes) {
        const to = places.get(note.id);
        const size = sizes.get(note.id);
        if (to !== undefined) Object.assign(note, { x: bounded(to.x), y: bounded(to.y) });
        if (size !== undefined) Object.assign(note, { width: noteExtent(size.width), height: noteExtent(size.height) });
      }
    },
  };
}

export type Size = Pick<Box, 'width' | 'height'>;

export type Alignment = 'left' | 'centre' | 'right' | 'top' | 'middle' | 'bottom' | 'spread-across' | 'spread-down';

/** Aligns nodes to an edge or the middle of the box around them, or spaces them equally. */
export function align(document: FlowDocument, types: NodeTypes, ids: readonly string[], how: Alignment): Planned {
  const chosen = document.nodes.filter(({ id }) => ids.includes(id)).map((node) => ({ id: node.id, box: boxOf(document, node, types) }));
  const frame = around(chosen.map(({ box }) => box));
  const isSpread = how === 'spread-across' || how === 'spread-down';
  if (frame === undefined || chosen.length < (isSpread ? 3 : 2)) return refuse('TOO_FEW');
  const places = isSpread
    ? spread(chosen, how === 'spread-across' ? 'x' : 'y')
    : new Map(chosen.map(({ id, box }) => [id, alignedPoint(box, frame, how)]));
  return { command: { name: 'node.align', change: (draft) => places.forEach((to, id) => place(draft, id, to)) } };
}

function alignedPoint(box: Box, frame: Box, how: Exclude<Alignment, 'spread-across' | 'spread-down'>): Point {
  const { x, y } = box;
  switch (how) {
    case 'left':
      return { x: frame.x, y };
    case 'centre':
      return { x: frame.x + (frame.width - box.width) / 2, y };
    case 'right':
      return { x: frame.x + frame.width - box.width, y };
    case 'top':
      return { x, y: frame.y };
    case 'middle':
      return { x, y: frame.y + (frame.height - box.height) / 2 };
    case 'bottom':
      return { x, y: frame.y + frame.height - box.height };
  }
}

/** Spaces the nodes so that the gaps between them are equal. The outermost nodes stay. */
function spread(chosen: readonly { readonly id: string; readonly box: Box }[], axis: 'x' | 'y'): Map<string, Point> {
  const size = axis === 'x' ? 'width' : 'height';
  const inOrder = chosen.toSorted((a, b) => a.box[axis] - b.box[axis]);
  const [first, last] = [inOrder[0]!.box, inOrder.at(-1)!.box];
  const room = last[axis] + last[size] - first[axis];
  const gap = (room - inOrder.reduce((sum, { box }) => sum + box[size], 0)) / (inOrder.length - 1);
  let at = first[axis];
  return new Map(
    inOrder.map(({ id, box }, index) => {
      const isEnd = index === 0 || index === inOrder.length - 1;
      const point = { x: box.x, y: box.y, [axis]: isEnd ? box[axis] : onGrid(at) };
      at += box[size] + gap;
      return [id, point];
    }),
  );
}
