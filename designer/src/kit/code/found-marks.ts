/** Marks every match of a text in an editor, for a search field outside the editor. */
import { RegExpCursor } from '@codemirror/search';
import type { Extension } from '@codemirror/state';
import { Decoration, EditorView, MatchDecorator, ViewPlugin, type DecorationSet, type ViewUpdate } from '@codemirror/view';

const mark = Decoration.mark({ class: 'cm-found' });

export function foundMarks(query: string): Extension {
  const wanted = query.trim();
  if (wanted === '') return [];
  const matcher = new MatchDecorator({ regexp: new RegExp(escaped(wanted), 'gi'), decoration: mark });
  return ViewPlugin.fromClass(
    class {
      decorations: DecorationSet;
      constructor(view: EditorView) {
        this.decorations = matcher.createDeco(view);
      }
      update(update: ViewUpdate) {
        this.decorations = matcher.updateDeco(update, this.decorations);
      }
    },
    { decorations: ({ decorations }) => decorations },
  );
}

/** Scrolls the first match into view. */
export function showFirstFound(view: EditorView, query: string): void {
  const wanted = query.trim();
  if (wanted === '') return;
  const first = new RegExpCursor(view.state.doc, escaped(wanted), { ignoreCase: true });
  if (!first.next().done) view.dispatch({ effects: EditorView.scrollIntoView(first.value.from, { y: 'center' }) });
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
