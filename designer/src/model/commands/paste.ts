import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { boxOf, GAP_Y, overlaps, type Point } from '../flow/card-geometry.ts';
import { clipboardBox, copySelection, freshCopy, type Clipboard } from './clipboard.ts';
import type { Command } from '../history/flow-history.ts';
import type { NodeTypes } from '../flow/node-types.ts';
import { MOST_EDGES, MOST_NODES } from './connect.ts';
import { bounded, roundedPoint } from '../flow/draft-parts.ts';
import { refuse, type Planned } from './refusal.ts';
import type { Selection } from './remove.ts';

export type Pasted = Planned<{ readonly pasted: Required<Selection> }>;

/** Pastes the clipboard with its upper left corner at `at`, or lower if it would cover a card. */
export function paste(document: FlowDocument, types: NodeTypes, clipboard: Clipboard, at: Point): Pasted {
  return planned(document, types, clipboard, at, 'paste');
}

/** Copies the selection and pastes the copy below it. */
export function duplicate(document: FlowDocument, types: NodeTypes, selection: Selection): Pasted {
  const clipboard = copySelection(document, selection);
  const box = clipboard && clipboardBox(clipboard, types);
  if (clipboard === undefined || box === undefined) return refuse('TOO_FEW');
  return planned(document, types, clipboard, { x: box.x, y: box.y + box.height + GAP_Y }, 'duplicate');
}

function planned(document: FlowDocument, types: NodeTypes, clipboard: Clipboard, wished: Point, name: Command['name']): Pasted {
  const { nodes, edges, layout } = document;
  if (nodes.length + clipboard.nodes.length > MOST_NODES || edges.length + clipboard.edges.length > MOST_EDGES) return refuse('TOO_LARGE');
  if (layout.notes.length + clipboard.layout.notes.length > 200 || layout.groups.length + clipboard.layout.groups.length > 200) {
    return refuse('TOO_MANY');
  }
  const copy = freshCopy(clipboard, document, types, freeCorner(document, types, clipboard, roundedPoint(wished)));
  for (const place of Object.values(copy.layout.nodes)) place.splice(0, 2, bounded(place[0]), bounded(place[1]));
  return {
    pasted: {
      nodes: copy.nodes.map(({ id }) => id),
      edges: copy.edges.map(({ id }) => id),
      notes: copy.layout.notes.map(({ id }) => id),
      groups: copy.layout.groups.map(({ id }) => id),
    },
    command: {
      name,
      change(draft) {
        const fresh = structuredClone(copy);
        draft.nodes.push(...fresh.nodes);
        draft.edges.push(...fresh.edges);
        Object.assign(draft.layout.nodes, fresh.layout.nodes);
        draft.layout.groups.push(...fresh.layout.groups);
        draft.layout.notes.push(...fresh.layout.notes.map((note) => ({ ...note, x: bounded(note.x), y: bounded(note.y) })));
      },
    },
  };
}

/** Returns a place for the copy at which it covers no card: the wished place, or a place below it. */
function freeCorner(document: FlowDocument, types: NodeTypes, clipboard: Clipboard, at: Point): Point {
  const size = clipboardBox(clipboard, types);
  if (size === undefined) return at;
  const taken = document.nodes.map((node) => boxOf(document, node, types));
  let y = at.y;
  for (let step = 0; step <= taken.length; step += 1) {
    const hit = taken.find((box) => overlaps(box, { x: at.x, y, width: size.width, height: size.height }));
    if (hit === undefined) break;
    y = hit.y + hit.height + GAP_Y;
  }
  return { x: at.x, y };
}
