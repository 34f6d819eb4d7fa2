import type { FlowDocument, LayoutNote } from '../../../../engine/contract/flow/flow-document.ts';
import { createId } from '../../../../engine/contract/values/ids.ts';
import { NOTE_HEIGHT, NOTE_WIDTH, type Point } from '../flow/card-geometry.ts';
import type { Command } from '../history/flow-history.ts';
import { bounded, noteExtent } from '../flow/draft-parts.ts';
import { refuse, type Planned } from './refusal.ts';

const MOST_NOTES = 200;
const LONGEST_TEXT = 4000;

export function addNote(
  document: FlowDocument,
  at: Point,
  more: Partial<Pick<LayoutNote, 'text' | 'colour' | 'width' | 'height'>> = {},
): Planned<{ readonly noteId: string }> {
  if (document.layout.notes.length >= MOST_NOTES) return refuse('TOO_MANY');
  const noteId = createId('note');
  const note: LayoutNote = {
    id: noteId,
    x: bounded(at.x),
    y: bounded(at.y),
    text: (more.text ?? '').slice(0, LONGEST_TEXT),
    width: noteExtent(more.width ?? NOTE_WIDTH),
    height: noteExtent(more.height ?? NOTE_HEIGHT),
    colour: more.colour ?? 'amber',
  };
  return { noteId, command: { name: 'note.add', change: (draft) => void draft.layout.notes.push({ ...note }) } };
}

/** Changes text, colour, size or place of a note. Consecutive changes by typing or resizing are a single undo step. */
export function changeNote(noteId: string, change: Partial<Omit<LayoutNote, 'id'>>): Command {
  return {
    name: 'note.change',
    mergeKey: `note ${noteId} ${Object.keys(change).sort().join(' ')}`,
    change(draft) {
      const note = draft.layout.notes.find(({ id }) => id === noteId);
      if (note === undefined) return;
      if (change.text !== undefined) note.text = change.text.slice(0, LONGEST_TEXT);
      if (change.colour !== undefined) note.colour = change.colour;
      if (change.x !== undefined) note.x = bounded(change.x);
      if (change.y !== undefined) note.y = bounded(change.y);
      if (change.width !== undefined) note.width = noteExtent(change.width);
      if (change.height !== undefined) note.height = noteExtent(change.height);
    },
  };
}
