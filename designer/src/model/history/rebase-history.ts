/** Keeps undo and redo usable after another user's changes were merged into the flow. */
import type { FlowDocument } from '../../../../engine/contract/flow/flow-document.ts';
import { freeze } from 'immer';
import { findChanges } from './document-changes.ts';
import { begin, redo, undo, type History, type HistoryEntry } from './flow-history.ts';
import { mergeFlows, type DecideConflict } from './merge-flows.ts';

/** Maximum number of steps of the new history. Each step needs a merge, which takes time. */
const MOST = 100;

/**
 * Returns a history for the merged document in which undo and redo affect only this user's edits. For this, the other
 * user's changes are merged into each past and future state. For parts that both users changed, `decided` returns the
 * author's decision. The history ends at the first state with a conflict that the author has not decided.
 */
export function rebaseHistory(
  history: History,
  base: FlowDocument,
  theirs: FlowDocument,
  merged: FlowDocument,
  decided: DecideConflict = () => undefined,
): History {
  const merge = (document: FlowDocument) => {
    const { document: then, conflicts } = mergeFlows(base, document, theirs, (conflict) => decided(conflict) ?? 'mine');
    return conflicts.some((conflict) => decided(conflict) === undefined) ? undefined : then;
  };
  const past = walk(history, undo, (now) => now.past.at(-1), merge, merged);
  const future = walk(history, redo, (now) => now.future[0], merge, merged);
  const { document } = begin(merged);
  return {
    document,
    past: past.map(({ entry, from, to }) => ({ ...entry, changes: findChanges(to, from) })).toReversed(),
    future: future.map(({ entry, from, to }) => ({ ...entry, changes: findChanges(from, to) })),
  };
}

interface Step {
  readonly entry: HistoryEntry;
  readonly from: FlowDocument;
  readonly to: FlowDocument;
}

function walk(
  history: History,
  go: (history: History) => History,
  entryOf: (history: History) => HistoryEntry | undefined,
  merge: (document: FlowDocument) => FlowDocument | undefined,
  merged: FlowDocument,
): readonly Step[] {
  const steps: Step[] = [];
  let from = merged;
  for (let [now, count] = [history, 0]; count < MOST; count++) {
    const entry = entryOf(now);
    if (entry === undefined) break;
    now = go(now);
    const document = merge(now.document);
    if (document === undefined) break;
    const to = freeze(document, true);
    if (findChanges(from, to).length > 0) steps.push({ entry, from, to });
    from = to;
  }
  return steps;
}
