/** What a person did on the canvas, as commands. The shapes are those of @xyflow/react's changes; selection is not the document's affair. */
import type { FlowDocument } from '../../../engine/contract/flow-document.ts';
import type { Point } from './card-geometry.ts';
import type { CanvasView } from './canvas-view.ts';
import { move, type Size } from './commands/move.ts';
import { remove } from './commands/remove.ts';
import type { Command } from './flow-history.ts';

export type CanvasChange =
  | { readonly type: 'position'; readonly id: string; readonly position?: Point | undefined; readonly dragging?: boolean | undefined }
  | {
      readonly type: 'dimensions';
      readonly id: string;
      readonly dimensions?: { readonly width: number; readonly height: number } | undefined;
      readonly resizing?: boolean | undefined;
    }
  | { readonly type: 'remove'; readonly id: string }
  | { readonly type: 'select' | 'add' | 'replace' };

export interface CanvasDeeds {
  readonly commands: readonly Command[];
  /** A drag or resize ended: seal the history after the commands. */
  readonly isSealed: boolean;
}

/** Dragging the frame of a group moves what is in it. Sizes that the canvas measured are not changes; only notes are resized. */
export function deedsOf(
  document: FlowDocument,
  view: CanvasView,
  nodeChanges: readonly CanvasChange[],
  edgeChanges: readonly CanvasChange[] = [],
): CanvasDeeds {
  const removed = new Set([...nodeChanges, ...edgeChanges].flatMap((change) => (change.type === 'remove' ? [change.id] : [])));
  const places = placesOf(document, view, nodeChanges);
  const sizes = sizesOf(document, nodeChanges);
  const isEnd = nodeChanges.some(
    (change) => (change.type === 'position' && change.dragging === false) || (change.type === 'dimensions' && change.resizing === false),
  );
  return {
    commands: [...(places.size + sizes.size > 0 ? [move(places, sizes)] : []), ...(removed.size > 0 ? [removal(document, removed)] : [])],
    isSealed: isEnd || removed.size > 0,
  };
}

function placesOf(document: FlowDocument, view: CanvasView, changes: readonly CanvasChange[]): ReadonlyMap<string, Point> {
  const places = new Map<string, Point>();
  const frames = new Map(view.nodes.filter(({ type }) => type === 'group').map((frame) => [frame.id, frame]));
  const members = new Map(document.layout.groups.map(({ id, nodes }) => [id, nodes]));
  const moved = changes.flatMap((change) =>
    change.type === 'position' && change.position !== undefined ? [{ id: change.id, to: change.position }] : [],
  );
  for (const { id, to } of moved) {
    const frame = frames.get(id);
    for (const member of frame === undefined ? [] : (members.get(id) ?? [])) {
      const [x, y] = document.layout.nodes[member] ?? [0, 0];
      places.set(member, { x: x + to.x - frame!.position.x, y: y + to.y - frame!.position.y });
    }
  }
  // A card that is dragged itself goes where it was dragged, also when its group is dragged along.
  for (const { id, to } of moved) if (!frames.has(id)) places.set(id, to);
  return places;
}

function sizesOf(document: FlowDocument, changes: readonly CanvasChange[]): ReadonlyMap<string, Size> {
  const notes = new Set(document.layout.notes.map(({ id }) => id));
  return new Map(
    changes.flatMap((change) =>
      change.type === 'dimensions' && change.dimensions !== undefined && change.resizing !== undefined && notes.has(change.id)
        ? [[change.id, change.dimensions] as const]
        : [],
    ),
  );
}

function removal(document: FlowDocument, removed: ReadonlySet<string>): Command {
  const chosen = (parts: readonly { readonly id: string }[]) => parts.map(({ id }) => id).filter((id) => removed.has(id));
  return remove(document, {
    nodes: chosen(document.nodes),
    edges: chosen(document.edges),
    notes: chosen(document.layout.notes),
    groups: chosen(document.layout.groups),
  });
}
